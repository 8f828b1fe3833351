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
  return part_of(in, {x, 0, z},
                 {n[0] - 2 * x, n[1], std::max<std::int64_t>(1, std::int64_t(to * double(n[2])) - z)});
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

/// The slices from `from` to `to` and the middle `kept` of x and y, all as shares of the length.
inline CtVolume middle_of(const CtVolume& in, double from, double to, double kept) {
  const Size3& n = in.grid.size;
  Size3 first{}, size{};
  for (std::size_t k = 0; k < 2; ++k) {
    size[k] = std::max<std::int64_t>(1, std::llround(kept * double(n[k])));
    first[k] = (n[k] - size[k]) / 2;
  }
  first[2] = std::llround(from * double(n[2]));
  size[2] = std::max<std::int64_t>(1, std::llround(to * double(n[2])) - first[2]);
  return part_of(in, first, size);
}

inline CtVolume clipped(CtVolume ct, int low, int high) {
  for (auto& v : ct.voxels) v = static_cast<std::int16_t>(std::clamp<int>(v, low, high));
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

/// Left and right exchanged, the grid unchanged.
inline CtVolume mirrored(CtVolume ct) {
  const std::int64_t n = ct.grid.size[0];
  for (auto row = ct.voxels.begin(); row != ct.voxels.end(); row += n) std::reverse(row, row + n);
  return ct;
}

struct Planted {
  std::string how;
  CtVolume ct;
};

/// Copies of a scan as they turn up in other collections, the last ones with everything at once.
inline std::vector<Planted> planted_copies(const CtVolume& ct, std::uint32_t seed) {
  return {
      {"renamed", ct},
      {"turned and moved", turned(ct)},
      {"resampled to 1 mm", resampled(ct, {1, 1, 1})},
      {"resampled to 2.3 x 2.3 x 2 mm", resampled(ct, {2.3, 2.3, 2})},
      {"resampled to 5 mm", resampled(ct, {5, 5, 5})},
      {"upper half", middle_of(ct, 0.5, 1, 1)},
      {"lower half", middle_of(ct, 0, 0.5, 1)},
      {"upper 40%", middle_of(ct, 0.6, 1, 1)},
      {"lower 40%", middle_of(ct, 0, 0.4, 1)},
      {"middle 60% of x and y", middle_of(ct, 0, 1, 0.6)},
      {"noise of 50 HU", noisy(ct, 50, 0, seed)},
      {"50 HU up", noisy(ct, 0, 50, seed)},
      {"50 HU down", noisy(ct, 0, -50, seed)},
      {"100 HU up", noisy(ct, 0, 100, seed)},
      {"100 HU down", noisy(ct, 0, -100, seed)},
      {"clipped to -1000, 1000 HU", clipped(ct, -1000, 1000)},
      {"3 mm, 60% of slices", resampled(middle_of(ct, 0.3, 0.9, 0.85), {3, 3, 3})},
      {"upper half, 60% in plane", middle_of(ct, 0.5, 1, 0.6)},
      {"lower half, 60% in plane", middle_of(ct, 0, 0.5, 0.6)},
      {"all, upper half",
       clipped(noisy(resampled(turned(middle_of(ct, 0.5, 1, 0.6)), {5, 5, 5}), 50, 50, seed), -1000, 1000)},
      {"all, lower half",
       clipped(noisy(resampled(turned(middle_of(ct, 0, 0.5, 0.6)), {5, 5, 5}), 50, -50, seed), -1000, 1000)},
      {"all, upper 60%",
       noisy(resampled(turned(middle_of(ct, 0.4, 1, 0.7)), {2.7, 4.5, 4.5}), 50, 100, seed)},
      {"all, lower 60%",
       noisy(resampled(turned(middle_of(ct, 0, 0.6, 0.7)), {4.5, 2.7, 2.7}), 50, -100, seed)},
  };
}

}  // namespace anatomynet::test
