#include "pipeline/roi_files.h"

#include <fstream>
#include <string_view>

#include "core/csv.h"
#include "core/file_name.h"
#include "core/text.h"

namespace anatomynet::pipeline {
namespace {

constexpr std::size_t longest = 120;  // bytes; file systems take 255, encrypted ones 143

// Lower case of ASCII, Latin, Greek and Cyrillic letters: two names that a file system without case holds for
// one come out equal.
std::string folded(const std::string& name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(name[k]); };
    if (byte(i) >= 'A' && byte(i) <= 'Z') {
      out += static_cast<char>(name[i] + 32);
    } else if (byte(i) >= 0xC3 && byte(i) <= 0xD4 && i + 1 < name.size()) {
      unsigned point = (byte(i) & 0x1FU) << 6 | (byte(i + 1) & 0x3FU);
      if (point >= 0xC0 && point <= 0xDE && point != 0xD7) point += 0x20;
      if (point >= 0x391 && point <= 0x3A9) point += 0x20;
      if (point >= 0x410 && point <= 0x42F) point += 0x20;
      if (point >= 0x400 && point <= 0x40F) point += 0x50;
      if ((point >= 0x100 && point <= 0x17F) || (point >= 0x460 && point <= 0x52F)) point |= 1U;
      out += static_cast<char>(0xC0U | point >> 6);
      out += static_cast<char>(0x80U | (point & 0x3FU));
      ++i;
    } else {
      out += name[i];
    }
  }
  return out;
}

// Windows takes these for devices, with any extension.
bool reserved(const std::string& lower) {
  const std::string stem = lower.substr(0, lower.find('.'));
  for (const std::string_view device : {"con", "prn", "aux", "nul"})
    if (stem == device) return true;
  return stem.size() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")) && stem[3] >= '0' &&
         stem[3] <= '9';
}

std::string safe(const std::string& name) {
  std::string out;
  for (std::size_t at = 0, length = 1; at < name.size(); at += length) {
    const auto lead = static_cast<unsigned char>(name[at]);
    length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    const std::string character = name.substr(at, length);
    // What may stand within the name of a file, less what shells and tables take for their own.
    const bool good =
        is_file_name("x" + character + "x") && character.find_first_of(",%$`'") == std::string::npos;
    out += good ? character : "_";
    if (!good && !is_utf8(character)) length = 1;
  }
  if (out.size() > longest) {
    std::size_t end = longest;
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0U) == 0x80) --end;
    out.resize(end);
  }
  while (!out.empty() && (out.back() == ' ' || out.back() == '.')) out.pop_back();
  while (!out.empty() && out.front() == ' ') out.erase(0, 1);
  // A leading dot hides a file, a leading hyphen makes an option of it.
  if (!out.empty() && (out.front() == '.' || out.front() == '-')) out.front() = '_';
  if (reserved(folded(out))) out.insert(out.begin(), '_');
  return out;
}

}  // namespace

std::string RoiFileNames::operator()(const std::string& name, int number) {
  std::string stem = safe(name);
  if (stem.empty()) stem = "ROI_" + std::to_string(number);
  std::string candidate = stem;
  for (int i = 2; !taken_.insert(folded(candidate)).second; ++i) candidate = stem + "_" + std::to_string(i);
  return candidate;
}

void replace_earlier_masks(OutputFolder& out, const std::filesystem::path& folder) {
  std::ifstream csv(folder / "rois.csv");
  std::string line;
  while (std::getline(csv, line)) {
    if (line.ends_with('\r')) line.pop_back();
    const std::string file = csv_cells(line).back();
    if (file.find('/') == std::string::npos && (file.ends_with(".nii.gz") || file.ends_with(".nrrd")))
      out.replace(file);
  }
  out.replace("rois.csv");
}

}  // namespace anatomynet::pipeline
