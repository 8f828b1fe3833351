#include "io/dicom/contour_type.h"

#include <algorithm>
#include <array>

namespace anatomynet::io {
namespace {

constexpr std::size_t longest_shown = 24, most_shown = 3;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks(" \0\t\r\n", 5);
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

// Printable and short, whatever the file holds.
std::string shown(std::string_view text) {
  if (text.empty()) return "none";
  std::string out = "'";
  for (const char c : text.substr(0, longest_shown)) out += c >= ' ' && c <= '~' ? c : '?';
  return out + (text.size() > longest_shown ? "...'" : "'");
}

}  // namespace

ContourTypeReading read_contour_type(std::string_view text) {
  using enum ContourKind;
  struct Term {
    std::string_view letters, standard;
    ContourKind kind;
  };
  static constexpr std::array<Term, 8> terms{{{"CLOSEDPLANAR", "CLOSED_PLANAR", closed_planar},
                                              {"CLOSEDPLANARXOR", "CLOSEDPLANAR_XOR", closed_planar_xor},
                                              {"POINT", "POINT", open},
                                              {"OPENPLANAR", "OPEN_PLANAR", open},
                                              {"OPENNONPLANAR", "OPEN_NONPLANAR", open},
                                              {"", "(none)", closed_planar},
                                              {"CLOSED", "(none)", closed_planar},
                                              {"INTERPOLATEDPLANAR", "(none)", closed_planar}}};
  const std::string_view written = trimmed(text);
  std::string letters;
  for (const char c : written)
    if (c != ' ' && c != '_' && c != '-') letters += upper(c);
  for (const Term& term : terms)
    if (term.letters == letters) return {term.kind, term.standard == written};
  return {};
}

void ContourTypeCounts::add(std::string_view type, const ContourTypeReading& reading) {
  if (reading.as_written && reading.kind != ContourKind::unknown) return;
  Count& count = reading.kind == ContourKind::unknown ? unknown_ : by_sense_;
  ++count.contours;
  if (count.types.size() > most_shown) return;
  const std::string text = shown(trimmed(type));
  if (std::find(count.types.begin(), count.types.end(), text) == count.types.end())
    count.types.push_back(text);
}

void ContourTypeCounts::say(std::vector<std::string>& warnings) const {
  const auto add = [&](const Count& count, const char* what) {
    if (count.contours == 0) return;
    std::string line = std::to_string(count.contours) +
                       (count.contours == 1 ? " contour whose" : " contours whose") +
                       " Contour Geometric Type (3006,0042) is ";
    for (std::size_t i = 0; i < count.types.size(); ++i)
      line += i == most_shown ? " or others" : (i > 0 ? " or " : "") + count.types[i];
    warnings.push_back(line + ", " + what);
  };
  add(by_sense_, "read as the standard's term of the same sense");
  add(unknown_, "which is no term of the standard: not read as enclosing anything");
}

}  // namespace anatomynet::io
