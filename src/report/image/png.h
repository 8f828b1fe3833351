#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace anatomynet::report {

/// A PNG file (ISO/IEC 15948) of 8-bit RGB pixels, row by row from the top.
std::string encode_png(int width, int height, const std::vector<std::uint8_t>& rgb);

/// The same of 8-bit grey pixels.
std::string encode_grey_png(int width, int height, const std::vector<std::uint8_t>& grey);

}  // namespace anatomynet::report
