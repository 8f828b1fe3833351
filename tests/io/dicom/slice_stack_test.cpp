#include "io/dicom/internal/slice_stack.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "io/support.h"

namespace anatomynet::io {
namespace {

using test::input_error;
using test::rotation;
using ::testing::HasSubstr;

// Slices of a grid, as files would describe them.
std::vector<SlicePlane> planes_of(const Grid& grid) {
  std::vector<SlicePlane> planes;
  for (std::int64_t z = 0; z < grid.size[2]; ++z) {
    SlicePlane plane;
    plane.name = "slice" + std::to_string(z);
    plane.position = grid.to_world({0, 0, double(z)});
    for (int r = 0; r < 3; ++r) {
      plane.row[r] = grid.direction[r][0];
      plane.column[r] = grid.direction[r][1];
    }
    plane.column_spacing = grid.spacing[0];
    plane.row_spacing = grid.spacing[1];
    plane.columns = grid.size[0];
    plane.rows = grid.size[1];
    planes.push_back(plane);
  }
  return planes;
}

Grid oblique_grid(double about_x, double about_z) {
  Grid grid = test::small_grid();
  grid.direction = rotation(about_x, about_z);
  return grid;
}

TEST(SliceStack, FindsTheGridWhateverTheOrderOfSlicesAndTheOrientation) {
  std::mt19937 random(7);
  for (const auto& [about_x, about_z] :
       {std::pair{0.0, 0.0}, {0.0, 180.0}, {180.0, 0.0}, {90.0, 0.0}, {-90.0, 90.0}, {23.0, -41.0}}) {
    const Grid grid = oblique_grid(about_x, about_z);
    std::vector<SlicePlane> planes = planes_of(grid);
    std::shuffle(planes.begin(), planes.end(), random);
    const SliceStack stack = stack_slices(planes);
    EXPECT_TRUE(same_grid(stack.grid, grid, 1e-6)) << about_x << " " << about_z;
    EXPECT_FALSE(stack.tilted);
    EXPECT_TRUE(stack.warnings.empty());
    for (std::size_t z = 0; z < planes.size(); ++z)
      EXPECT_EQ(planes[stack.order[z]].name, "slice" + std::to_string(z));
  }
}

TEST(SliceStack, RunsAlongTheNormalWhenSlicesAreStoredHeadFirstDown) {
  // direction with z against row x column, as a left-handed volume would be cut: comes out right-handed
  Grid grid = test::small_grid();
  for (int r = 0; r < 3; ++r) grid.direction[r][2] *= -1;
  const SliceStack stack = stack_slices(planes_of(grid));
  EXPECT_EQ(stack.order.front(), std::size_t(grid.size[2] - 1));
  EXPECT_DOUBLE_EQ(stack.grid.direction[2][2], 1);
  EXPECT_NEAR(stack.grid.origin[2], grid.to_world({0, 0, double(grid.size[2] - 1)})[2], 1e-9);
}

TEST(SliceStack, TakesPositionsRoundedToOneDecimal) {
  Grid grid = test::small_grid();
  grid.size[2] = 200;
  grid.spacing[2] = 0.625;
  std::vector<SlicePlane> planes = planes_of(grid);
  for (SlicePlane& plane : planes) plane.position[2] = std::round(plane.position[2] * 10) / 10;
  EXPECT_NEAR(stack_slices(planes).grid.spacing[2], 0.625, 1e-3);
}

TEST(SliceStack, NamesWhereSlicesAreMissing) {
  for (const std::size_t gone : {1u, 5u, 9u}) {
    std::vector<SlicePlane> planes = planes_of(oblique_grid(10, 20));
    planes.erase(planes.begin() + static_cast<std::ptrdiff_t>(gone));
    const std::string error = input_error([&] { stack_slices(planes); });
    EXPECT_THAT(error, HasSubstr("1 missing slice(s): 5 mm instead of 2.5 mm"));
    EXPECT_THAT(error, HasSubstr("slice" + std::to_string(gone - 1) + " at"));
    EXPECT_THAT(error, HasSubstr("slice" + std::to_string(gone + 1) + " at"));
  }
}

// Slices whose distances are given, mm.
std::vector<SlicePlane> apart(const std::vector<double>& gaps, const Grid& grid = test::small_grid()) {
  Grid one = grid;
  one.size[2] = 1;
  std::vector<SlicePlane> planes;
  double at = 0;
  for (std::size_t z = 0; z <= gaps.size(); ++z) {
    planes.push_back(planes_of(one).front());
    planes.back().name = "slice" + std::to_string(z);
    for (int r = 0; r < 3; ++r) planes.back().position[r] += at * grid.direction[r][2];
    if (z < gaps.size()) at += gaps[z];
  }
  return planes;
}

TEST(SliceStack, TellsLostSlicesFromBlocks) {
  const auto lost = [](const std::vector<double>& gaps) {
    return input_error([&] { stack_slices(apart(gaps)); });
  };
  EXPECT_THAT(lost({3, 3, 3, 6, 3, 3}),
              HasSubstr("1 missing slice(s): 6 mm instead of 3 mm between slice3 at"));
  EXPECT_THAT(lost({3, 3, 9, 3, 3}), HasSubstr("2 missing slice(s): 9 mm instead of 3 mm between slice2 at"));
  EXPECT_THAT(lost({3, 3, 3, 6, 3, 6, 3, 3}), HasSubstr("(2 such gaps)"));
  EXPECT_THAT(lost({5, 5, 5, 3, 3, 6, 3, 3}), HasSubstr("6 mm instead of 3 mm between slice5 at"));
  EXPECT_THAT(lost({1.25, 1.25, 1.25, 2.5, 1.25}), HasSubstr("2.5 mm instead of 1.25 mm"));
  EXPECT_THAT(lost({1.02, 0.98, 1.0, 2.01, 0.99, 1.0}),
              HasSubstr("2.01 mm instead of 1 mm"));  // rounded positions
  EXPECT_THAT(lost({2.5, 5}), HasSubstr("1 missing slice(s): 5 mm instead of 2.5 mm"));
  EXPECT_THAT(lost({3, 3, 3, 6}), HasSubstr("6 mm instead of 3 mm between slice3 at"));  // at the end
  EXPECT_THAT(lost({6, 3, 3, 3}), HasSubstr("6 mm instead of 3 mm between slice0 at"));
  EXPECT_THAT(lost({3, 3, 3, 6, 3, 3}), HasSubstr("--allow-gaps"));
  for (const std::vector<double>& taken :
       std::vector<std::vector<double>>{{3, 3, 3, 6, 6, 6},
                                        {3, 3, 5, 5, 3, 3},
                                        {1, 1.5, 1, 1.5},
                                        {1, 1, 1.5, 1, 1.5, 1.5, 1},
                                        {4, 4, 4, 7, 7, 7},
                                        {3, 3, 3, 6, 5, 5, 5},  // between blocks
                                        {3, 3, 3, 5},           // a last odd one
                                        {3, 3, 3, 4.5, 3, 3},
                                        {2, 2, 2, 8, 8, 8}}) {
    EXPECT_EQ(lost(taken), "");
    const SliceStack stack = stack_slices(apart(taken));
    ASSERT_TRUE(stack.uneven);
    ASSERT_EQ(stack.warnings.size(), 1u);
    EXPECT_THAT(stack.warnings[0].text, HasSubstr("slices lie unevenly"));
    double at = 0;
    for (std::size_t z = 0; z < taken.size(); at += taken[z++])
      EXPECT_NEAR(stack.uneven->positions().mm[z], at, 1e-9);
  }
}

TEST(SliceStack, StatesTheBlocks) {
  std::vector<double> gaps(59, 1);
  gaps.insert(gaps.end(), 30, 1.5);
  EXPECT_THAT(stack_slices(apart(gaps)).warnings.at(0).text,
              HasSubstr("slices 1 to 60 every 1 mm, 60 to 90 every 1.5 mm"));
  EXPECT_THAT(stack_slices(apart({1, 1.5, 1, 1.5, 1, 1.5, 1, 1})).warnings.at(0).text,
              HasSubstr("9 slices, 1 mm (5 times) and 1.5 mm (3 times) apart"));
}

TEST(SliceStack, RefusesWideGapsUnlessAsked) {
  const std::vector<SlicePlane> wide = apart({3, 3, 3, 10, 5, 5});
  EXPECT_THAT(input_error([&] { stack_slices(wide); }),
              HasSubstr("a gap of 10 mm, where at most 8 mm are taken, between slice3 at"));
  EXPECT_THAT(input_error([&] { stack_slices(apart({3, 3, 3, 9, 9, 9})); }), HasSubstr("a gap of 9 mm"));
  const SliceStack taken = stack_slices(wide, true);
  ASSERT_EQ(taken.warnings.size(), 2u);
  EXPECT_THAT(taken.warnings[0].text, HasSubstr("10 mm between slices 4 and 5"));
  const SliceStack lost = stack_slices(apart({3, 3, 3, 6, 3, 3, 9, 3, 3}), true);
  EXPECT_THAT(lost.warnings.at(0).text,
              HasSubstr("6 mm instead of 3 mm between slices 4 and 5, 9 mm instead of 3 mm "
                        "between slices 7 and 8"));
  EXPECT_FALSE(stack_slices(apart({10, 10, 10})).uneven);  // even, however far apart
}

TEST(SliceStack, KeepsEachPositionOfUnevenSlices) {
  std::vector<SlicePlane> one_off = planes_of(test::small_grid());
  one_off[4].position[2] += 0.1;
  const SliceStack stack = stack_slices(one_off);
  ASSERT_TRUE(stack.uneven);
  EXPECT_THAT(stack.warnings.at(0).text, HasSubstr("slices about 2.5 mm apart (2.4 mm to 2.6 mm)"));
  EXPECT_NEAR(stack.uneven->even().spacing[2], 2.5, 1e-9);
  EXPECT_NEAR(stack.uneven->origin_of(4)[2], one_off[4].position[2], 1e-9);

  std::vector<SlicePlane> drift = planes_of(test::small_grid());
  for (std::size_t z = 0; z < drift.size(); ++z) drift[z].position[2] += 0.01 * double(z * z);
  EXPECT_TRUE(stack_slices(drift).uneven);

  std::vector<SlicePlane> jitter = apart(std::vector<double>(50, 3));
  for (std::size_t z = 0; z < jitter.size(); ++z) jitter[z].position[2] += z % 3 ? 0.01 : -0.01;
  EXPECT_FALSE(stack_slices(jitter).uneven);
}

TEST(SliceStack, TakesUnevenSlicesOfATiltedGantry) {
  // Planes lean by 18.5 degrees; the table moves by 4 and 7 mm along the patient.
  const Grid grid = oblique_grid(18.5, 0);
  std::vector<SlicePlane> planes = apart({4, 4, 4, 4, 7, 7, 7}, grid);
  double at = 0;
  for (std::size_t z = 0; z < planes.size(); at += z++ < 4 ? 4 : 7)
    planes[z].position = {grid.origin[0], grid.origin[1], grid.origin[2] + at};
  const SliceStack stack = stack_slices(planes);
  ASSERT_TRUE(stack.tilted);
  ASSERT_TRUE(stack.uneven);
  EXPECT_EQ(stack.uneven->even().size[1], stack.grid.size[1]);
  for (std::size_t z = 0; z < planes.size(); ++z) {
    Grid slice = stack.uneven->even();
    slice.origin = stack.uneven->origin_of(static_cast<std::int64_t>(z));
    const Vec3 index = slice.to_index(planes[stack.order[z]].position);
    EXPECT_NEAR(index[2], 0, 1e-9);
    EXPECT_NEAR(index[0], stack.shift[z][0] / grid.spacing[0], 1e-9);
    EXPECT_NEAR(index[1], stack.shift[z][1] / grid.spacing[1], 1e-9);
  }
}

TEST(SliceStack, RefusesTwoSlicesAtOnePosition) {
  std::vector<SlicePlane> planes = planes_of(test::small_grid());
  planes.push_back(planes[3]);
  planes.back().name = "copy";
  const std::string error = input_error([&] { stack_slices(planes); });
  EXPECT_THAT(error, HasSubstr("two slices at the same position"));
  EXPECT_THAT(error, HasSubstr("slice3"));
  EXPECT_THAT(error, HasSubstr("copy"));

  const std::vector<SlicePlane> all_alike(4, planes[0]);
  EXPECT_THAT(input_error([&] { stack_slices(all_alike); }), HasSubstr("two slices at the same position"));
}

TEST(SliceStack, RefusesSlicesThatDiffer) {
  const std::vector<SlicePlane> good = planes_of(test::small_grid());
  const auto error_of = [&](auto change) {
    std::vector<SlicePlane> planes = good;
    change(planes[6]);
    return input_error([&] { stack_slices(planes); });
  };
  EXPECT_THAT(error_of([](SlicePlane& p) { p.rows = 20; }), HasSubstr("18 x 20 differs from 18 x 14"));
  EXPECT_THAT(error_of([](SlicePlane& p) { p.row_spacing = 1.5; }), HasSubstr("Pixel Spacing"));
  EXPECT_THAT(error_of([](SlicePlane& p) { p.column = {0, 0, -1}; }), HasSubstr("Image Orientation"));
  EXPECT_THAT(error_of([](SlicePlane& p) { p.row = {-1, 0, 0}; }), HasSubstr("slice6"));
}

TEST(SliceStack, RefusesImpossibleOrientationAndSingleSlices) {
  std::vector<SlicePlane> planes = planes_of(test::small_grid());
  const std::vector<SlicePlane> single(planes.begin(), planes.begin() + 1);
  EXPECT_THAT(input_error([&] { stack_slices(single); }), HasSubstr("a single slice"));
  for (SlicePlane& plane : planes) plane.column = {0.5, 0.8660254, 0};
  EXPECT_THAT(input_error([&] { stack_slices(planes); }), HasSubstr("not two perpendicular unit vectors"));
  for (SlicePlane& plane : planes) plane.column = {0, 0, 0};
  EXPECT_THAT(input_error([&] { stack_slices(planes); }), HasSubstr("not two perpendicular unit vectors"));
}

TEST(SliceStack, CoversAllSlicesOfATiltedGantry) {
  // The gantry leans by 15 degrees: planes tilt about x, positions still move along the table (z).
  Grid grid = oblique_grid(15, 0);
  std::vector<SlicePlane> planes = planes_of(grid);
  for (std::size_t z = 0; z < planes.size(); ++z)
    planes[z].position = {grid.origin[0], grid.origin[1], grid.origin[2] + 2.5 * double(z)};
  const SliceStack stack = stack_slices(planes);
  ASSERT_TRUE(stack.tilted);
  ASSERT_EQ(stack.warnings.size(), 1u);
  EXPECT_THAT(with_files(stack.warnings[0]), HasSubstr("gantry tilt of 15.00 degrees"));
  const double tilt = 15 * std::acos(-1) / 180;
  EXPECT_NEAR(stack.grid.spacing[2], 2.5 * std::cos(tilt), 1e-9);
  for (std::size_t z = 0; z < planes.size(); ++z) {
    // the slice's first voxel in the grid's own coordinates: on plane z, and inside
    const Vec3 index = stack.grid.to_index(planes[stack.order[z]].position);
    EXPECT_NEAR(index[2], double(z), 1e-9);
    EXPECT_NEAR(index[0], stack.shift[z][0] / grid.spacing[0], 1e-9);
    EXPECT_NEAR(index[1], stack.shift[z][1] / grid.spacing[1], 1e-9);
    EXPECT_GE(index[1], -1e-9);
    EXPECT_LE(index[1] + double(grid.size[1] - 1), double(stack.grid.size[1] - 1) + 1e-9);
  }
}

TEST(SliceStack, RefusesSlicesShiftedSidewaysWithoutOrder) {
  std::vector<SlicePlane> planes = planes_of(test::small_grid());
  planes[5].position[0] += 3;
  EXPECT_THAT(input_error([&] { stack_slices(planes); }), HasSubstr("slice5"));
}

TEST(SliceStack, WarnsOfUnscannedTissueBetweenSlices) {
  std::vector<SlicePlane> planes = planes_of(test::small_grid());
  for (SlicePlane& plane : planes) plane.thickness = 1.25;
  const SliceStack stack = stack_slices(planes);
  ASSERT_EQ(stack.warnings.size(), 1u);
  EXPECT_THAT(with_files(stack.warnings[0]), HasSubstr("2.5 mm apart but 1.25 mm thick"));
}

}  // namespace
}  // namespace anatomynet::io
