#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "curation/overlap_layout.h"
#include "curation/overlap_match.h"

namespace anatomynet::curation {
namespace {
using namespace scan_layout;

constexpr std::int64_t slab = 2;  ///< slices that share a number of landmarks
constexpr std::int64_t landmarks_wanted = 96, fewest_a_slab = 3, most_a_slab = 8;
constexpr float least_contrast = 25;  ///< HU
constexpr std::array<std::int64_t, 5> offsets{-3, -1, 0, 1, 3};
constexpr double unit = 181;  ///< squared about 2^15

}  // namespace

MatchableScan::MatchableScan(const ScanDescriptor& descriptor) : descriptor_(&descriptor) {
  const auto& values = descriptor.values;
  if (!values.empty() && values[0] >= 1 && values[0] < 1e6F) slices_ = static_cast<std::int64_t>(values[0]);
  if (slices_ < 1 || values.size() != header + std::size_t(slices_) * slice_voxels)
    throw Error(ErrorKind::input, "a scan descriptor is damaged: made by another version? curate anew");
  voxels_ = std::count_if(values.begin() + header, values.end(), [](float v) { return v != outside; });
  find_landmarks();
}

const float* MatchableScan::slice(std::int64_t z) const {
  return descriptor_->values.data() + header + std::size_t(z) * slice_voxels;
}

void MatchableScan::find_landmarks() {
  struct Candidate {
    float strength;
    Landmark landmark;
  };
  std::vector<Candidate> found;
  const auto extreme = [&](std::int64_t x, std::int64_t y, std::int64_t z, float v) {
    for (std::int64_t k = std::max<std::int64_t>(0, z - 1); k <= std::min(slices_ - 1, z + 1); ++k)
      for (std::int64_t j = y - 1; j <= y + 1; ++j)
        for (std::int64_t i = x - 1; i <= x + 1; ++i) {
          const float u = slice(k)[j * width + i];
          if (u == outside || (v > 0 ? u > v : u < v)) return false;
        }
    return true;
  };
  const std::int64_t kernel_radius = offsets.back();
  const auto a_slab =
      static_cast<std::size_t>(std::clamp(landmarks_wanted * slab / slices_, fewest_a_slab, most_a_slab));
  for (std::int64_t z = 0; z < slices_; ++z) {
    if (z % slab == 0) found.clear();
    const float* s = slice(z);
    for (std::int64_t y = kernel_radius; y < height - kernel_radius; ++y)
      for (std::int64_t x = kernel_radius; x < width - kernel_radius; ++x) {
        const float v = s[y * width + x];
        if (std::abs(v) < least_contrast || v == outside || !extreme(x, y, z, v)) continue;
        std::array<double, 25> around;
        double sum = 0, square = 0;
        bool whole = true;
        std::size_t n = 0;
        for (const auto dy : offsets)
          for (const auto dx : offsets) {
            const float u = s[(y + dy) * width + x + dx];
            whole = whole && u != outside;
            around[n++] = u, sum += u, square += double(u) * u;
          }
        const double length = std::sqrt(square - sum * sum / 25);
        if (!whole || !(length > 0)) continue;
        Candidate c{std::abs(v), {}};
        c.landmark.at = {std::int16_t(x), std::int16_t(y), std::int16_t(z)};
        for (std::size_t i = 0; i < 25; ++i)
          c.landmark.around[i] =
              static_cast<std::int16_t>(std::lround((around[i] - sum / 25) / length * unit));
        found.push_back(c);
      }
    if (z % slab == slab - 1 || z == slices_ - 1) {
      std::stable_sort(found.begin(), found.end(),
                       [](const Candidate& a, const Candidate& b) { return a.strength > b.strength; });
      for (std::size_t i = 0; i < std::min(found.size(), a_slab); ++i)
        landmarks_.push_back(found[i].landmark);
    }
  }
}

}  // namespace anatomynet::curation
