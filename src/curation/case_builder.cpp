#include "curation/case_builder.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>

#include "core/error.h"
#include "core/grid_difference.h"
#include "core/resample.h"
#include "curation/source_common.h"
#include "io/image/image_file.h"

namespace anatomynet::curation {
namespace {

constexpr double near_midline_mm = 3, wrong_side_mm = 5;
constexpr std::int16_t body_hu = -300;

std::string number(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

double dice(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
  std::vector<std::uint32_t> common;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(common));
  return 2.0 * double(common.size()) / double(a.size() + b.size());
}

Vec3 index_of(const Grid& grid, std::uint32_t offset) {
  const std::int64_t nx = grid.size[0], ny = grid.size[1];
  const std::int64_t row = offset / nx, slice = row / ny;
  return {double(offset % nx), double(row % ny), double(slice)};
}

}  // namespace

CaseBuilder::CaseBuilder(const CaseRef& ref, CtVolume ct, const RoiNames& names) : names_(names) {
  if (ct.grid.voxel_count() > std::numeric_limits<std::uint32_t>::max())
    throw Error(ErrorKind::input, ref.id + ": the CT has more than 4 billion voxels");
  case_.ref = ref;
  case_.ct = std::move(ct);
}

std::string CaseBuilder::organ_name(int id) const { return find_organ(names_.organs(), id)->name; }

bool CaseBuilder::wanted(const std::string& roi) {
  const NamedOrgan named = names_(roi);
  if (named.verdict == NamedOrgan::Verdict::organ || named.verdict == NamedOrgan::Verdict::side_unknown)
    return true;
  case_.rois.push_back({roi, "", named.reason, 0});
  return false;
}

void CaseBuilder::reject(const std::string& roi, const std::string& reason) {
  case_.rois.push_back({roi, "", "rejected: " + reason, 0});
  note(Note::Kind::warning, "ROI '" + roi + "' rejected: " + reason);
}

void CaseBuilder::add(const std::string& roi, const LabelVolume& mask, const std::string& origin) {
  if (!same_grid(mask.grid, grid(), 0.01))
    return reject(roi, origin + ": on another grid (" + describe(mask.grid) + ") than the CT (" +
                           describe(grid()) + "): " + grid_difference(mask.grid, grid()));
  std::vector<std::uint32_t> voxels;
  for (std::size_t i = 0; i < mask.voxels.size(); ++i) {
    if (mask.voxels[i] == 0) continue;
    if (mask.voxels[i] != 1)
      return reject(roi,
                    origin + ": value " + std::to_string(mask.voxels[i]) + " in a mask, expected 0 and 1");
    voxels.push_back(static_cast<std::uint32_t>(i));
  }
  take(roi, std::move(voxels), origin);
}

void CaseBuilder::add_file(const std::string& roi, const std::filesystem::path& file, bool resample) {
  LabelVolume mask;
  std::vector<Warning> warnings;
  try {
    mask = io::read_mask(file, &warnings);
    for (const Warning& warning : warnings) note(Note::Kind::warning, with_files(warning));
    if (resample && !same_grid(mask.grid, grid(), 0.01) && same_axes(mask.grid, grid())) {
      mask = resample_labels(mask, grid());
      note(Note::Kind::info, "ROI '" + roi + "': resampled to the CT's grid, as asked");
    }
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::memory) throw;
    return reject(roi, error.what());
  }
  add(roi, mask, file.filename().string());
}

void CaseBuilder::add_value(const std::string& roi, const LabelVolume& labels, int value,
                            const std::string& origin) {
  std::vector<std::uint32_t> voxels;
  for (std::size_t i = 0; i < labels.voxels.size(); ++i)
    if (labels.voxels[i] == value) voxels.push_back(static_cast<std::uint32_t>(i));
  take(roi, std::move(voxels), origin);
}

// LPS x of the body's centroid in the slices that the voxels span; every second voxel is enough.
double CaseBuilder::midline(const std::vector<std::uint32_t>& voxels) const {
  const Grid& g = grid();
  const auto axis = static_cast<std::size_t>(nearest_orientation(g).axis[2]);
  double low = std::numeric_limits<double>::max(), high = 0;
  for (const std::uint32_t v : voxels) {
    const double s = index_of(g, v)[axis];
    low = std::min(low, s);
    high = std::max(high, s);
  }
  Size3 first{0, 0, 0}, last = g.size;
  first[axis] = static_cast<std::int64_t>(low);
  last[axis] = static_cast<std::int64_t>(high) + 1;
  Vec3 sum{0, 0, 0};
  double count = 0;
  for (std::int64_t z = first[2]; z < last[2]; ++z)
    for (std::int64_t y = first[1]; y < last[1]; ++y)
      for (std::int64_t x = first[0] + (y & 1); x < last[0]; x += 2) {
        if (case_.ct.at(x, y, z) <= body_hu) continue;
        sum[0] += double(x);
        sum[1] += double(y);
        sum[2] += double(z);
        ++count;
      }
  if (count == 0)
    return g.to_world({double(g.size[0] - 1) / 2, double(g.size[1] - 1) / 2, double(g.size[2] - 1) / 2})[0];
  return g.to_world({sum[0] / count, sum[1] / count, sum[2] / count})[0];
}

double CaseBuilder::ml_of(const std::vector<std::uint32_t>& voxels) const {
  if (!uneven_) return double(voxels.size()) * grid().voxel_ml();
  double mm = 0;
  for (const std::uint32_t v : voxels)
    mm += uneven_->thickness(static_cast<std::int64_t>(index_of(grid(), v)[2]));
  return mm * grid().spacing[0] * grid().spacing[1] / 1000;
}

void CaseBuilder::take(const std::string& roi, std::vector<std::uint32_t> voxels, const std::string& origin) {
  NamedOrgan named = names_(roi);
  if (voxels.empty()) return reject(roi, origin + ": empty, no voxel of the CT is inside");
  const Organ* organ = find_organ(names_.organs(), named.organ_id);
  double left_mm = 0;
  if (organ->laterality != Laterality::none) {
    const double middle = midline(voxels);
    std::size_t on_left = 0;
    for (const std::uint32_t v : voxels) {
      const double x = grid().to_world(index_of(grid(), v))[0] - middle;
      left_mm += x / double(voxels.size());
      if (x > 0) ++on_left;
    }
    if (named.verdict == NamedOrgan::Verdict::side_unknown) {
      const double share = double(on_left) / double(voxels.size());
      if ((share > 0.1 && share < 0.9) || std::abs(left_mm) < near_midline_mm)
        return reject(roi, "its name says no side and it lies on both sides of the body's midline");
      if (left_mm < 0) organ = find_organ(names_.organs(), named.right_id);
      named.reason += number(", side by position: %.0f mm ", std::abs(left_mm)) +
                      (left_mm > 0 ? "left" : "right") + " of the midline";
      note(Note::Kind::warning,
           "ROI '" + roi + "' says no side; " + organ->name + named.reason.substr(named.reason.rfind(',')));
    }
  }
  const double ml = ml_of(voxels);
  for (const Part& part : parts_) {
    if (part.organ != organ->id) continue;
    const double agreement = dice(part.voxels, voxels);
    const std::string said = organ->name + " is also '" + part.roi + "' (" + part.origin +
                             "), which was taken; Dice" + number(" %.3f", agreement);
    case_.rois.push_back({roi, "", "rejected: " + said, ml});
    note(agreement < 0.8 ? Note::Kind::warning : Note::Kind::info,
         "ROI '" + roi + "' (" + origin + "): " + said);
    return;
  }
  case_.rois.push_back({roi, organ->name, named.reason, ml});
  parts_.push_back({organ->id, roi, origin, std::move(voxels), left_mm});
}

void CaseBuilder::check_sides() {
  std::map<int, const Part*> of;
  for (const Part& part : parts_) of[part.organ] = &part;
  for (const auto& [id, part] : of) {
    const Organ* organ = find_organ(names_.organs(), id);
    if (organ->laterality == Laterality::none) continue;
    const double sign = organ->laterality == Laterality::left ? 1 : -1;
    const Organ* other = opposite_side(names_.organs(), *organ);
    const auto partner = other ? of.find(other->id) : of.end();
    if (sign * part->left_mm < -wrong_side_mm)
      note(Note::Kind::warning, "laterality: " + organ->name + " ('" + part->roi + "') lies" +
                                    number(" %.0f mm ", std::abs(part->left_mm)) +
                                    (part->left_mm < 0 ? "right" : "left") +
                                    " of the body's midline: sides swapped?");
    else if (sign > 0 && other && partner != of.end() && part->left_mm < partner->second->left_mm)
      note(Note::Kind::warning,
           "laterality: " + organ->name + " lies to the right of " + other->name + ": sides swapped?");
  }
}

LoadedCase CaseBuilder::finish(const std::string& correspondence) {
  check_sides();
  std::stable_sort(parts_.begin(), parts_.end(),
                   [](const Part& a, const Part& b) { return a.voxels.size() > b.voxels.size(); });
  case_.labels = LabelVolume(grid());
  std::map<std::pair<int, int>, std::size_t> shared;  // winner, loser
  for (const Part& part : parts_)
    for (const std::uint32_t v : part.voxels) {
      std::uint8_t& label = case_.labels.voxels[v];
      if (label != 0) ++shared[{part.organ, label}];
      label = static_cast<std::uint8_t>(part.organ);
    }
  for (const auto& [pair, count] : shared)
    note(Note::Kind::info, organ_name(pair.first) + " and " + organ_name(pair.second) + " share " +
                               std::to_string(count) + " voxels: given to the smaller, " +
                               organ_name(pair.first));
  for (const Part& part : parts_) {
    case_.annotated.push_back(part.organ);
    std::size_t hidden = 0;
    for (const auto& [pair, count] : shared)
      if (pair.second == part.organ) hidden += count;
    if (hidden >= part.voxels.size())
      note(Note::Kind::warning,
           organ_name(part.organ) + " is covered by smaller organs: nothing of it is left");
  }
  std::sort(case_.annotated.begin(), case_.annotated.end());
  case_.correspondence = correspondence;
  return std::move(case_);
}

}  // namespace anatomynet::curation
