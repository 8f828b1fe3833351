#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "core/checksum.h"
#include "core/resample.h"
#include "curation/overlap.h"
#include "curation/overlap_layout.h"

namespace anatomynet {
namespace {

// Bone in a slice of the coarse volume: weight and its first moments, hardly touched by cropping away air.
struct Bone {
  double weight = 0, x = 0, y = 0;
};

double bone_weight(float hu) { return std::clamp(hu - 200.0, 0.0, 600.0); }

// The mean over 5 voxels along one axis, shorter at the borders.
void box_mean(std::vector<float>& v, const Size3& size, int axis) {
  const std::int64_t n = size[axis];
  const std::int64_t stride = axis == 0 ? 1 : axis == 1 ? size[0] : size[0] * size[1];
  std::vector<float> line(static_cast<std::size_t>(n));
  const std::int64_t count = size[0] * size[1] * size[2];
  for (std::int64_t start = 0; start < count; ++start) {
    if ((start / stride) % n != 0) continue;
    for (std::int64_t i = 0; i < n; ++i) line[std::size_t(i)] = v[std::size_t(start + i * stride)];
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int64_t from = std::max<std::int64_t>(0, i - 2), to = std::min(n - 1, i + 2);
      float sum = 0;
      for (std::int64_t k = from; k <= to; ++k) sum += line[std::size_t(k)];
      v[std::size_t(start + i * stride)] = sum / static_cast<float>(to - from + 1);
    }
  }
}

std::uint64_t content_of(const CtVolume& ct) {
  std::uint64_t hash = checksum_start;
  const auto add = [&](const void* data, std::size_t bytes) {
    hash = checksum({static_cast<const char*>(data), bytes}, hash);
  };
  add(ct.grid.size.data(), sizeof ct.grid.size);
  add(ct.voxels.data(), ct.voxels.size() * sizeof(std::int16_t));
  return hash;
}

}  // namespace

ScanDescriptor describe_scan(const CtVolume& given) {
  given.grid.check("a scan to be compared");
  const CtVolume ct = reorient(given, nearest_orientation(given.grid));
  ScanDescriptor out;
  out.content = content_of(ct);  // axes along L, P, S: the same whatever file format it came from
  const double mm = scan_layout::voxel_mm;
  const Volume<float> coarse = resample_linear(ct, with_spacing(ct.grid, {mm, mm, mm}));
  const Size3& n = coarse.grid.size;

  std::vector<Bone> bones(static_cast<std::size_t>(n[2]));
  Bone all;
  for (std::int64_t z = 0; z < n[2]; ++z)
    for (std::int64_t y = 0; y < n[1]; ++y)
      for (std::int64_t x = 0; x < n[0]; ++x) {
        const double w = bone_weight(coarse.at(x, y, z));
        Bone& b = bones[std::size_t(z)];
        b.weight += w, b.x += w * double(x), b.y += w * double(y);
        all.weight += w, all.x += w * double(x), all.y += w * double(y);
      }
  const double cx = all.weight > 0 ? all.x / all.weight : double(n[0] - 1) / 2;
  const double cy = all.weight > 0 ? all.y / all.weight : double(n[1] - 1) / 2;
  const std::int64_t x0 = std::llround(cx) - scan_layout::width / 2;
  const std::int64_t y0 = std::llround(cy) - scan_layout::height / 2;

  // What is left after the local mean is taken out tells patients apart; the outline of a body does not.
  std::vector<float> sharp(coarse.voxels.size());
  for (std::size_t i = 0; i < sharp.size(); ++i) sharp[i] = std::clamp(coarse.voxels[i], -200.0f, 800.0f);
  std::vector<float> mean = sharp;
  for (int axis = 0; axis < 3; ++axis) box_mean(mean, n, axis);

  out.values.reserve(scan_layout::header +
                     std::size_t(n[2]) * (scan_layout::slice_head + scan_layout::slice_voxels));
  out.values.push_back(static_cast<float>(n[2]));
  for (std::int64_t z = 0; z < n[2]; ++z) {
    const Bone& b = bones[std::size_t(z)];
    const double w = std::max(b.weight, 1e-9);
    out.values.push_back(static_cast<float>(std::round(b.weight)));
    out.values.push_back(b.weight > 0 ? static_cast<float>(b.x / w - double(x0)) : 0.0f);
    out.values.push_back(b.weight > 0 ? static_cast<float>(b.y / w - double(y0)) : 0.0f);
    for (std::int64_t y = y0; y < y0 + scan_layout::height; ++y)
      for (std::int64_t x = x0; x < x0 + scan_layout::width; ++x) {
        const bool inside = x >= 0 && y >= 0 && x < n[0] && y < n[1];
        const auto i = inside ? std::size_t(coarse.grid.offset(x, y, z)) : 0;
        out.values.push_back(inside ? std::round((sharp[i] - mean[i]) / 4) : scan_layout::outside);
      }
  }
  return out;
}

}  // namespace anatomynet
