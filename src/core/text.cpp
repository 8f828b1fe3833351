#include "core/text.h"

#include <algorithm>
#include <cstdio>

namespace anatomynet::core {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

struct Character {
  char32_t point = 0;
  std::size_t bytes = 0;  // 0: not UTF-8
};

// The first character of `text`, which is not empty.
Character first_of(std::string_view text) {
  const auto byte = [&](std::size_t k) -> char32_t {
    return k < text.size() ? static_cast<unsigned char>(text[k]) : 0U;
  };
  const char32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (bytes == 0) return {};
  char32_t point = lead & (0x7FU >> bytes);
  for (std::size_t k = 1; k < bytes; ++k) {
    if ((byte(k) & 0xC0U) != 0x80) return {};
    point = point << 6U | (byte(k) & 0x3FU);
  }
  const bool overlong = (bytes == 3 && point < 0x800) || (bytes == 4 && point < 0x10000);
  if (overlong || (point >= 0xD800 && point < 0xE000) || point > 0x10FFFF) return {};
  return {point, bytes};
}

bool breaks_a_line_or_hides(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

bool within_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80; }

}  // namespace

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const Character c = first_of(bytes);
    if (c.bytes == 0) return false;
    bytes.remove_prefix(c.bytes);
  }
  return true;
}

std::string clean_text(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const Character c = first_of(bytes);
    if (c.bytes == 0)
      out += replacement;
    else if (breaks_a_line_or_hides(c.point))
      out += ' ';
    else
      out += bytes.substr(0, c.bytes);
    bytes.remove_prefix(std::max<std::size_t>(c.bytes, 1));
  }
  return out;
}

std::string clean_text(std::string_view bytes, std::size_t most) {
  constexpr std::string_view gap = "...";
  std::string text = clean_text(bytes);
  if (text.size() <= most) return text;
  const std::size_t room = most > gap.size() ? most - gap.size() : 0;
  std::size_t first = room - room / 4, last = text.size() - room / 4;
  while (first > 0 && within_character(text[first])) --first;
  while (last < text.size() && within_character(text[last])) ++last;
  return text.replace(first, last - first, gap);
}

std::string clean_lines(std::string_view text) {
  std::string out;
  for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1))
    out += clean_text(text.substr(0, end)) + '\n';
  return out + clean_text(text);
}

std::string percent_encoded(const std::filesystem::path& path) {
  std::string out;
  for (const char c : path.native()) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F && c != '%') {
      out += c;
      continue;
    }
    char code[4];
    std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned>(byte));
    out += code;
  }
  return out;
}

}  // namespace anatomynet::core
