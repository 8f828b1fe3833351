#include "io/image/internal/nrrd_header.h"

#include <algorithm>
#include <array>

#include "io/image/internal/header_text.h"
#include "io/image/internal/image_data.h"

namespace anatomynet::io::nrrd {
namespace {
namespace fs = std::filesystem;

// Every field of the format: one that is in neither list is a slip of the pen, and might have mattered.
constexpr std::array<const char*, 15> read{
    "type",         "dimension",   "sizes",           "encoding",
    "endian",       "space",       "space dimension", "space directions",
    "space origin", "space units", "spacings",        "kinds",
    "data file",    "byte skip",   "line skip"};
constexpr std::array<const char*, 19> left_aside{
    "block size", "blocksize", "content",    "min",         "max",       "old min",  "oldmin",
    "old max",    "oldmax",    "number",     "thicknesses", "axis mins", "axismins", "axis maxs",
    "axismaxs",   "centers",   "centerings", "labels",      "units"};
constexpr std::array<const char*, 3> more_left_aside{"measurement frame", "sample units", "sampleunits"};

template <class Names>
bool holds(const Names& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(), [&](const char* known) { return name == known; });
}

std::string one_spelling(const std::string& name) {
  if (name == "datafile") return "data file";
  if (name == "byteskip") return "byte skip";
  if (name == "lineskip") return "line skip";
  return name;
}

}  // namespace

Header parse_header(const fs::path& path, HeaderLines& lines) {
  const auto magic = lines.next();
  if (!magic || !magic->starts_with("NRRD000"))
    fail(path, "damaged or no NRRD file: its first line is not NRRD0001 to NRRD0005");
  const std::string version(trimmed(*magic));
  if (version.size() != 8 || version[7] < '1' || version[7] > '5')
    fail(path, "version '" + shown(version) + "' of NRRD; expected NRRD0001 to NRRD0005");
  Header header;
  while (const auto line = lines.next()) {
    if (line->empty()) {
      header.blank_line = true;
      break;
    }
    if (line->starts_with('#')) continue;
    const auto colon = line->find(':');
    if (colon == std::string::npos)
      fail(path, "damaged NRRD header: the line '" + shown(*line) + "' is no \"field: value\"");
    if (line->substr(colon).starts_with(":=")) continue;  // key:=value, the writer's own
    const std::string name = lower(trimmed(std::string_view(*line).substr(0, colon)));
    if (holds(left_aside, name) || holds(more_left_aside, name)) continue;
    if (!holds(read, one_spelling(name))) fail(path, "NRRD has no field '" + shown(name) + "'");
    const std::string value(trimmed(std::string_view(*line).substr(colon + 1)));
    if (!header.fields.emplace(one_spelling(name), value).second)
      fail(path, "NRRD field '" + name + "' is there twice");
    if (one_spelling(name) == "data file" && lower(value).starts_with("list"))
      break;  // names of files follow, no fields
  }
  return header;
}

const std::string& Header::at(const fs::path& path, const std::string& name) const {
  const auto found = fields.find(name);
  if (found == fields.end()) fail(path, "NRRD field '" + name + "' is missing");
  return found->second;
}

std::string Header::get(const std::string& name) const {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string() : found->second;
}

}  // namespace anatomynet::io::nrrd
