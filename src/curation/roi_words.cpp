#include "curation/roi_words.h"

#include <cstddef>

namespace anatomynet::curation {
namespace {

// Latin-1 letters U+00C0..U+00FF without their accents; '?' where there is no plain letter.
constexpr char plain[] = "AAAAAAACEEEEIIIIDNOOOOO?OUUUUY?saaaaaaaceeeeiiiidnooooo?ouuuuy?y";

// Accents dropped, composed (U+00C0..) and decomposed (U+0300..036F); anything else beyond ASCII is a letter
// of no known word ('?'), so that it can never complete one.
std::string without_accents(const std::string& name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (c < 0x80) {
      out += name[i];
      continue;
    }
    const auto next = i + 1 < name.size() ? static_cast<unsigned char>(name[i + 1]) : 0U;
    const bool pair = c >= 0xC2 && c < 0xE0 && (next & 0xC0U) == 0x80U;
    const unsigned code = pair ? ((c & 0x1FU) << 6U) | (next & 0x3FU) : c;
    if (pair) ++i;
    if (pair && code == 0xA0)
      out += ' ';
    else if (pair && code >= 0x300 && code <= 0x36F)
      continue;
    else if (code == 0x152 || code == 0x153)
      out += "oe";
    else if (code >= 0xC0 && code <= 0xFF)
      out += plain[code - 0xC0];
    else
      out += '?';
  }
  return out;
}

enum class Kind { other, lower, upper, digit };

Kind kind(char c) {
  if ((c >= 'a' && c <= 'z') || c == '?') return Kind::lower;
  if (c >= 'A' && c <= 'Z') return Kind::upper;
  return c >= '0' && c <= '9' ? Kind::digit : Kind::other;
}

}  // namespace

std::vector<std::string> roi_words(const std::string& name) {
  const std::string text = without_accents(name);
  std::vector<std::string> words;
  Kind last = Kind::other;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const Kind now = kind(text[i]);
    if (text[i] == '~' || text[i] == '+') words.emplace_back(1, text[i]);
    if (now != Kind::other) {
      const bool next_lower = i + 1 < text.size() && kind(text[i + 1]) == Kind::lower;
      const bool starts = last == Kind::other || (now == Kind::digit) != (last == Kind::digit) ||
                          (now == Kind::upper && (last == Kind::lower || next_lower));
      if (starts) words.emplace_back();
      words.back() += now == Kind::upper ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
    }
    last = now;
  }
  return words;
}

}  // namespace anatomynet::curation
