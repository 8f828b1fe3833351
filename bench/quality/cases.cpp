#include "bench/quality/cases.h"

#include <array>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "core/error.h"
#include "core/known_organs.h"
#include "core/resample.h"
#include "io/image/image_file.h"

namespace anatomynet::quality {
namespace fs = std::filesystem;
namespace {

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream in(line);
  for (std::string field; std::getline(in, field, ',');) fields.push_back(field);
  return fields;
}

// Rows of a CSV file by the header's names.
std::vector<std::map<std::string, std::string>> rows_of(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  if (!in || !std::getline(in, line))
    throw Error(ErrorKind::input, file.string() + ": cannot be read, expected a table of cases");
  const std::vector<std::string> names = fields_of(line);
  std::vector<std::map<std::string, std::string>> rows;
  while (std::getline(in, line)) {
    const std::vector<std::string> fields = fields_of(line);
    std::map<std::string, std::string> row;
    for (std::size_t i = 0; i < names.size(); ++i) row[names[i]] = i < fields.size() ? fields[i] : "";
    rows.push_back(row);
  }
  return rows;
}

OrganTable occurring(const LabelVolume& labels) {
  std::array<bool, 256> present{};
  for (const std::uint8_t id : labels.voxels) present[id] = true;
  OrganTable organs;
  for (const Organ& organ : known_organs())
    if (present[static_cast<std::size_t>(organ.id)]) organs.push_back(organ);
  return organs;
}

// Those that do not end where the volume does: nobody says how much of them lies outside. Organs without ends
// of their own are always cut.
OrganTable whole_ones(const LabelVolume& labels) {
  std::array<bool, 256> cut{};
  const Size3& size = labels.grid.size;
  for (std::int64_t z = 0; z < size[2]; ++z)
    for (std::int64_t y = 0; y < size[1]; ++y)
      for (std::int64_t x = 0; x < size[0]; ++x)
        if (x == 0 || y == 0 || z == 0 || x == size[0] - 1 || y == size[1] - 1 || z == size[2] - 1)
          cut[labels.at(x, y, z)] = true;
  OrganTable organs;
  for (const Organ& organ : occurring(labels))
    if (!cut[static_cast<std::size_t>(organ.id)] || is_open_ended(organ.name)) organs.push_back(organ);
  return organs;
}

// Labels of the organs that shipped weights draw, with those of a further map of the same scan where the
// first has none. A lens is a part of its eye.
LabelVolume with_more(LabelVolume labels, const fs::path& more) {
  if (!fs::exists(more)) return labels;
  const LabelVolume added = io::read_labels(more);
  if (!same_grid(added.grid, labels.grid, 0.01))
    throw Error(ErrorKind::input,
                more.string() + ": is " + describe(added.grid) + ", expected " + describe(labels.grid));
  for (std::size_t i = 0; i < labels.voxels.size(); ++i) {
    std::uint8_t id = added.voxels[i];
    if (id == 15 || id == 16) id -= 2;
    if (labels.voxels[i] == 0 && id <= 14) labels.voxels[i] = id;
  }
  return labels;
}

// The row of cases_more.csv, or nothing in folders without it.
std::map<std::string, std::map<std::string, std::string>> more_rows(const fs::path& folder) {
  std::map<std::string, std::map<std::string, std::string>> rows;
  if (fs::exists(folder / "cases_more.csv"))
    for (auto& row : rows_of(folder / "cases_more.csv")) rows[row["id"]] = row;
  return rows;
}

// Organs of the clinic in cases_more.csv: whole larynges, cords and oesophagi of any length.
OrganTable clinical_more(std::map<std::string, std::string>& row) {
  OrganTable organs;
  const auto take = [&](const char* column, const char* name) {
    const std::string& cut = row[std::string(column) + "_cut_percent"];
    if (row[std::string(column) + "_annotated"] == "1" && (is_open_ended(name) || std::stod("0" + cut) < 5))
      organs.push_back(*find_organ(known_organs(), name));
  };
  take("spinal_cord", "SpinalCord");
  take("larynx", "Larynx");
  take("oesophagus", "Esophagus");
  return organs;
}

void keep_only(const OrganTable& organs, LabelVolume& labels) {
  for (std::uint8_t& id : labels.voxels)
    if (find_organ(organs, id) == nullptr) id = 0;
}

// The same labels on their own lattice, as far as `box` reaches.
LabelVolume within(const LabelVolume& labels, const Grid& box) {
  const Vec3 low = labels.grid.to_index(box.origin);
  const Vec3 high = labels.grid.to_index(
      box.to_world({double(box.size[0] - 1), double(box.size[1] - 1), double(box.size[2] - 1)}));
  Grid grid = labels.grid;
  Vec3 first;
  for (int k = 0; k < 3; ++k) {
    first[k] = std::ceil(low[k]);
    grid.size[k] = static_cast<std::int64_t>(std::floor(high[k]) - first[k]) + 1;
  }
  grid.origin = labels.grid.to_world(first);
  return resample_nearest(labels, grid);
}

Case make_case(const std::string& id, const std::string& scan, CtVolume ct, LabelVolume labels,
               OrganTable organs) {
  if (!same_grid(ct.grid, labels.grid, 0.01))
    throw Error(ErrorKind::input, id + ": CT is " + describe(ct.grid) + ", labels are " +
                                      describe(labels.grid) + "; expected the same grid");
  keep_only(organs, labels);
  return {id, scan, std::move(ct), std::move(labels), std::move(organs)};
}

}  // namespace

bool is_open_ended(const std::string& organ) { return organ == "SpinalCord" || organ == "Esophagus"; }

bool has_any_size(const std::string& organ) { return is_open_ended(organ) || organ == "Larynx"; }

std::vector<Case> openkbp_cases(const fs::path& folder, const std::string& split, bool observers) {
  const std::map<std::string, std::string> columns{{"Brainstem", "Brainstem"},
                                                   {"Mandible", "Bone_Mandible"},
                                                   {"LeftParotid", "Parotid_L"},
                                                   {"RightParotid", "Parotid_R"}};
  std::vector<Case> cases;
  auto more = more_rows(folder);
  for (auto& row : rows_of(folder / "cases.csv")) {
    if (row["split"] != split) continue;
    const std::string id = row["id"];
    const fs::path stem = folder / split / id;
    const CtVolume ct = io::read_image_ct(stem.string() + "_ct.nii.gz").volume;
    OrganTable organs;
    for (const auto& [column, name] : columns)
      if (row[column + "_usable"] == "1") organs.push_back(*find_organ(known_organs(), name));
    for (const Organ& organ : clinical_more(more[id])) organs.push_back(organ);
    if (!organs.empty())
      cases.push_back(make_case(
          id, id, ct,
          with_more(io::read_labels(stem.string() + "_labels.nii.gz"), stem.string() + "_more.nii.gz"),
          organs));
    for (const char* observer : {"_dm", "_dmrad", "_pddca"}) {
      const fs::path file = stem.string() + "_labels" + observer + ".nii.gz";
      if (!observers || !fs::exists(file)) continue;
      const LabelVolume labels =
          with_more(io::read_labels(file), stem.string() + "_more" + observer + ".nii.gz");
      cases.push_back(make_case(id + observer, id, ct, labels, whole_ones(labels)));
    }
  }
  return cases;
}

std::vector<Case> native_cases(const fs::path& folder, const std::string& split) {
  std::vector<Case> cases;
  for (auto& row : rows_of(folder / "cases.csv")) {
    const fs::path stem = folder / split / row["id"];
    const fs::path file = stem.string() + "_labels_dm_native.nii.gz";
    if (row["split"] != split || !fs::exists(file)) continue;
    const LabelVolume labels = with_more(io::read_labels(file), stem.string() + "_more_dm_native.nii.gz");
    const CtVolume coarse = io::read_image_ct(stem.string() + "_ct.nii.gz").volume;
    const CtVolume in = reorient(coarse, nearest_orientation(coarse.grid));
    const LabelVolume turned = within(reorient(labels, nearest_orientation(labels.grid)), in.grid);
    const Volume<float> fine = resample_linear(in, turned.grid);
    CtVolume ct(turned.grid);
    for (std::size_t i = 0; i < ct.voxels.size(); ++i)
      ct.voxels[i] = static_cast<std::int16_t>(std::lround(fine.voxels[i]));
    cases.push_back(make_case(row["id"] + "_native", row["id"], std::move(ct), turned, whole_ones(turned)));
  }
  return cases;
}

Case case_of(const fs::path& ct, const fs::path& labels) {
  const LabelVolume map = io::read_labels(labels);
  return make_case(ct.filename().string(), ct.string(), io::read_image_ct(ct).volume, map, occurring(map));
}

}  // namespace anatomynet::quality
