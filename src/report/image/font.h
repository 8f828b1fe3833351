#pragma once
#include <cstdint>

namespace anatomynet::report {

constexpr int glyph_width = 5, glyph_height = 7;

/// Whether a dot of the letter is set; printable ASCII, everything else is a box.
bool glyph_dot(char letter, int column, int row);

}  // namespace anatomynet::report
