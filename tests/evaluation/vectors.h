#pragma once
#include <cmath>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/volume.h"
#include "evaluation/metrics.h"

// The pairs of masks of vectors.json, which make_vectors.py made with google-deepmind/surface-distance and
// SciPy.
namespace anatomynet::test {

inline nlohmann::json vectors() {
  std::ifstream in(ANATOMYNET_SOURCE_DIR "/tests/evaluation/vectors.json");
  return nlohmann::json::parse(in).at("pairs");
}

/// Draws the shapes of a pair, by the formulas of make_vectors.py.
inline LabelVolume draw(const nlohmann::json& parts, const Grid& grid) {
  LabelVolume mask(grid);
  const Size3& n = grid.size;
  const auto each = [&](auto inside, std::uint8_t value) {
    for (std::int64_t z = 0; z < n[2]; ++z)
      for (std::int64_t y = 0; y < n[1]; ++y)
        for (std::int64_t x = 0; x < n[0]; ++x)
          if (inside(x, y, z)) mask.at(x, y, z) = value;
  };
  for (const auto& part : parts) {
    const std::string kind = part.at(0);
    const auto v = [&](std::size_t i) { return part.at(i + 1).get<double>(); };
    if (kind == "box" || kind == "hole") {
      const auto low = [&](std::size_t k) { return static_cast<std::int64_t>(v(k)); };
      for (std::int64_t z = low(2); z < low(5); ++z)
        for (std::int64_t y = low(1); y < low(4); ++y)
          for (std::int64_t x = low(0); x < low(3); ++x) mask.at(x, y, z) = kind == "box";
    } else if (kind == "ellipsoid") {
      const std::array<double, 6> e{v(0), v(1), v(2), v(3), v(4), v(5)};
      each(
          [&](auto x, auto y, auto z) {
            const double a = (double(x) - e[0]) / e[3], b = (double(y) - e[1]) / e[4],
                         c = (double(z) - e[2]) / e[5];
            return a * a + b * b + c * c <= 1;
          },
          1);
    } else if (kind == "noise") {
      const auto factor = static_cast<std::uint64_t>(v(0)), share = static_cast<std::uint64_t>(v(1));
      each(
          [&](auto x, auto y, auto z) {
            const std::uint64_t h = static_cast<std::uint64_t>(grid.offset(x, y, z)) * factor % 1000003;
            return h * h % 1000003 % 1000 < share;
          },
          1);
    } else if (kind == "checker") {
      each([](auto x, auto y, auto z) { return (x + y + z) % 2 == 0; }, 1);
    } else {
      ADD_FAILURE() << "unknown shape " << kind;
    }
  }
  return mask;
}

inline void expect_near(double ours, const nlohmann::json& theirs, const std::string& what) {
  const auto value = theirs.get<double>();
  EXPECT_NEAR(ours, value, 1e-6 * std::abs(value)) << what;
}

/// Every figure of a pair of masks against the recorded ones, to 1e-6 of their size.
inline void expect_agreement(const nlohmann::json& pair, const evaluation::BoxedMask& predicted,
                             const evaluation::BoxedMask& truth) {
  const std::string name = pair.at("name");
  SCOPED_TRACE(name);
  const evaluation::OrganMetrics m =
      evaluation::measure(predicted, truth, {.tolerance_mm = pair.at("tolerance")});
  EXPECT_EQ(m.predicted_voxels, pair.at("predicted_voxels"));
  EXPECT_EQ(m.truth_voxels, pair.at("truth_voxels"));
  EXPECT_EQ(m.overlap_voxels, pair.at("overlap_voxels"));
  const auto surfels = evaluation::surface_distances(predicted, truth, evaluation::SurfaceElement::surfels);
  const auto voxels = evaluation::surface_distances(predicted, truth, evaluation::SurfaceElement::voxels);
  ASSERT_EQ(surfels.has_value(), pair.contains("reference"));
  ASSERT_EQ(voxels.has_value(), pair.contains("scipy"));
  if (!surfels) return;

  const auto mean_from_truth = [](const evaluation::SurfaceDistances& d) {
    return evaluation::mean_distance({d.element, d.from_truth, d.from_truth}, evaluation::Combination::mean);
  };
  const auto mean_from_prediction = [](const evaluation::SurfaceDistances& d) {
    return evaluation::mean_distance({d.element, d.from_prediction, d.from_prediction},
                                     evaluation::Combination::mean);
  };
  const auto& r = pair.at("reference");
  expect_near(surfels->from_truth.total, r.at("area_truth"), "area of the truth");
  expect_near(surfels->from_prediction.total, r.at("area_prediction"), "area of the prediction");
  expect_near(*m.hd95_mm, r.at("hd95"), "HD95 of surfels");
  expect_near(*m.hd_mm, r.at("hd"), "HD of surfels");
  expect_near(*m.surface_dice, r.at("surface_dice"), "surface Dice");
  expect_near(mean_from_truth(*surfels), r.at("mean_from_truth"), "mean from the truth, surfels");
  expect_near(mean_from_prediction(*surfels), r.at("mean_from_prediction"),
              "mean from the prediction, surfels");
  expect_near(*m.mean_surface_mm,
              (r.at("mean_from_truth").get<double>() + r.at("mean_from_prediction").get<double>()) / 2,
              "mean");

  const auto& s = pair.at("scipy");
  expect_near(evaluation::percentile(*voxels, 95, evaluation::Combination::larger), s.at("hd95_larger"),
              "HD95 of voxels, larger");
  expect_near(evaluation::percentile(*voxels, 95, evaluation::Combination::mean), s.at("hd95_mean"),
              "HD95 of voxels, mean");
  expect_near(evaluation::percentile(*voxels, 95, evaluation::Combination::pooled), s.at("hd95_pooled"),
              "HD95 of voxels, pooled");
  expect_near(evaluation::percentile(*voxels, 100, evaluation::Combination::larger), s.at("hd"),
              "HD of voxels");
  expect_near(mean_from_truth(*voxels), s.at("mean_from_truth"), "mean from the truth, voxels");
  expect_near(mean_from_prediction(*voxels), s.at("mean_from_prediction"),
              "mean from the prediction, voxels");
  expect_near(evaluation::mean_distance(*voxels, evaluation::Combination::pooled), s.at("mean_pooled"),
              "pooled mean of voxels");
  expect_near(*m.centroid_mm, pair.at("centroid_mm"), "centroid offset");
}

}  // namespace anatomynet::test
