#include "acceptance/slice_jump.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace anatomynet::acceptance {
namespace {

constexpr double low_hu = -200, high_hu = 300;
constexpr double times_usual = 4;      // the worst pair over the pairs near it
constexpr double least_change = 0.15;  // of the window, mean over the voxels that are tissue in either slice
constexpr std::int64_t around = 5;     // pairs on either side

double windowed(std::int16_t hu) {
  return (std::clamp(double(hu), low_hu, high_hu) - low_hu) / (high_hu - low_hu);
}

// Mean change from slice z to the next where either has tissue.
double change(const CtVolume& ct, std::int64_t z, std::int64_t step) {
  double sum = 0, count = 0;
  for (std::int64_t y = 0; y < ct.grid.size[1]; y += step)
    for (std::int64_t x = 0; x < ct.grid.size[0]; x += step) {
      const double a = windowed(ct.at(x, y, z)), b = windowed(ct.at(x, y, z + 1));
      if (a == 0 && b == 0) continue;
      sum += std::abs(a - b);
      ++count;
    }
  return count > 0 ? sum / count : 0;
}

}  // namespace

std::optional<double> slice_jump(const CtVolume& ct) {
  const std::int64_t pairs = ct.grid.size[2] - 1;
  if (pairs < 2 * around) return {};
  const std::int64_t step = std::max<std::int64_t>(1, std::lround(4 / ct.grid.spacing[0]));
  std::vector<double> changes;
  for (std::int64_t z = 0; z < pairs; ++z) changes.push_back(change(ct, z, step));
  std::optional<double> found;
  double worst = times_usual;
  for (std::int64_t z = 1; z + 1 < pairs; ++z) {  // the outermost slices are often blanked
    if (changes[z] < least_change) continue;
    std::vector<double> near;
    for (std::int64_t k = std::max<std::int64_t>(0, z - around); k <= std::min(pairs - 1, z + around); ++k)
      if (k != z) near.push_back(changes[k]);
    std::nth_element(near.begin(), near.begin() + std::ssize(near) / 2, near.end());
    const double usual = near[near.size() / 2];
    if (usual <= 0 || changes[z] < worst * usual) continue;
    worst = changes[z] / usual;
    found = ct.grid.to_world({0, 0, double(z) + 0.5})[2];
  }
  return found;
}

}  // namespace anatomynet::acceptance
