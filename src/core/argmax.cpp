#include "core/argmax.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace anatomynet {
namespace {

// Linear interpolation between a source sample and the next: value = (1 - w) a[low] + w a[high].
struct Between {
  std::int64_t low, high;
  float weight;
};

std::vector<Between> positions(const Grid& source, const Grid& target, int k) {
  const double start = source.to_index(target.origin)[k], step = target.spacing[k] / source.spacing[k];
  const auto last = double(source.size[k] - 1);
  std::vector<Between> list;
  for (std::int64_t i = 0; i < target.size[k]; ++i) {
    double at = std::clamp(start + step * double(i), 0.0, last);
    // Rounding noise of the geometry must not turn equal grids into an interpolation.
    if (std::abs(at - std::round(at)) < 1e-6) at = std::round(at);
    const auto low = static_cast<std::int64_t>(std::floor(at));
    list.push_back({low, std::min(low + 1, source.size[k] - 1), static_cast<float>(at - double(low))});
  }
  return list;
}

void blend(const float* a, const float* b, float weight, float* out, std::int64_t n) {
  if (weight == 0) {
    std::copy_n(a, n, out);
    return;
  }
  for (std::int64_t i = 0; i < n; ++i) out[i] = a[i] + weight * (b[i] - a[i]);
}

}  // namespace

LabelVolume argmax_on_grid(std::span<const float> scores, const Grid& sg,
                           const std::vector<std::uint8_t>& ids, const Grid& target) {
  const auto channels = static_cast<std::int64_t>(ids.size());
  const std::int64_t row = sg.size[0], plane = row * sg.size[1], voxels = plane * sg.size[2];
  if (channels < 1 || static_cast<std::int64_t>(scores.size()) != channels * voxels) {
    throw Error(ErrorKind::internal, "scores and their grid differ in size");
  }
  const auto px = positions(sg, target, 0), py = positions(sg, target, 1), pz = positions(sg, target, 2);
  LabelVolume labels(target);
#pragma omp parallel
  {
    std::vector<float> rows(static_cast<std::size_t>(2 * row)), line(static_cast<std::size_t>(row));
    std::vector<float> best(px.size());
    std::vector<std::uint8_t> winner(px.size());
#pragma omp for collapse(2) schedule(static)
    for (std::int64_t z = 0; z < target.size[2]; ++z)
      for (std::int64_t y = 0; y < target.size[1]; ++y) {
        const Between bz = pz[z], by = py[y];
        for (std::int64_t c = 0; c < channels; ++c) {
          const float* base = scores.data() + c * voxels;
          const auto at = [&](std::int64_t sz, std::int64_t sy) { return base + sz * plane + sy * row; };
          blend(at(bz.low, by.low), at(bz.high, by.low), bz.weight, rows.data(), row);
          blend(at(bz.low, by.high), at(bz.high, by.high), bz.weight, rows.data() + row, row);
          blend(rows.data(), rows.data() + row, by.weight, line.data(), row);
          for (std::size_t x = 0; x < px.size(); ++x) {
            const Between b = px[x];
            const float value = line[b.low] + b.weight * (line[b.high] - line[b.low]);
            if (c == 0 || value > best[x]) {
              best[x] = value;
              winner[x] = ids[c];
            }
          }
        }
        std::copy(winner.begin(), winner.end(), &labels.at(0, y, z));
      }
  }
  return labels;
}

}  // namespace anatomynet
