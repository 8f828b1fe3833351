#include "review/colour.h"

#include <charconv>
#include <cstdio>

namespace anatomynet::review {

std::string colour_text(const std::array<std::uint8_t, 3>& colour) {
  char text[8];
  std::snprintf(text, sizeof text, "#%02x%02x%02x", colour[0], colour[1], colour[2]);
  return text;
}

std::optional<std::array<std::uint8_t, 3>> colour_from(std::string_view text) {
  std::uint32_t value = 0;
  const char* const end = text.data() + text.size();
  if (text.size() != 7 || text[0] != '#' || std::from_chars(text.data() + 1, end, value, 16).ptr != end)
    return std::nullopt;
  return std::array{static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 8),
                    static_cast<std::uint8_t>(value)};
}

}  // namespace anatomynet::review
