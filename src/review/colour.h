#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace anatomynet::review {

/// "#rrggbb" (red, green, blue in hexadecimal) and back; nothing where the text is none.
std::string colour_text(const std::array<std::uint8_t, 3>& colour);
std::optional<std::array<std::uint8_t, 3>> colour_from(std::string_view text);

}  // namespace anatomynet::review
