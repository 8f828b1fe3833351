#include "curation/head_neck_field.h"

#include <cmath>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/grids.h"
#include "core/error.h"
#include "core/resample.h"
#include "io/image/image_file.h"

namespace anatomynet::curation {
namespace {
namespace fs = std::filesystem;
using ::testing::HasSubstr;

// A patient of ellipses. LPS mm, z = 0 where the shoulders set in; head from 80 to 260, lungs below -40.
struct Body {
  bool shoulders = true, lungs = true, head = true, arms_up = false, couch = true;
  bool inside(double x, double y, double z) const {
    const auto ellipse = [&](double cx, double cy, double rx, double ry) {
      return std::hypot((x - cx) / rx, (y - cy) / ry) < 1;
    };
    if (arms_up && z > -60 && z < 260 && (ellipse(170, 0, 40, 40) || ellipse(-170, 0, 40, 40))) return true;
    if (z > 80) return head && z < 260 && ellipse(0, 0, 78, 98);
    if (z > 0) return head && ellipse(0, 10, 62, 65);
    if (z > -250) return shoulders ? ellipse(0, 0, 220, 115) : head && z > -60 && ellipse(0, 10, 62, 65);
    return false;
  }
  std::int16_t hu(double x, double y, double z) const {
    if (couch && y > 150 && y < 156 && std::abs(x) < 240) return 100;
    if (!inside(x, y, z)) return -1000;
    if (std::hypot(x / 8, (y - 10) / 8) < 1) return -1000;  // windpipe
    const bool lung = lungs && shoulders && z < -40 &&
                      (std::hypot((x - 90) / 60, y / 75) < 1 || std::hypot((x + 90) / 60, y / 75) < 1);
    return lung ? -800 : std::hypot(x / 15, (y - 50) / 15) < 1 ? 600 : 40;
  }
};

Grid body_grid(const Mat3& direction = test::axis_directions().front(), const Vec3& step = {4, 4, 3}) {
  Grid g;
  g.direction = direction;
  const Vec3 length{520, 400, 520};  // along L, P, S
  for (std::size_t k = 0; k < 3; ++k)
    for (std::size_t r = 0; r < 3; ++r)
      if (std::abs(direction[r][k]) > 0.8) {
        g.spacing[k] = step[r];
        g.size[k] = std::llround(length[r] / step[r]);
      }
  const Vec3 centre = test::box_centre(g), wanted{0, 20, 10};
  for (std::size_t k = 0; k < 3; ++k) g.origin[k] = wanted[k] - centre[k];
  return g;
}

CtVolume painted(const Body& body, const Grid& grid) {
  CtVolume ct(grid);
  for (std::int64_t z = 0; z < grid.size[2]; ++z)
    for (std::int64_t y = 0; y < grid.size[1]; ++y)
      for (std::int64_t x = 0; x < grid.size[0]; ++x) {
        const Vec3 p = grid.to_world({double(x), double(y), double(z)});
        ct.at(x, y, z) = body.hu(p[0], p[1], p[2]);
      }
  return ct;
}

HeadNeckField field_of(const CtVolume& ct) { return find_head_neck_field(ct, LabelVolume(ct.grid)); }

// Lowest and highest LPS mm of the box's voxel centres.
std::pair<Vec3, Vec3> extent(const Grid& g, const VoxelBox& box) {
  Vec3 low{1e9, 1e9, 1e9}, high{-1e9, -1e9, -1e9};
  for (int corner = 0; corner < 8; ++corner) {
    Vec3 index;
    for (std::size_t k = 0; k < 3; ++k) index[k] = double(corner >> k & 1 ? box.last[k] : box.first[k]);
    const Vec3 p = g.to_world(index);
    for (std::size_t k = 0; k < 3; ++k) low[k] = std::min(low[k], p[k]), high[k] = std::max(high[k], p[k]);
  }
  return {low, high};
}

bool whole(const VoxelBox& box, const Grid& g, std::size_t axis) {
  return box.first[axis] == 0 && box.last[axis] == g.size[axis] - 1;
}

TEST(HeadNeckField, CutsTheChestAndKeepsHeadNeckAndSomeShoulder) {
  const CtVolume ct = painted({}, body_grid());
  const HeadNeckField field = field_of(ct);
  const auto [low, high] = extent(ct.grid, field.box);
  EXPECT_NEAR(low[2], -30, 8) << field.reason;  // 30 mm below the shoulders, above the lungs
  EXPECT_GT(high[2], 260);
  EXPECT_LT(high[2], 280);
  EXPECT_LT(low[0], -220);
  EXPECT_GT(high[0], 220);
  EXPECT_LT(low[1], -115);
  EXPECT_GT(high[1], 115);
  EXPECT_LT(high[1], 150) << "the couch stays";
  EXPECT_THAT(field.reason, HasSubstr("shoulders at z = "));
  EXPECT_THAT(field.reason, HasSubstr("lungs from z = "));
}

TEST(HeadNeckField, IsTheSameBoxForEveryOrderAndDirectionOfTheAxes) {
  const CtVolume straight = painted({}, body_grid(test::axis_directions().front(), {5, 5, 5}));
  const auto [low, high] = extent(straight.grid, field_of(straight).box);
  for (const Mat3& direction : test::axis_directions()) {
    const CtVolume ct = painted({}, body_grid(direction, {5, 5, 5}));
    const auto [l, h] = extent(ct.grid, field_of(ct).box);
    for (std::size_t k = 0; k < 3; ++k) {
      EXPECT_NEAR(l[k], low[k], 5.01);
      EXPECT_NEAR(h[k], high[k], 5.01);
    }
  }
}

TEST(HeadNeckField, IsNearlyTheSameBoxAtEverySpacing) {
  const CtVolume fine = painted({}, body_grid(test::axis_directions().front(), {2, 2, 2}));
  const auto [low, high] = extent(fine.grid, field_of(fine).box);
  for (const Vec3& spacing : {Vec3{1.5, 3, 2.5}, {4, 4, 4}, {3, 3, 5}, {6, 5, 6}}) {
    const CtVolume ct = painted({}, body_grid(test::axis_directions().front(), spacing));
    const auto [l, h] = extent(ct.grid, field_of(ct).box);
    for (std::size_t k = 0; k < 3; ++k) {
      EXPECT_NEAR(l[k], low[k], 4 + 2 * spacing[k]) << k << " at " << spacing[k];
      EXPECT_NEAR(h[k], high[k], 4 + 2 * spacing[k]) << k << " at " << spacing[k];
    }
  }
}

TEST(HeadNeckField, FindsTheFieldOnTiltedGrids) {
  const Mat3 tilted = test::product(test::rotation(0.1, 0.05, 0.12), test::axis_directions().front());
  const CtVolume ct = painted({}, body_grid(tilted));
  const auto field = field_of(ct);
  // Head and neck, not the lungs: shoulder level at the axis of the body, in mm along the grid.
  const double spine = ct.grid.to_index({0, 20, 0})[2], lungs = ct.grid.to_index({0, 20, -110})[2],
               vertex = ct.grid.to_index({0, 0, 250})[2];
  EXPECT_LT(double(field.box.first[2]), spine) << field.reason;
  EXPECT_GT(double(field.box.first[2]), lungs) << field.reason;
  EXPECT_GE(double(field.box.last[2]), vertex) << field.reason;
}

TEST(HeadNeckField, DoesNotCutWhereThereIsNoChest) {
  Body neck_only;
  neck_only.shoulders = neck_only.lungs = false;
  const CtVolume ct = painted(neck_only, body_grid());
  const auto field = field_of(ct);
  const auto [low, high] = extent(ct.grid, field.box);
  EXPECT_LE(low[2], -60 + 3);
  EXPECT_GE(high[2], 260 - 3);
  EXPECT_THAT(field.reason, HasSubstr("no shoulders or lungs"));
}

TEST(HeadNeckField, DoesNotCutWhenUnsure) {
  Body chest, arms, nobody;
  chest.head = false;
  arms.arms_up = true;
  nobody.head = nobody.shoulders = nobody.couch = false;
  for (const Body& body : {chest, arms}) {
    const CtVolume ct = painted(body, body_grid());
    const auto field = field_of(ct);
    EXPECT_TRUE(whole(field.box, ct.grid, 2)) << field.reason;
    EXPECT_THAT(field.reason, HasSubstr("not cut"));
  }
  const CtVolume air = painted(nobody, body_grid());
  const auto field = field_of(air);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_TRUE(whole(field.box, air.grid, k));
  EXPECT_THAT(field.reason, HasSubstr("no body found"));
}

TEST(HeadNeckField, StandsVolumesOfFewVoxels) {
  for (const Size3& size : {Size3{1, 1, 1}, {2, 1, 3}, {64, 64, 1}, {1, 64, 64}, {64, 1, 64}})
    for (const std::int16_t hu : {std::int16_t{-1000}, std::int16_t{40}}) {
      Grid g;
      g.size = size;
      g.spacing = {3, 3, 3};
      const auto field = field_of(CtVolume(g, hu));
      for (std::size_t k = 0; k < 3; ++k) EXPECT_TRUE(whole(field.box, g, k)) << field.reason;
    }
}

TEST(HeadNeckField, KeepsEveryOrganWithItsMargin) {
  const CtVolume ct = painted({}, body_grid());
  // In the chest, in the air beside the body, at the very edge.
  for (const Vec3& at : {Vec3{0, 0, -150}, {0, -150, 100}, {250, 0, 0}, {-258, -178, -248}}) {
    LabelVolume labels(ct.grid);
    const Vec3 index = ct.grid.to_index(at);
    labels.at(std::llround(index[0]), std::llround(index[1]), std::llround(index[2])) = 3;
    FieldOptions options;
    options.margin_mm = 12;
    const auto field = find_head_neck_field(ct, labels, options);
    for (std::size_t k = 0; k < 3; ++k) {
      const auto margin = options.margin_mm / ct.grid.spacing[k];
      EXPECT_LE(double(field.box.first[k]), std::max(0.0, std::round(index[k]) - margin)) << k;
      EXPECT_GE(double(field.box.last[k]),
                std::min(double(ct.grid.size[k] - 1), std::round(index[k]) + margin))
          << k;
    }
    EXPECT_THAT(field.reason, HasSubstr("widened to the organs"));
  }
}

TEST(Cropped, KeepsWorldPositionsAndGoesBack) {
  for (const Mat3& direction : test::axis_directions()) {
    Grid g;
    g.size = {9, 8, 7};
    g.spacing = {1.5, 2, 3};
    g.origin = {-20, 11, 7};
    g.direction = test::product(test::rotation(0.2, 0.1, -0.1), direction);
    LabelVolume labels(g);
    for (std::size_t i = 0; i < labels.voxels.size(); ++i) labels.voxels[i] = std::uint8_t(i % 251);
    const VoxelBox box{{2, 0, 3}, {7, 4, 6}};
    const LabelVolume part = cropped(labels, box);
    EXPECT_EQ(part.grid.size, (Size3{6, 5, 4}));
    EXPECT_LT(test::distance(part.grid.to_world({1, 2, 3}), g.to_world({3, 2, 6})), 1e-9);
    EXPECT_EQ(part.at(1, 2, 3), labels.at(3, 2, 6));
    const LabelVolume back = uncropped(part, g, box);
    ASSERT_TRUE(same_grid(back.grid, g));
    for (std::int64_t z = 0; z < 7; ++z)
      for (std::int64_t y = 0; y < 8; ++y)
        for (std::int64_t x = 0; x < 9; ++x) {
          const bool in = x >= 2 && x <= 7 && y <= 4 && z >= 3 && z <= 6;
          ASSERT_EQ(back.at(x, y, z), in ? labels.at(x, y, z) : 0);
        }
  }
}

TEST(Cropped, RefusesBoxesThatAreNotWithinTheVolume) {
  Grid g;
  g.size = {9, 8, 7};
  const CtVolume ct(g);
  for (const VoxelBox& box : {VoxelBox{{-1, 0, 0}, {3, 3, 3}},
                              {{0, 0, 0}, {9, 3, 3}},
                              {{0, 5, 0}, {3, 4, 3}},
                              {{0, 0, 0}, {3, 3, 7}}}) {
    EXPECT_THROW(cropped(ct, box), Error);
    EXPECT_THROW(uncropped(LabelVolume(g), g, box), Error);
  }
  EXPECT_THROW(uncropped(LabelVolume(g), g, {{0, 0, 0}, {7, 7, 6}}), Error) << "a part of another size";
}

TEST(HeadNeckFieldReal, CutsLungsAndKeepsOrgansWithTheirMargin) {
  const fs::path data = fs::path(ANATOMYNET_SHARED_DIR) / "data/openkbp/validation";
  if (!fs::exists(data)) GTEST_SKIP() << "NOT CHECKED: real CTs are absent: ../shared/data/openkbp";
  int cut = 0;
  for (const auto& entry : fs::directory_iterator(data)) {
    const std::string file = entry.path().string();
    if (!file.ends_with("_ct.nii.gz")) continue;
    const CtVolume ct = io::read_image_ct(file).volume;
    const LabelVolume labels = io::read_labels(file.substr(0, file.size() - 9) + "labels.nii.gz");
    const auto field = find_head_neck_field(ct, labels);
    Size3 first = ct.grid.size, last{-1, -1, -1};
    for (std::int64_t i = 0; i < ct.grid.voxel_count(); ++i) {
      if (!labels.voxels[std::size_t(i)]) continue;
      const Size3 p{i % ct.grid.size[0], i / ct.grid.size[0] % ct.grid.size[1],
                    i / (ct.grid.size[0] * ct.grid.size[1])};
      for (std::size_t k = 0; k < 3; ++k)
        first[k] = std::min(first[k], p[k]), last[k] = std::max(last[k], p[k]);
    }
    for (std::size_t k = 0; k < 3; ++k) {
      const double margin = 20 / ct.grid.spacing[k];
      EXPECT_LE(double(field.box.first[k]), std::max(0.0, double(first[k]) - margin)) << file;
      EXPECT_GE(double(field.box.last[k]), std::min(double(ct.grid.size[k] - 1), double(last[k]) + margin))
          << file;
    }
    cut += field.reason.find("lungs from") != std::string::npos && !whole(field.box, ct.grid, 2);
  }
  EXPECT_GE(cut, 10) << "many of these scans show lungs";
}

}  // namespace
}  // namespace anatomynet::curation
