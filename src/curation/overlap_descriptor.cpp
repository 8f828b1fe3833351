#include <algorithm>
#include <cmath>

#include "core/checksum.h"
#include "core/resample.h"
#include "curation/overlap.h"
#include "curation/overlap_layout.h"

namespace anatomynet::curation {
namespace {

constexpr std::int16_t lowest_hu = -300, highest_hu = 500;
constexpr std::int64_t kernel_radius = 2;  ///< voxels on each side that the local mean is taken over
constexpr std::int64_t border = 1;  ///< voxels whose surroundings a crop in plane would have changed most

// The mean over `radius` voxels on either side along one axis, fewer at the borders.
void box_mean(std::vector<float>& v, const Size3& size, int axis, std::int64_t radius) {
  const std::int64_t n = size[axis];
  const std::int64_t stride = axis == 0 ? 1 : axis == 1 ? size[0] : size[0] * size[1];
  std::vector<float> line(static_cast<std::size_t>(n));
  const std::int64_t count = size[0] * size[1] * size[2];
  for (std::int64_t start = 0; start < count; ++start) {
    if ((start / stride) % n != 0) continue;
    for (std::int64_t i = 0; i < n; ++i) line[std::size_t(i)] = v[std::size_t(start + i * stride)];
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int64_t from = std::max<std::int64_t>(0, i - radius), to = std::min(n - 1, i + radius);
      float sum = 0;
      for (std::int64_t k = from; k <= to; ++k) sum += line[std::size_t(k)];
      v[std::size_t(start + i * stride)] = sum / static_cast<float>(to - from + 1);
    }
  }
}

// Weights 1, 2, 1: half a voxel of shift then changes little.
void smooth(std::vector<float>& v, const Size3& size, int axis) {
  const std::vector<float> before = v;
  const std::int64_t n = size[axis];
  const std::int64_t stride = axis == 0 ? 1 : axis == 1 ? size[0] : size[0] * size[1];
  for (std::int64_t i = 0; i < std::int64_t(v.size()); ++i) {
    const std::int64_t k = (i / stride) % n;
    const float low = before[std::size_t(k > 0 ? i - stride : i)];
    const float high = before[std::size_t(k + 1 < n ? i + stride : i)];
    v[std::size_t(i)] = (low + 2 * before[std::size_t(i)] + high) / 4;
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

// Where the window starts: bone is hardly touched by cropping away air.
std::array<std::int64_t, 2> window_start(const std::vector<float>& hu, const Size3& n) {
  double weight = 0, x_sum = 0, y_sum = 0;
  for (std::int64_t z = 0, i = 0; z < n[2]; ++z)
    for (std::int64_t y = 0; y < n[1]; ++y)
      for (std::int64_t x = 0; x < n[0]; ++x, ++i) {
        const double w = std::max(0.0, double(hu[std::size_t(i)]) - 150.0);
        weight += w, x_sum += w * double(x), y_sum += w * double(y);
      }
  const double x = weight > 0 ? x_sum / weight : double(n[0] - 1) / 2;
  const double y = weight > 0 ? y_sum / weight : double(n[1] - 1) / 2;
  return {std::llround(x) - scan_layout::width / 2, std::llround(y) - scan_layout::height / 2};
}

}  // namespace

ScanDescriptor describe_scan(const CtVolume& given) {
  given.grid.check("a scan to be compared");
  CtVolume ct = reorient(given, nearest_orientation(given.grid));
  ScanDescriptor out;
  out.content = content_of(ct);  // axes along L, P, S: the same whatever file format it came from
  for (auto& v : ct.voxels) v = std::clamp(v, lowest_hu, highest_hu);
  const double mm = scan_layout::voxel_mm;
  Volume<float> sharp = resample_linear(ct, with_spacing(ct.grid, {mm, mm, mm}));
  const Size3& n = sharp.grid.size;
  const auto [x0, y0] = window_start(sharp.voxels, n);
  for (int axis = 0; axis < 3; ++axis) smooth(sharp.voxels, n, axis);
  std::vector<float> mean = sharp.voxels;
  for (int axis = 0; axis < 2; ++axis) box_mean(mean, n, axis, kernel_radius);

  out.values.reserve(scan_layout::header + std::size_t(n[2]) * scan_layout::slice_voxels);
  out.values.push_back(static_cast<float>(n[2]));
  for (std::int64_t z = 0; z < n[2]; ++z)
    for (std::int64_t y = y0; y < y0 + scan_layout::height; ++y)
      for (std::int64_t x = x0; x < x0 + scan_layout::width; ++x) {
        const bool inside = x >= border && y >= border && x < n[0] - border && y < n[1] - border;
        const auto i = inside ? std::size_t(sharp.grid.offset(x, y, z)) : 0;
        out.values.push_back(inside ? std::round(sharp.voxels[i] - mean[i]) : scan_layout::outside);
      }
  return out;
}

}  // namespace anatomynet::curation
