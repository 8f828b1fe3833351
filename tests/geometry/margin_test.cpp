#include "geometry/margin.h"

#include <algorithm>
#include <array>
#include <random>

#include <gtest/gtest.h>

namespace {

using namespace anatomynet;
using geometry::Margin;
using geometry::MarginFrom;

// A grid whose index axes run along the patient's in any order and sense.
Grid turned(const Size3& size, const Vec3& spacing, const std::array<int, 3>& order, unsigned flips) {
  Grid grid{size, spacing, {-20, 30, 7}, {}};
  for (std::size_t k = 0; k < 3; ++k)
    for (std::size_t r = 0; r < 3; ++r)
      grid.direction[r][k] = std::size_t(order[k]) == r ? (flips >> k & 1U ? -1 : 1) : 0;
  return grid;
}

LabelVolume random_mask(const Grid& grid, std::mt19937& random, int one_in) {
  LabelVolume mask(grid);
  for (auto& v : mask.voxels) v = random() % unsigned(one_in) == 0 ? 3 : 0;
  return mask;
}

// The definition, voxel against voxel, in the patient's frame.
bool reached(const Vec3& from, const Vec3& to, const Margin& m, const Grid& grid, MarginFrom mode) {
  const std::array<std::array<double, 2>, 3> sides{
      {{m.left, m.right}, {m.posterior, m.anterior}, {m.superior, m.inferior}}};
  double sum = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    double step = 0;  // the voxel's size along this axis of the patient
    for (std::size_t a = 0; a < 3; ++a) step += std::abs(grid.direction[k][a]) * grid.spacing[a];
    double apart = std::abs(to[k] - from[k]);
    if (apart < 1e-9) continue;
    if (mode == MarginFrom::surfaces) apart -= step / 2;
    const double mm = sides[k][to[k] > from[k] ? 0 : 1];
    if (mm == 0) return false;
    sum += apart * apart / (mm * mm);
  }
  return sum <= 1 + 1e-6;
}

template <class Work>
void each_voxel(const Grid& grid, Work work) {
  for (std::int64_t z = 0; z < grid.size[2]; ++z)
    for (std::int64_t y = 0; y < grid.size[1]; ++y)
      for (std::int64_t x = 0; x < grid.size[0]; ++x)
        work(grid.offset(x, y, z), grid.to_world({double(x), double(y), double(z)}));
}

LabelVolume grown_by_definition(const LabelVolume& mask, const Margin& m, MarginFrom mode) {
  LabelVolume out(mask.grid);
  each_voxel(mask.grid, [&](std::int64_t from, const Vec3& a) {
    if (!mask.voxels[std::size_t(from)]) return;
    each_voxel(mask.grid, [&](std::int64_t to, const Vec3& b) {
      if (reached(a, b, m, mask.grid, mode)) out.voxels[std::size_t(to)] = 1;
    });
  });
  return out;
}

LabelVolume shrunk_by_definition(const LabelVolume& mask, const Margin& m, MarginFrom mode) {
  LabelVolume out(mask.grid, 1);
  each_voxel(mask.grid, [&](std::int64_t from, const Vec3& a) {
    if (mask.voxels[std::size_t(from)]) return;
    each_voxel(mask.grid, [&](std::int64_t to, const Vec3& b) {
      // From the voxel that stays or goes to the one outside: that side's margin.
      if (reached(b, a, m, mask.grid, mode)) out.voxels[std::size_t(to)] = 0;
    });
  });
  return out;
}

TEST(Margin, IsTheDefinitionInEveryOrientation) {
  std::mt19937 random(11);
  std::array<int, 3> order{0, 1, 2};
  do {
    for (unsigned flips = 0; flips < 8; ++flips) {
      const Grid grid = turned({9, 8, 7}, {0.9765625, 1.5, 2.5}, order, flips);
      const auto mm = [&] { return random() % 4 == 0 ? 0.0 : double(random() % 70) / 10; };
      const Margin margin{mm(), mm(), mm(), mm(), mm(), mm()};
      for (const MarginFrom from : {MarginFrom::centres, MarginFrom::surfaces}) {
        const LabelVolume sparse = random_mask(grid, random, 40), dense = [&] {
          LabelVolume some = random_mask(grid, random, 40);
          for (auto& v : some.voxels) v = v == 0;
          return some;
        }();
        LabelVolume mask = sparse;
        geometry::grow(mask, margin, from);
        ASSERT_EQ(mask.voxels, grown_by_definition(sparse, margin, from).voxels);
        mask = dense;
        geometry::shrink(mask, margin, from);
        ASSERT_EQ(mask.voxels, shrunk_by_definition(dense, margin, from).voxels);
      }
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Margin, LeftIsThePatientsLeft) {
  for (unsigned flips = 0; flips < 8; ++flips) {
    const Grid grid = turned({21, 21, 21}, {1, 1, 1}, {2, 0, 1}, flips);
    LabelVolume mask(grid);
    mask.at(10, 10, 10) = 1;
    const Vec3 middle = grid.to_world({10, 10, 10});
    geometry::grow(mask, {.left = 5}, MarginFrom::centres);
    EXPECT_EQ(std::count(mask.voxels.begin(), mask.voxels.end(), 1), 6);
    each_voxel(grid, [&](std::int64_t at, const Vec3& p) {
      if (!mask.voxels[std::size_t(at)]) return;
      EXPECT_GE(p[0], middle[0] - 1e-9);  // LPS: x grows to the left
    });
  }
}

TEST(Margin, AWholeNumberOfVoxelsIsReachedAndNoMore) {
  const Grid grid = turned({31, 31, 31}, {0.1, 0.1, 0.1}, {0, 1, 2}, 0);
  LabelVolume mask(grid);
  mask.at(15, 15, 15) = 1;
  geometry::grow(mask, Margin::all_around(0.3), MarginFrom::centres);
  EXPECT_EQ(mask.at(18, 15, 15), 1);
  EXPECT_EQ(mask.at(19, 15, 15), 0);
  EXPECT_EQ(mask.at(17, 17, 16), 1);  // 4 + 4 + 1 = 9
  EXPECT_EQ(mask.at(17, 17, 17), 0);
}

TEST(Margin, BeginsAtCentresOrAtFaces) {
  const Grid grid = turned({3, 3, 9}, {1, 1, 3}, {0, 1, 2}, 0);
  const auto slices = [&](double mm, MarginFrom from) {
    LabelVolume mask(grid);
    mask.at(1, 1, 4) = 1;
    geometry::grow(mask, Margin::all_around(mm), from);
    int n = 0;
    for (std::int64_t z = 0; z < 9; ++z) n += mask.at(1, 1, z);
    return n;
  };
  EXPECT_EQ(slices(5, MarginFrom::centres), 3);
  EXPECT_EQ(slices(5, MarginFrom::surfaces), 5);  // the second slice's centre is 4.5 mm from the face
  EXPECT_EQ(slices(1.4, MarginFrom::surfaces), 1);
}

TEST(Margin, AStructureThatTheVolumeCutsOffDoesNotShrinkFromThere) {
  const Grid grid = turned({9, 9, 5}, {1, 1, 1}, {0, 1, 2}, 0);
  LabelVolume mask(grid);
  for (std::int64_t z = 0; z < 5; ++z)
    for (std::int64_t y = 2; y < 7; ++y)
      for (std::int64_t x = 2; x < 7; ++x) mask.at(x, y, z) = 1;
  geometry::shrink(mask, Margin::all_around(1), MarginFrom::centres);
  EXPECT_EQ(std::count(mask.voxels.begin(), mask.voxels.end(), 1), 3 * 3 * 5);
  LabelVolume all(grid, 1);
  geometry::shrink(all, Margin::all_around(3), MarginFrom::centres);
  EXPECT_EQ(std::count(all.voxels.begin(), all.voxels.end(), 1), 9 * 9 * 5);
}

TEST(Margin, NothingGrowsToNothing) {
  LabelVolume none(turned({5, 5, 5}, {1, 1, 1}, {0, 1, 2}, 0));
  geometry::grow(none, Margin::all_around(3), MarginFrom::surfaces);
  geometry::shrink(none, Margin::all_around(3), MarginFrom::surfaces);
  EXPECT_EQ(std::count(none.voxels.begin(), none.voxels.end(), 0), 125);
}

}  // namespace
