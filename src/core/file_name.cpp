#include "core/file_name.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdio>

#include "core/checksum.h"
#include "core/text.h"

namespace anatomynet::core {
namespace {

constexpr std::size_t longest = 120;  // bytes; file systems take 255, encrypted ones 143, endings are added
constexpr std::string_view forbidden = "/\\:*?\"<>|";

// The code point at `at` of well-formed UTF-8; `at` moves behind it.
std::int32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at++]);
  if (lead < 0x80) return lead;
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  std::int32_t point = lead & (0x3F >> more);
  for (int i = 0; i < more; ++i) point = point << 6 | (static_cast<unsigned char>(text[at++]) & 0x3F);
  return point;
}

struct CodePoints {
  std::int32_t first, last;
};

// Control characters and line ends, what Unicode's DerivedCoreProperties.txt calls
// Default_Ignorable_Code_Point (zero width, directions, fillers, variation selectors, byte order marks), and
// blanks that are no space.
constexpr CodePoints not_shown[] = {
    {0x80, 0x9F},     {0xAD, 0xAD},       {0x34F, 0x34F},     {0x61C, 0x61C},     {0x115F, 0x1160},
    {0x17B4, 0x17B5}, {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x206F},
    {0x2800, 0x2800}, {0x3164, 0x3164},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},
    {0xFFF0, 0xFFFF}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0x10FFFF}};

bool invisible(std::int32_t point) {
  return std::any_of(std::begin(not_shown), std::end(not_shown), [point](const CodePoints& range) {
    return point >= range.first && point <= range.last;
  });
}

bool device(std::string_view name) {
  std::string stem(name.substr(0, name.find('.')));
  for (char& c : stem) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const std::string_view reserved : {"con", "prn", "aux", "nul"})
    if (stem == reserved) return true;
  return stem.size() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")) && stem[3] >= '0' &&
         stem[3] <= '9';
}

bool bad_first(char c) { return c == '.' || c == '-' || c == ' '; }
bool bad_last(char c) { return c == '.' || c == ' '; }

}  // namespace

std::string wrong_with_file_name(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > longest) return "is longer than " + std::to_string(longest) + " bytes";
  if (!is_utf8(name)) return "is not valid UTF-8";
  for (std::size_t at = 0; at < name.size();) {
    const std::int32_t point = next_code_point(name, at);
    if (point < 0x20 || point == 0x7F || invisible(point)) return "holds a character that does not show";
    if (point < 0x80 && forbidden.find(static_cast<char>(point)) != std::string_view::npos)
      return std::string("holds '") + static_cast<char>(point) + "'";
  }
  if (bad_first(name.front())) return std::string("begins with '") + name.front() + "'";
  if (bad_last(name.back())) return std::string("ends in '") + name.back() + "'";
  if (device(name)) return "is a device's name on Windows";
  return {};
}

std::string safe_file_name(const std::string& name) {
  if (is_file_name(name)) return name;
  constexpr std::size_t kept = longest - 10;  // room for what is added
  const std::string text = clean_text(name);
  std::string out;
  for (std::size_t at = 0; at < text.size() && out.size() < kept - 4;) {
    const std::size_t first = at;
    const std::int32_t point = next_code_point(text, at);
    const bool good = !invisible(point) &&
                      (point >= 0x80 || forbidden.find(static_cast<char>(point)) == std::string_view::npos);
    out += good ? text.substr(first, at - first) : "_";
  }
  if (out.empty() || bad_first(out.front()) || device(out)) out.insert(out.begin(), '_');
  char sum[12];
  std::snprintf(sum, sizeof sum, "-%08x", static_cast<unsigned>(checksum(name) & 0xFFFFFFFFU));
  return out + sum;
}

bool stays_inside(const std::filesystem::path& relative) {
  if (relative.empty() || relative.is_absolute()) return false;
  if (relative.native().find('\0') != std::string::npos) return false;
  return std::none_of(relative.begin(), relative.end(),
                      [](const auto& part) { return part == ".." || part == "." || part.empty(); });
}

}  // namespace anatomynet::core
