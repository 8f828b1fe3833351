#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/grids.h"
#include "common/refusal.h"
#include "core/resample.h"
#include "quality/postprocess.h"
#include "quality/reference.h"

namespace anatomynet::quality {
namespace {

struct Scene {
  CtVolume ct;
  LabelVolume labels;
};

// A body of soft tissue, a brain stem and two parotid glands as ellipsoids, where they are in people.
Scene scene() {
  Grid grid;
  grid.size = {60, 70, 80};
  grid.spacing = {4, 3, 2.5};
  grid.origin = {-118, -100, -100};
  Scene s{CtVolume(grid, -1000), LabelVolume(grid)};
  const auto ellipsoid = [&](const Vec3& centre, const Vec3& radii, std::uint8_t id, std::int16_t hu) {
    for (std::int64_t z = 0, i = 0; z < grid.size[2]; ++z)
      for (std::int64_t y = 0; y < grid.size[1]; ++y)
        for (std::int64_t x = 0; x < grid.size[0]; ++x, ++i) {
          const Vec3 at = grid.to_world({double(x), double(y), double(z)});
          double sum = 0;
          for (int k = 0; k < 3; ++k) sum += std::pow((at[k] - centre[k]) / radii[k], 2);
          if (sum > 1) continue;
          s.ct.voxels[i] = static_cast<std::int16_t>(hu + (x * 7 + y * 5 + z * 3) % 9);
          if (id) s.labels.voxels[i] = id;
        }
  };
  ellipsoid({0, 0, 0}, {80, 95, 130}, 0, 40);
  ellipsoid({0, 10, 20}, {16, 13, 28}, 1, 30);
  ellipsoid({58, -10, 0}, {12, 18, 26}, 6, 0);
  ellipsoid({-58, -10, 0}, {12, 18, 26}, 7, 0);
  return s;
}

OrganTable organs(std::initializer_list<int> ids) {
  OrganTable table;
  for (const int id : ids) table.push_back(*find_organ(standard_organs(), id));
  return table;
}

bool has(const std::vector<Flag>& flags, const std::string& code) {
  return std::any_of(flags.begin(), flags.end(), [&](const Flag& f) { return f.code == code; });
}

TEST(Assess, MeasuresWhatWasDrawn) {
  const Scene s = scene();
  const QualityReport r = assess(s.ct, s.labels, organs({1, 6, 7}), {}, Reference{});
  EXPECT_TRUE(r.plausible()) << "without a reference nothing but absence is judged";
  ASSERT_EQ(r.organs.size(), 3u);
  const OrganQuality& left = r.organs[1];
  EXPECT_NEAR(left.ml, 4 * M_PI / 3 * 12 * 18 * 26 / 1000, 1.2);
  EXPECT_NEAR(left.centroid[0], 58, 1);
  EXPECT_NEAR(left.extent[2], 52, 3);
  EXPECT_NEAR(left.mean_hu, 4, 1);
  EXPECT_EQ(left.piece_count, 1);
  EXPECT_NEAR(*left.twin_ratio, 1, 0.05);
  EXPECT_NEAR(r.soft_tissue_hu, 44, 10);
}

TEST(Assess, DoesNotDependOnHowTheVolumeIsStored) {
  const Scene s = scene();
  const QualityReport expected = assess(s.ct, s.labels, organs({1, 6, 7}), {}, shipped_reference());
  for (const Mat3& direction : test::axis_directions()) {
    Grid grid;
    grid.direction = direction;
    const Orientation o = nearest_orientation(grid);
    for (int k = 0; k < 3; ++k) {
      grid.size[o.axis[k]] = s.ct.grid.size[k];
      grid.spacing[o.axis[k]] = s.ct.grid.spacing[k];
    }
    const Vec3 corner = reoriented(grid, o).origin;
    for (int k = 0; k < 3; ++k) grid.origin[k] = s.ct.grid.origin[k] - corner[k];
    const QualityReport r = assess(reorient_back(s.ct, grid, o), reorient_back(s.labels, grid, o),
                                   organs({1, 6, 7}), {}, shipped_reference());
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(r.organs[i].score, expected.organs[i].score, 1e-3);
      EXPECT_EQ(r.organs[i].flags.size(), expected.organs[i].flags.size());
      EXPECT_NEAR(r.organs[i].extent[1], expected.organs[i].extent[1], 1e-6);
    }
  }
}

TEST(Assess, AnAbsentOrganIsMissingAndUnlistedOnesAreIgnored) {
  const Scene s = scene();
  const QualityReport r = assess(s.ct, s.labels, organs({1, 3}), {}, shipped_reference());
  ASSERT_EQ(r.organs.size(), 2u);
  EXPECT_TRUE(has(r.organs[1].flags, "missing"));
  EXPECT_EQ(r.organs[1].score, 0);
  // The same without the upper half of the volume: the brain stem's place is cut off.
  Grid low = s.ct.grid;
  low.size[2] = 38;
  CtVolume ct(low);
  LabelVolume labels(low);
  std::copy_n(s.ct.voxels.begin(), ct.voxels.size(), ct.voxels.begin());
  std::copy_n(s.labels.voxels.begin(), labels.voxels.size(), labels.voxels.begin());
  for (std::uint8_t& id : labels.voxels) id = id == 1 ? 0 : id;
  EXPECT_TRUE(
      has(assess(ct, labels, organs({1, 6, 7}), {}, shipped_reference()).organs[0].flags, "out-of-field"));
  const LabelVolume empty(s.labels.grid);
  EXPECT_TRUE(has(assess(s.ct, empty, standard_organs(), {}, shipped_reference()).flags, "out-of-field"));
  for (const OrganQuality& q : assess(s.ct, empty, standard_organs(), {}, shipped_reference()).organs)
    EXPECT_TRUE(has(q.flags, "missing")) << q.organ;
}

TEST(Assess, ExchangedSidesAndAFarPieceAreFlagged) {
  Scene s = scene();
  for (std::uint8_t& id : s.labels.voxels) id = id == 6 ? 7 : id == 7 ? 6 : id;
  s.labels.at(30, 10, 75) = 1;
  const QualityReport r = assess(s.ct, s.labels, organs({1, 6, 7}), {}, shipped_reference());
  EXPECT_TRUE(has(r.organs[0].flags, "far-piece"));
  EXPECT_TRUE(has(r.organs[1].flags, "side-of-twin"));
  EXPECT_TRUE(has(r.organs[2].flags, "side-of-twin"));
  for (const OrganQuality& q : r.organs) EXPECT_EQ(q.score < 0.5, !q.flags.empty());
}

TEST(Assess, OneVoxelAndAFullVolumeAreJudgedWithoutHarm) {
  Grid grid;
  grid.size = {5, 4, 3};
  const CtVolume ct(grid, 40);
  LabelVolume one(grid);
  one.at(0, 0, 0) = 6;
  EXPECT_FALSE(assess(ct, one, organs({6}), {}, shipped_reference()).plausible());
  const LabelVolume full(grid, 6);
  const QualityReport r = assess(ct, full, organs({6}), {}, shipped_reference());
  EXPECT_TRUE(has(r.organs[0].flags, "edge"));
  EXPECT_DOUBLE_EQ(r.organs[0].edge_percent, 100);
  for (const OrganQuality& q : r.organs) EXPECT_TRUE(std::isfinite(q.score));
}

TEST(Assess, OtherGridsAreRefused) {
  const Scene s = scene();
  Grid other = s.labels.grid;
  other.origin[0] += 1;
  test::expect_refused(ErrorKind::input, {"expected the same grid"},
                       [&] { assess(s.ct, LabelVolume(other), organs({1}), {}, shipped_reference()); });
}

TEST(Assess, TheJsonHoldsScoreReasonsAndChanges) {
  Scene s = scene();
  s.labels.at(30, 10, 75) = 1;
  const auto table = organs({1, 3, 6, 7});
  LabelVolume labels = s.labels;
  const auto changed = post_process(labels, table, post_processing("pieces"));
  // The first place is on nothing any more, as after post-processing.
  const Vec3 on_piece = s.labels.grid.to_world({30, 10, 75}), gone = s.labels.grid.to_world({30, 20, 75});
  const Confidence confidence{{1, 100, 0.9, 50, 0.5, {{gone, 0.9}, {on_piece, 0.75}}}};
  const QualityReport r = assess(s.ct, s.labels, table, confidence, shipped_reference());
  const auto json = nlohmann::json::parse(quality_json(r, shipped_reference(), changed));
  EXPECT_EQ(json.at("organs").size(), 4u);
  EXPECT_EQ(json.at("organs")[0].at("name"), "Brainstem");
  EXPECT_EQ(json.at("organs")[0].at("confidence").at("boundary_low"), 0.5);
  ASSERT_EQ(json.at("organs")[0].at("unsure_places").size(), 1u);
  EXPECT_EQ(json.at("organs")[0].at("unsure_places")[0].at("close_share"), 0.75);
  EXPECT_EQ(json.at("organs")[0].at("unsure_places")[0].at("place_lps_mm"), nlohmann::json(on_piece));
  EXPECT_TRUE(json.at("organs")[2].at("confidence").is_null());
  EXPECT_TRUE(json.at("organs")[2].at("unsure_places").is_null());
  EXPECT_EQ(json.at("organs")[1].at("flags")[0].at("code"), "missing");
  EXPECT_EQ(json.at("post_processing")[0].at("removed_pieces").size(), 1u);
  EXPECT_LT(json.at("score").get<double>(), 0.5);
}

}  // namespace
}  // namespace anatomynet::quality
