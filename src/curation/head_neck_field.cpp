#include "curation/head_neck_field.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include "core/error.h"
#include "core/resample.h"

namespace anatomynet {
namespace {

// What the rules below take for granted about a patient, in mm, cm2 and HU.
constexpr double coarse_mm = 4;
constexpr double body_hu = -300, lung_hu = -450;
constexpr double shoulder_width_mm = 270;  ///< no head or neck is as wide, no adult's shoulders are narrower
constexpr double shoulder_growth = 1.6;    ///< times the narrowest slice above: shoulders of a narrow patient
constexpr double lung_cm2 = 25;            ///< enclosed air; the windpipe and the sinuses have less
constexpr double air_margin_mm = 10;       ///< kept around the body
constexpr double least_kept_mm = 60;       ///< less than this above the shoulders is no head and neck

// A volume sampled every few mm along L, P, S.
struct Coarse {
  std::int64_t nx, ny, nz;
  Vec3 step;  ///< voxels of the reoriented volume between samples
  double cell_cm2;
  std::vector<char> body, air;
  std::size_t at(std::int64_t x, std::int64_t y, std::int64_t z) const {
    return static_cast<std::size_t>((z * ny + y) * nx + x);
  }
};

Coarse sampled(const CtVolume& ct) {
  Coarse c{};
  std::array<std::int64_t*, 3> n{&c.nx, &c.ny, &c.nz};
  for (std::size_t k = 0; k < 3; ++k) {
    c.step[k] = std::max(1.0, coarse_mm / ct.grid.spacing[k]);
    *n[k] = std::max<std::int64_t>(1, static_cast<std::int64_t>(double(ct.grid.size[k]) / c.step[k]));
  }
  c.cell_cm2 = c.step[0] * c.step[1] * ct.grid.spacing[0] * ct.grid.spacing[1] / 100;
  c.body.resize(static_cast<std::size_t>(c.nx * c.ny * c.nz));
  c.air = c.body;
  for (std::int64_t z = 0; z < c.nz; ++z)
    for (std::int64_t y = 0; y < c.ny; ++y)
      for (std::int64_t x = 0; x < c.nx; ++x) {
        const auto hu =
            ct.at(std::int64_t((double(x) + 0.5) * c.step[0]), std::int64_t((double(y) + 0.5) * c.step[1]),
                  std::int64_t((double(z) + 0.5) * c.step[2]));
        c.body[c.at(x, y, z)] = hu > body_hu;
        c.air[c.at(x, y, z)] = hu < lung_hu;
      }
  return c;
}

// Thin shells (couch, mask, head rest) go: a cell of body stays where its four neighbours in the slice are
// body.
std::vector<char> eroded(const Coarse& c) {
  std::vector<char> out(c.body.size());
  for (std::int64_t z = 0; z < c.nz; ++z)
    for (std::int64_t y = 0; y < c.ny; ++y)
      for (std::int64_t x = 0; x < c.nx; ++x) {
        const auto is = [&](std::int64_t u, std::int64_t v) {
          return u < 0 || v < 0 || u >= c.nx || v >= c.ny || c.body[c.at(u, v, z)];
        };
        out[c.at(x, y, z)] =
            c.body[c.at(x, y, z)] && is(x - 1, y) && is(x + 1, y) && is(x, y - 1) && is(x, y + 1);
      }
  return out;
}

// The largest connected piece.
std::vector<char> largest(const Coarse& c, const std::vector<char>& mask) {
  std::vector<int> piece(mask.size());
  std::vector<std::size_t> open;
  std::size_t most = 0;
  int best = 0, next = 0;
  const std::array<std::int64_t, 3> n{c.nx, c.ny, c.nz}, stride{1, c.nx, c.nx * c.ny};
  for (std::size_t start = 0; start < mask.size(); ++start) {
    if (!mask[start] || piece[start]) continue;
    piece[start] = ++next;
    open.assign(1, start);
    std::size_t count = 0;
    while (!open.empty()) {
      const std::size_t i = open.back();
      open.pop_back();
      ++count;
      const auto at = static_cast<std::int64_t>(i);
      const std::array<std::int64_t, 3> p{at % c.nx, at / c.nx % c.ny, at / (c.nx * c.ny)};
      for (std::size_t k = 0; k < 3; ++k)
        for (const std::int64_t side : {-1, 1}) {
          if (p[k] + side < 0 || p[k] + side >= n[k]) continue;
          const auto j = static_cast<std::size_t>(at + side * stride[k]);
          if (mask[j] && !piece[j]) piece[j] = next, open.push_back(j);
        }
    }
    if (count > most) most = count, best = next;
  }
  std::vector<char> out(mask.size());
  for (std::size_t i = 0; i < mask.size(); ++i) out[i] = best != 0 && piece[i] == best;
  return out;
}

struct SliceShape {
  std::int64_t x0 = 0, x1 = -1, y0 = 0, y1 = -1;  ///< cells of the body
  double width_mm = 0, enclosed_air_cm2 = 0;
};

std::vector<SliceShape> shapes(const Coarse& c, const std::vector<char>& body, double cell_mm) {
  std::vector<SliceShape> out(static_cast<std::size_t>(c.nz));
  for (std::int64_t z = 0; z < c.nz; ++z) {
    SliceShape& s = out[static_cast<std::size_t>(z)];
    s.x0 = c.nx, s.y0 = c.ny;
    double air = 0;
    for (std::int64_t y = 0; y < c.ny; ++y) {
      std::int64_t first = c.nx, last = -1;
      for (std::int64_t x = 0; x < c.nx; ++x)
        if (body[c.at(x, y, z)]) first = std::min(first, x), last = x;
      if (last < 0) continue;
      s.x0 = std::min(s.x0, first), s.x1 = std::max(s.x1, last);
      s.y0 = std::min(s.y0, y), s.y1 = y;
      for (std::int64_t x = first; x <= last; ++x) air += c.air[c.at(x, y, z)];
    }
    if (s.x1 >= s.x0) s.width_mm = double(s.x1 - s.x0 + 1) * cell_mm;
    s.enclosed_air_cm2 = air * c.cell_cm2;
  }
  return out;
}

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

template <class T>
Volume<T> crop(const Volume<T>& volume, const VoxelBox& box) {
  Grid grid = volume.grid;
  for (std::size_t k = 0; k < 3; ++k) {
    if (box.first[k] < 0 || box.last[k] >= volume.grid.size[k] || box.first[k] > box.last[k])
      throw Error(ErrorKind::input, "crop box " + std::to_string(box.first[k]) + " to " +
                                        std::to_string(box.last[k]) + " is not within the " +
                                        std::to_string(volume.grid.size[k]) + " voxels of axis " +
                                        std::string(1, "xyz"[k]));
    grid.size[k] = box.last[k] - box.first[k] + 1;
  }
  grid.origin = volume.grid.to_world({double(box.first[0]), double(box.first[1]), double(box.first[2])});
  Volume<T> out(grid);
  for (std::int64_t z = 0; z < grid.size[2]; ++z)
    for (std::int64_t y = 0; y < grid.size[1]; ++y)
      std::copy_n(&volume.at(box.first[0], box.first[1] + y, box.first[2] + z), grid.size[0],
                  &out.at(0, y, z));
  return out;
}

}  // namespace

HeadNeckField find_head_neck_field(const CtVolume& given, const LabelVolume& labels,
                                   const FieldOptions& options) {
  const Orientation o = nearest_orientation(given.grid);
  const CtVolume ct = reorient(given, o);
  const Coarse c = sampled(ct);
  const std::vector<char> body = largest(c, eroded(c));
  const std::vector<SliceShape> slices = shapes(c, body, c.step[0] * ct.grid.spacing[0]);
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

CtVolume cropped(const CtVolume& volume, const VoxelBox& box) { return crop(volume, box); }
LabelVolume cropped(const LabelVolume& volume, const VoxelBox& box) { return crop(volume, box); }

LabelVolume uncropped(const LabelVolume& part, const Grid& original, const VoxelBox& box) {
  LabelVolume out(original);
  for (std::size_t k = 0; k < 3; ++k)
    if (box.first[k] < 0 || box.last[k] >= original.size[k] ||
        box.last[k] - box.first[k] + 1 != part.grid.size[k])
      throw Error(ErrorKind::input, "the part of " + describe(part.grid) + " is not that of its crop box");
  for (std::int64_t z = 0; z < part.grid.size[2]; ++z)
    for (std::int64_t y = 0; y < part.grid.size[1]; ++y)
      std::copy_n(&part.at(0, y, z), part.grid.size[0],
                  &out.at(box.first[0], box.first[1] + y, box.first[2] + z));
  return out;
}

}  // namespace anatomynet
