#include "acceptance/arrival.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <system_error>

#include "core/error.h"
#include "core/grid.h"
#include "core/json.h"
#include "core/manifest.h"
#include "core/text.h"

namespace anatomynet::acceptance {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

void take(const json& from, const char* key, const std::string& name, Arrival& out) {
  if (const auto it = from.find(key); it != from.end() && it->is_number())
    out.figures[name] = it->get<double>();
}

std::vector<std::string> codes_of(const json& flags) {
  std::vector<std::string> codes;
  for (const json& flag : flags) codes.push_back(clean_text(flag.at("code").get<std::string>()));
  return codes;
}

void take_summary(const json& summary, Arrival& out) {
  out.model = clean_text(summary.at("model").at("id").get<std::string>());
  const json& stored = summary.at("grid");
  Grid grid;
  grid.size = stored.at("size_xyz").get<Size3>();
  grid.spacing = stored.at("spacing_xyz_mm").get<Vec3>();
  grid.origin = stored.at("origin_lps_mm").get<Vec3>();
  grid.direction = stored.at("direction").get<Mat3>();
  const Grid g = reoriented(grid, nearest_orientation(grid));
  out.figures["pixel_mm"] = std::sqrt(g.spacing[0] * g.spacing[1]);
  out.figures["slice_mm"] = g.spacing[2];
  out.figures["length_mm"] = double(g.size[2]) * g.spacing[2];
  out.figures["field_mm"] = double(g.size[0]) * g.spacing[0];
  if (const auto scanner = summary.find("scanner"); scanner != summary.end())
    for (const auto& [key, text] : scanner->items()) out.scanner[key] = clean_text(text.get<std::string>());
}

void take_quality(const json& quality, Arrival& out) {
  take(quality, "soft_tissue_hu", "soft_tissue_hu", out);
  take(quality, "score", "score", out);
  take(quality, "handedness", "handedness", out);
  if (const auto image = quality.find("image"); image != quality.end())
    for (const auto& [key, value] : image->items())
      if (value.is_number()) out.figures[key] = value.get<double>();
  out.flags[""] = codes_of(quality.at("flags"));
  double flags = double(out.flags[""].size());
  for (const json& organ : quality.at("organs")) {
    const std::string name = clean_text(organ.at("name").get<std::string>());
    out.flags[name] = codes_of(organ.at("flags"));
    flags += double(out.flags[name].size());
    take(organ, "ml", "ml " + name, out);
    if (const auto it = organ.find("confidence"); it != organ.end() && it->is_object())
      take(*it, "mean", "confidence " + name, out);
  }
  out.figures["flags"] = flags;
}

bool is_arrival(const fs::path& folder) {
  std::error_code error;
  return fs::is_regular_file(folder / Manifest::name, error) &&
         fs::is_regular_file(folder / "summary.json", error) &&
         fs::is_regular_file(folder / "quality.json", error);
}

void look_in(const fs::path& folder, int depth, std::vector<Arrival>& found,
             std::vector<std::string>& warnings) {
  if (is_arrival(folder)) {
    try {
      found.push_back(read_arrival(folder));
    } catch (const Error& error) {
      warnings.emplace_back(error.what());
    }
    return;
  }
  if (depth == 0) return;
  std::error_code error;
  std::vector<fs::path> folders;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code none;
    if (it->is_directory(none) && !it->is_symlink(none) && !it->path().filename().native().starts_with('.'))
      folders.push_back(it->path());
  }
  if (error) warnings.push_back(folder.string() + ": cannot be read: " + error.message());
  std::sort(folders.begin(), folders.end());
  for (const fs::path& one : folders) look_in(one, depth - 1, found, warnings);
}

}  // namespace

Arrival read_arrival(const fs::path& folder) {
  Arrival out;
  const fs::path whole = fs::absolute(folder).lexically_normal();
  out.name = clean_text((whole.has_filename() ? whole : whole.parent_path()).filename().string());
  std::error_code error;
  const auto written = fs::last_write_time(folder / "summary.json", error);
  if (!error)
    out.time = std::chrono::duration_cast<std::chrono::seconds>(
                   std::chrono::file_clock::to_sys(written).time_since_epoch())
                   .count();
  const json summary = read_json(folder / "summary.json"), quality = read_json(folder / "quality.json");
  reading_json((folder / "summary.json").string(), ErrorKind::input,
               [&] { return take_summary(summary, out), 0; });
  reading_json((folder / "quality.json").string(), ErrorKind::input,
               [&] { return take_quality(quality, out), 0; });
  return out;
}

std::vector<Arrival> find_arrivals(const fs::path& folder, std::vector<std::string>& warnings) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) throw Error(ErrorKind::input, folder.string() + ": no such folder");
  std::vector<Arrival> found;
  look_in(folder, 4, found, warnings);
  std::stable_sort(found.begin(), found.end(), [](const Arrival& a, const Arrival& b) {
    return a.time != b.time ? a.time < b.time : a.name < b.name;
  });
  return found;
}

std::vector<Arrival> arrivals_in(const fs::path& folder, Messages& messages) {
  std::vector<std::string> warnings;
  std::vector<Arrival> found = find_arrivals(folder, warnings);
  for (const std::string& warning : warnings) messages.warning(warning);
  if (found.empty())
    throw Error(ErrorKind::input, folder.string() +
                                      ": holds no results of segment, commission or the node (folders with "
                                      "manifest.json, summary.json and quality.json)");
  return found;
}

json record_of(const Arrival& arrival) {
  return {{"name", arrival.name},
          {"time", arrival.time},
          {"model", arrival.model},
          {"figures", arrival.figures},
          {"scanner", arrival.scanner}};
}

Arrival arrival_of(const json& record, const std::string& where) {
  return reading_json(where, ErrorKind::input, [&] {
    Arrival out;
    out.name = clean_text(record.at("name").get<std::string>());
    out.time = record.at("time").get<std::int64_t>();
    out.model = clean_text(record.at("model").get<std::string>());
    out.figures = record.at("figures").get<std::map<std::string, double>>();
    for (const auto& [key, text] : record.at("scanner").items())
      out.scanner[key] = clean_text(text.get<std::string>());
    return out;
  });
}

}  // namespace anatomynet::acceptance
