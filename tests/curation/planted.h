#pragma once
#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/resample.h"
#include "core/volume.h"

namespace anatomynet::test {

inline CtVolume part_of(const CtVolume& in, const Size3& first, const Size3& size) {
  Grid g = in.grid;
  g.size = size;
  g.origin = in.grid.to_world({double(first[0]), double(first[1]), double(first[2])});
  CtVolume out(g);
  for (std::int64_t z = 0; z < size[2]; ++z)
    for (std::int64_t y = 0; y < size[1]; ++y)
      for (std::int64_t x = 0; x < size[0]; ++x)
        out.at(x, y, z) = in.at(x + first[0], y + first[1], z + first[2]);
  return out;
}

/// The slices from `from` to `to` (fractions of the length), and the same share of x cut off on either side.
inline CtVolume shortened(const CtVolume& in, double from, double to, double side = 0) {
  const Size3& n = in.grid.size;
  const auto z = std::int64_t(from * double(n[2])), x = std::int64_t(side * double(n[0]));
  return part_of(in, {x, 0, z}, {n[0] - 2 * x, n[1], std::max<std::int64_t>(1, std::int64_t(to * double(n[2])) - z)});
}

inline CtVolume resampled(const CtVolume& in, const Vec3& spacing) {
  const Volume<float> fine = resample_linear(in, with_spacing(in.grid, spacing));
  CtVolume out(fine.grid);
  std::transform(fine.voxels.begin(), fine.voxels.end(), out.voxels.begin(),
                 [](float v) { return static_cast<std::int16_t>(std::lround(v)); });
  return out;
}

inline CtVolume noisy(CtVolume ct, double sigma, double shift, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> noise(shift, std::max(sigma, 1e-9));
  for (auto& v : ct.voxels)
    v = static_cast<std::int16_t>(std::lround(std::clamp(v + noise(random), -1024.0, 3071.0)));
  return ct;
}

/// Axes permuted and run backwards, and moved in the world: as another exporter writes it.
inline CtVolume turned(const CtVolume& in) {
  Orientation o;
  o.axis = {2, 0, 1};
  o.flipped = {true, false, true};
  CtVolume out = reorient(in, o);
  for (double& v : out.grid.origin) v += 137.5;
  return out;
}

inline std::vector<std::pair<std::string, CtVolume>> planted_copies(const CtVolume& ct, std::uint32_t seed) {
  return {
      {"renamed", ct},
      {"turned", turned(ct)},
      {"resampled finer", resampled(ct, {2.3, 2.3, 2})},
      {"resampled coarser", resampled(ct, {5, 5, 4.5})},
      {"cropped", shortened(ct, 0.25, 0.85, 0.1)},
      {"noise 30 HU", noisy(ct, 30, 0, seed)},
      {"shifted 40 HU", noisy(ct, 0, 40, seed)},
      {"resampled, cropped", resampled(shortened(ct, 0.3, 0.9, 0.08), {3, 3, 3})},
      {"cropped, noise, shifted", noisy(shortened(ct, 0.1, 0.7), 30, -40, seed)},
      {"all", noisy(resampled(turned(shortened(ct, 0.2, 0.8, 0.08)), {2.7, 4.5, 4.5}), 30, 40, seed)},
  };
}

}  // namespace anatomynet::test
