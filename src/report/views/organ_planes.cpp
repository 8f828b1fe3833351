#include "report/views/organ_planes.h"

#include <algorithm>
#include <cstdio>
#include <limits>

#include "core/error.h"
#include "core/resample.h"

namespace anatomynet::report {
namespace {

constexpr const Plane* planes[] = {&axial, &coronal, &sagittal};

}  // namespace

Sections sections_through(const Extent& organ, const Grid& grid) {
  constexpr double around_mm = 22, least_mm = 40;
  std::array<double, 3> centre{};
  double half = least_mm;
  for (int k = 0; k < 3; ++k) {
    const auto [low, high] = organ.bulk(k);
    centre[k] = double(low + high) / 2 * grid.spacing[k];
    half = std::max(half, double(high - low + 1) * grid.spacing[k] / 2 + around_mm);
  }
  Sections sections;
  for (std::size_t i = 0; i < 3; ++i) {
    const Plane& p = *planes[i];
    sections[i] = {
        &p,
        organ.largest_section(p.normal),
        {{centre[p.across] - half, centre[p.down] - half}, {centre[p.across] + half, centre[p.down] + half}}};
  }
  return sections;
}

bool reaches_beyond(const Extent& organ, const Sections& sections, const Grid& grid) {
  for (const Section& s : sections)
    for (std::size_t i = 0; i < 2; ++i) {
      const int k = i == 0 ? s.plane->across : s.plane->down;
      if ((double(organ.low[k]) - 0.5) * grid.spacing[k] < s.frame.low[i] ||
          (double(organ.high[k]) + 0.5) * grid.spacing[k] > s.frame.high[i])
        return true;
    }
  return false;
}

Sections sections_of_all(const std::vector<Extent>& organs, const Grid& grid, double around_mm) {
  std::array<std::array<double, 2>, 3> region{};
  for (int k = 0; k < 3; ++k) {
    const double first = -0.5 * grid.spacing[k], last = (double(grid.size[k]) - 0.5) * grid.spacing[k];
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const Extent& e : organs) {
      if (e.voxels == 0) continue;
      const auto [first_slice, last_slice] = e.bulk(k);
      low = std::min(low, double(first_slice) * grid.spacing[k] - around_mm);
      high = std::max(high, double(last_slice) * grid.spacing[k] + around_mm);
    }
    region[k] = low < high ? std::array{std::max(low, first), std::min(high, last)} : std::array{first, last};
  }
  Sections sections;
  for (std::size_t i = 0; i < 3; ++i) {
    const Plane& p = *planes[i];
    sections[i] = {&p,
                   best_slice(organs, p.normal, grid.size[p.normal]),
                   {{region[p.across][0], region[p.down][0]}, {region[p.across][1], region[p.down][1]}}};
  }
  return sections;
}

std::string caption(const Section& section, const Grid& grid) {
  const Plane& p = *section.plane;
  Vec3 at{};
  at[p.normal] = double(section.index);
  at[p.across] = (section.frame.low[0] + section.frame.high[0]) / 2 / grid.spacing[p.across];
  at[p.down] = (section.frame.low[1] + section.frame.high[1]) / 2 / grid.spacing[p.down];
  char text[64];
  std::snprintf(text, sizeof text, "%s, %c = %.1f mm", p.name, "xyz"[p.normal], grid.to_world(at)[p.normal]);
  return text;
}

UprightCase::UprightCase(const CtVolume& ct, const LabelVolume& labels, const char* what)
    : ct_given_(ct), labels_given_(labels) {
  if (!same_grid(ct.grid, labels.grid, 0.01))
    throw Error(ErrorKind::input, std::string(what) + ": the labels (" + describe(labels.grid) +
                                      ") do not lie on the CT's grid (" + describe(ct.grid) + ")");
  const Orientation orientation = nearest_orientation(ct.grid);
  if (orientation.identity()) return;
  ct_ = reorient(ct, orientation);
  labels_ = reorient(labels, orientation);
}

}  // namespace anatomynet::report
