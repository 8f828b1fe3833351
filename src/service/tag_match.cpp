#include "service/tag_match.h"

#include <algorithm>

namespace anatomynet::service {
namespace {

constexpr MatchKey keys[] = {
    {"Modality", 0x0008, 0x0060, true},
    {"SOPClassUID", 0x0008, 0x0016, true},
    {"ImageType", 0x0008, 0x0008, true},
    {"StudyDescription", 0x0008, 0x1030, false},
    {"SeriesDescription", 0x0008, 0x103E, false},
    {"ProtocolName", 0x0018, 0x1030, false},
    {"BodyPartExamined", 0x0018, 0x0015, true},
    {"PatientPosition", 0x0018, 0x5100, true},
    {"ConvolutionKernel", 0x0018, 0x1210, true},
    {"ContrastBolusAgent", 0x0018, 0x0010, false},
    {"KVP", 0x0018, 0x0060, true},
    {"SliceThickness", 0x0018, 0x0050, true},
    {"Manufacturer", 0x0008, 0x0070, true},
    {"ManufacturerModelName", 0x0008, 0x1090, true},
    {"StationName", 0x0008, 0x1010, true},
    {"InstitutionName", 0x0008, 0x0080, false},
    {"InstitutionalDepartmentName", 0x0008, 0x1040, false},
    {"RequestedProcedureDescription", 0x0032, 0x1060, false},
    {"PerformedProcedureStepDescription", 0x0040, 0x0254, false},
    {"SeriesNumber", 0x0020, 0x0011, true},
    {"CallingAE", 0, 0, true},
    {"CalledAE", 0, 0, true},
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Where the UTF-8 character at `at` ends.
std::size_t after(std::string_view text, std::size_t at) {
  do ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80);
  return at;
}

}  // namespace

std::span<const MatchKey> match_keys() { return keys; }

bool fits_pattern(std::string_view text, std::string_view pattern) {
  text = trimmed(text);
  pattern = trimmed(pattern);
  // Going back to the last star alone is enough, and keeps the time to text times pattern.
  std::size_t t = 0, p = 0, star = std::string_view::npos, taken = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && pattern[p] == '?') {
      t = after(text, t);
      ++p;
    } else if (p < pattern.size() && lower(pattern[p]) == lower(text[t])) {
      ++t;
      ++p;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = taken = after(text, taken);
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool TagMatch::fits(std::string_view values) const {
  bool any = wanted.empty();
  for (;;) {
    const std::size_t end = values.find('\\');
    const std::string_view value = values.substr(0, end);
    const auto fit = [&](const std::string& pattern) { return fits_pattern(value, pattern); };
    if (std::any_of(unwanted.begin(), unwanted.end(), fit)) return false;
    any = any || std::any_of(wanted.begin(), wanted.end(), fit);
    if (end == std::string_view::npos) return any;
    values.remove_prefix(end + 1);
  }
}

std::string TagMatch::text() const {
  std::string list;
  const auto add = [&](const std::string& pattern) {
    list += (list.empty() ? "\"" : ", \"") + pattern + "\"";
  };
  for (const std::string& pattern : wanted) add(pattern);
  for (const std::string& pattern : unwanted) add("!" + pattern);
  return keyword + " = " + (wanted.size() + unwanted.size() == 1 ? list : "[" + list + "]");
}

}  // namespace anatomynet::service
