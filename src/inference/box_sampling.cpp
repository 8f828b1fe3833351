#include "inference/box_sampling.h"

#include <algorithm>

namespace anatomynet::inference {

double mm_along(const Grid& grid, const AxisPositions* uneven, std::size_t k, double index) {
  return uneven && uneven->axis == static_cast<int>(k) ? uneven->mm_of(index) : index * grid.spacing[k];
}

BoxSpan box_span(const Grid& ct, const AxisPositions* uneven, std::size_t k, double from_mm, double spacing,
                 std::int64_t samples) {
  BoxSpan span;
  for (std::int64_t i = 0; i < ct.size[k]; ++i) {
    const double at = (mm_along(ct, uneven, k, double(i)) - from_mm) / spacing;
    if (at < 0 || at > double(samples - 1)) continue;
    if (span.taps.empty()) span.first = i;
    const std::int64_t low = std::min(static_cast<std::int64_t>(at), samples - 2);
    span.taps.push_back({low, low + 1, static_cast<float>(at - double(low))});
  }
  return span;
}

std::vector<float> on_voxels(const std::vector<float>& values, const Size3& size,
                             const std::array<BoxSpan, 3>& spans) {
  const auto between = [](const LinearTap& tap, auto value) {
    const float low = value(tap.low);
    return low + tap.weight * (value(tap.high) - low);
  };
  std::vector<float> out;
  out.reserve(static_cast<std::size_t>(spans[0].size() * spans[1].size() * spans[2].size()));
  for (const LinearTap& z : spans[2].taps)
    for (const LinearTap& y : spans[1].taps)
      for (const LinearTap& x : spans[0].taps)
        out.push_back(between(z, [&](std::int64_t at_z) {
          return between(y, [&](std::int64_t at_y) {
            return between(x, [&](std::int64_t at_x) {
              return values[static_cast<std::size_t>((at_z * size[1] + at_y) * size[0] + at_x)];
            });
          });
        }));
  return out;
}

}  // namespace anatomynet::inference
