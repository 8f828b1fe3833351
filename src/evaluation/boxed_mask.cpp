#include "evaluation/boxed_mask.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "core/error.h"
#include "core/grid_difference.h"
#include "core/label_boxes.h"

namespace anatomynet::evaluation {
namespace {

BoxedMask cut(const LabelVolume& labels, int value, const LabelBox& box) {
  BoxedMask out;
  out.grid = labels.grid;
  if (box.empty()) return out;
  out.low = box.low;
  out.size = box.size;
  out.voxels.resize(static_cast<std::size_t>(out.size[0] * out.size[1] * out.size[2]));
  std::uint8_t* to = out.voxels.data();
  for (std::int64_t z = box.low[2]; z < box.low[2] + box.size[2]; ++z)
    for (std::int64_t y = box.low[1]; y < box.low[1] + box.size[1]; ++y) {
      const std::uint8_t* from = &labels.at(box.low[0], y, z);
      for (std::int64_t x = 0; x < out.size[0]; ++x) out.count += * to++ = from[x] == value;
    }
  return out;
}

std::string geometry(const Grid& g) {
  char text[200];
  const Mat3& d = g.direction;
  std::snprintf(text, sizeof text,
                " from (%.6g, %.6g, %.6g), axes (%.4g %.4g %.4g)(%.4g %.4g %.4g)(%.4g %.4g %.4g)",
                g.origin[0], g.origin[1], g.origin[2], d[0][0], d[1][0], d[2][0], d[0][1], d[1][1], d[2][1],
                d[0][2], d[1][2], d[2][2]);
  return describe(g) + text;
}

}  // namespace

BoxedMask boxed(const LabelVolume& labels, int value) { return cut(labels, value, label_box(labels, value)); }

std::map<int, BoxedMask> boxed_structures(const LabelVolume& labels) {
  const auto boxes = label_boxes(labels);
  std::map<int, BoxedMask> out;
  for (int value = 1; value < 256; ++value) {
    const LabelBox& box = boxes[static_cast<std::size_t>(value)];
    if (!box.empty()) out.emplace(value, cut(labels, value, box));
  }
  return out;
}

LabelBox box_around(const BoxedMask& a, const BoxedMask& b) {
  if (a.empty() || b.empty()) {
    const BoxedMask& one = a.empty() ? b : a;
    return {one.low, one.size};
  }
  LabelBox box;
  for (int k = 0; k < 3; ++k) {
    box.low[k] = std::min(a.low[k], b.low[k]);
    box.size[k] = std::max(a.low[k] + a.size[k], b.low[k] + b.size[k]) - box.low[k];
  }
  return box;
}

std::vector<std::uint8_t> padded(const BoxedMask& mask, const LabelBox& box) {
  const Size3 n{box.size[0] + 2, box.size[1] + 2, box.size[2] + 2};
  std::vector<std::uint8_t> out(static_cast<std::size_t>(n[0] * n[1] * n[2]), 0);
  const std::uint8_t* from = mask.voxels.data();
  for (std::int64_t z = 0; z < mask.size[2]; ++z)
    for (std::int64_t y = 0; y < mask.size[1]; ++y, from += mask.size[0]) {
      const std::int64_t row = (mask.low[2] + z - box.low[2] + 1) * n[1] + mask.low[1] + y - box.low[1] + 1;
      std::memcpy(&out[static_cast<std::size_t>(row * n[0] + mask.low[0] - box.low[0] + 1)], from,
                  static_cast<std::size_t>(mask.size[0]));
    }
  return out;
}

BoxedMask within_slices_of(const BoxedMask& mask, const BoxedMask& other) {
  BoxedMask out = mask;
  const std::int64_t first = std::max(mask.low[2], other.low[2]);
  const std::int64_t last = std::min(mask.low[2] + mask.size[2], other.low[2] + other.size[2]);
  if (mask.empty() || other.empty() || first >= last) {
    out.low = out.size = {};
    out.voxels.clear();
    out.count = 0;
    return out;
  }
  const std::int64_t slice = mask.size[0] * mask.size[1];
  const auto from = mask.voxels.begin() + (first - mask.low[2]) * slice;
  out.voxels.assign(from, from + (last - first) * slice);
  out.low[2] = first;
  out.size[2] = last - first;
  out.count = std::count(out.voxels.begin(), out.voxels.end(), 1);
  return out;
}

void paint(const BoxedMask& mask, int value, LabelVolume& labels) {
  const std::uint8_t* from = mask.voxels.data();
  for (std::int64_t z = 0; z < mask.size[2]; ++z)
    for (std::int64_t y = 0; y < mask.size[1]; ++y) {
      std::uint8_t* to = &labels.at(mask.low[0], mask.low[1] + y, mask.low[2] + z);
      for (std::int64_t x = 0; x < mask.size[0]; ++x)
        if (*from++) to[x] = static_cast<std::uint8_t>(value);
    }
}

void require_same_grid(const Grid& predicted, const Grid& truth) {
  constexpr double tolerance_mm = 0.01;
  if (!same_grid(predicted, truth, tolerance_mm))
    throw Error(ErrorKind::input, "prediction and truth lie on different grids: prediction " +
                                      geometry(predicted) + "; truth " + geometry(truth) + "; " +
                                      grid_difference(predicted, truth) +
                                      "; resample one onto the other's grid");
}

}  // namespace anatomynet::evaluation
