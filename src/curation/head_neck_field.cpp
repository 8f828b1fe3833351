#include "curation/head_neck_field.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include "core/resample.h"
#include "curation/body_outline.h"

namespace anatomynet::curation {
namespace {
using field::SliceShape;

// What the rules below take for granted about a patient, in mm, cm2 and HU.
constexpr double shoulder_width_mm = 270;  ///< no head or neck is as wide, no adult's shoulders are narrower
constexpr double shoulder_growth = 1.6;    ///< times the narrowest slice above: shoulders of a narrow patient
constexpr double lung_cm2 = 25;            ///< enclosed air; the windpipe and the sinuses have less
constexpr double air_margin_mm = 10;       ///< kept around the body
constexpr double least_kept_mm = 60;       ///< less than this above the shoulders is no head and neck

struct Levels {
  std::optional<std::int64_t> shoulders, lungs;  ///< highest slice of each, cells
  std::int64_t top = 0, bottom = 0;
};

// From the head downwards. Two slices in a row, so that one odd slice decides nothing.
Levels find_levels(const std::vector<SliceShape>& s) {
  Levels levels;
  levels.bottom = static_cast<std::int64_t>(s.size());
  levels.top = -1;
  for (std::size_t z = 0; z < s.size(); ++z)
    if (s[z].width_mm > 0) {
      levels.bottom = std::min(levels.bottom, static_cast<std::int64_t>(z));
      levels.top = static_cast<std::int64_t>(z);
    }
  double narrowest = 1e9;
  double widest_above = 0;
  for (std::int64_t z = levels.top; z > levels.bottom; --z) {
    const SliceShape &here = s[static_cast<std::size_t>(z)], &below = s[static_cast<std::size_t>(z - 1)];
    widest_above = std::max(widest_above, here.width_mm);
    if (widest_above > 100) narrowest = std::min(narrowest, std::max(here.width_mm, 100.0));
    const auto is_shoulder = [&](const SliceShape& shape) {
      return shape.width_mm > shoulder_width_mm ||
             (narrowest < 1e9 && shape.width_mm > shoulder_growth * narrowest && shape.width_mm > 220);
    };
    if (!levels.shoulders && is_shoulder(here) && is_shoulder(below)) levels.shoulders = z;
    if (!levels.lungs && here.enclosed_air_cm2 > lung_cm2 && below.enclosed_air_cm2 > lung_cm2 &&
        here.width_mm > 200)
      levels.lungs = z;
  }
  return levels;
}

struct Range {
  std::array<double, 3> low, high;  ///< voxels of the reoriented volume
};

Range organ_range(const LabelVolume& labels) {
  Range r{{1e18, 1e18, 1e18}, {-1e18, -1e18, -1e18}};
  for (std::int64_t z = 0; z < labels.grid.size[2]; ++z)
    for (std::int64_t y = 0; y < labels.grid.size[1]; ++y)
      for (std::int64_t x = 0; x < labels.grid.size[0]; ++x)
        if (labels.at(x, y, z)) {
          const std::array<double, 3> p{double(x), double(y), double(z)};
          for (std::size_t k = 0; k < 3; ++k)
            r.low[k] = std::min(r.low[k], p[k]), r.high[k] = std::max(r.high[k], p[k]);
        }
  return r;
}

VoxelBox box_on(const Range& r, const Grid& reoriented_grid, const Orientation& o) {
  VoxelBox box;
  for (std::size_t k = 0; k < 3; ++k) {
    const double n = double(reoriented_grid.size[k] - 1);
    auto first = static_cast<std::int64_t>(std::clamp(std::floor(r.low[k]), 0.0, n)),
         last = static_cast<std::int64_t>(std::clamp(std::ceil(r.high[k]), 0.0, n));
    const auto axis = static_cast<std::size_t>(o.axis[k]);
    if (o.flipped[k]) {
      const std::int64_t size = reoriented_grid.size[k];
      std::swap(first, last);
      first = size - 1 - first;
      last = size - 1 - last;
    }
    box.first[axis] = first;
    box.last[axis] = last;
  }
  return box;
}

}  // namespace

HeadNeckField find_head_neck_field(const CtVolume& given, const LabelVolume& labels,
                                   const FieldOptions& options) {
  const Orientation o = nearest_orientation(given.grid);
  const CtVolume ct = reorient(given, o);
  const field::BodyOutline c = field::find_body(ct);
  const std::vector<SliceShape>& slices = c.slices;
  const Levels levels = find_levels(slices);
  const double cell_mm = c.step[2] * ct.grid.spacing[2];

  Range keep{{0, 0, 0},
             {double(ct.grid.size[0] - 1), double(ct.grid.size[1] - 1), double(ct.grid.size[2] - 1)}};
  std::string found;
  char text[200];
  const auto z_mm = [&](std::int64_t cell) {
    return ct.grid.to_world({0, 0, (double(cell) + 0.5) * c.step[2]})[2];
  };
  double bottom_mm = -1;  // above the lowest slice
  if (levels.shoulders) {
    bottom_mm = double(*levels.shoulders) * cell_mm - options.below_shoulders_mm;
    std::snprintf(text, sizeof text, "shoulders at z = %.0f mm", z_mm(*levels.shoulders));
    found = text;
  }
  if (levels.lungs) {
    bottom_mm = std::max(bottom_mm, double(*levels.lungs + 1) * cell_mm);
    std::snprintf(text, sizeof text, "%slungs from z = %.0f mm", found.empty() ? "" : ", ",
                  z_mm(*levels.lungs));
    found += text;
  }
  const double top_mm = double(levels.top + 1) * cell_mm;
  if (levels.top < 0) {
    found = "no body found";
  } else if (bottom_mm >= 0 && top_mm - bottom_mm < least_kept_mm) {
    found += found.empty() ? "" : ", but too little above them to be a head and neck: not cut";
  } else {
    SliceShape outline{c.nx, -1, c.ny, -1, 0, 0};
    const auto lowest = static_cast<std::int64_t>(std::max(0.0, bottom_mm / cell_mm));
    for (std::int64_t z = lowest; z < c.nz; ++z) {
      const SliceShape& s = slices[static_cast<std::size_t>(z)];
      if (s.x1 < s.x0) continue;
      outline.x0 = std::min(outline.x0, s.x0), outline.x1 = std::max(outline.x1, s.x1);
      outline.y0 = std::min(outline.y0, s.y0), outline.y1 = std::max(outline.y1, s.y1);
    }
    // one cell more on every side for what erosion took
    const Vec3& h = ct.grid.spacing;
    keep.low = {double(outline.x0 - 1) * c.step[0] - air_margin_mm / h[0],
                double(outline.y0 - 1) * c.step[1] - air_margin_mm / h[1], std::max(0.0, bottom_mm) / h[2]};
    keep.high = {double(outline.x1 + 2) * c.step[0] + air_margin_mm / h[0],
                 double(outline.y1 + 2) * c.step[1] + air_margin_mm / h[1],
                 double(levels.top + 2) * c.step[2] + air_margin_mm / h[2]};
    if (found.empty()) found = "no shoulders or lungs in the image";
  }
  const Range organs = organ_range(reorient(labels, o));
  bool widened = false;
  for (std::size_t k = 0; k < 3 && organs.low[0] < 1e17; ++k) {
    const double margin = options.margin_mm / ct.grid.spacing[k];
    const double last = double(ct.grid.size[k] - 1);
    widened = widened || std::max(0.0, organs.low[k] - margin) < keep.low[k] ||
              std::min(last, organs.high[k] + margin) > keep.high[k];
    keep.low[k] = std::min(keep.low[k], organs.low[k] - margin);
    keep.high[k] = std::max(keep.high[k], organs.high[k] + margin);
  }
  HeadNeckField field{box_on(keep, ct.grid, o), {}};
  const auto axis = static_cast<std::size_t>(o.axis[2]);
  field.reason = found + (widened ? "; widened to the organs" : "") + "; " +
                 std::to_string(field.box.last[axis] - field.box.first[axis] + 1) + " of " +
                 std::to_string(given.grid.size[axis]) + " slices kept";
  return field;
}

}  // namespace anatomynet::curation
