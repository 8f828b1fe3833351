#include "evaluation/vectors.h"

#include "evaluation/surfels.h"

namespace anatomynet::evaluation {
namespace {

TEST(Vectors, AdversarialShapesAgreeWithTheOracles) {
  int count = 0;
  for (const auto& pair : test::vectors()) {
    if (!pair.contains("size")) continue;
    Grid grid;
    grid.size = pair.at("size").get<Size3>();
    grid.spacing = pair.at("spacing").get<Vec3>();
    const LabelVolume predicted = test::draw(pair.at("predicted"), grid),
                      truth = test::draw(pair.at("truth"), grid);
    test::expect_agreement(pair, boxed(predicted, 1), boxed(truth, 1));
    ++count;
  }
  EXPECT_GE(count, 25);
}

// The reference's table is symmetric; so must be a surface, whatever side one calls inside.
TEST(Surfels, AComplementHasTheSameSurface) {
  const auto areas = surfel_areas({0.7, 1.1, 2.5});
  for (std::size_t code = 0; code < 256; ++code) EXPECT_DOUBLE_EQ(areas[code], areas[255 - code]) << code;
}

TEST(Surfels, AreasOfPlanesAndCornersByHand) {
  const Vec3 s{0.7, 1.1, 2.5};
  const auto areas = surfel_areas(s);
  EXPECT_EQ(areas[0], 0);
  EXPECT_EQ(areas[255], 0);
  EXPECT_NEAR(areas[0b00001111], s[0] * s[1], 1e-12);  // lower four inside: a face across z
  EXPECT_NEAR(areas[0b00110011], s[0] * s[2], 1e-12);
  EXPECT_NEAR(areas[0b01010101], s[1] * s[2], 1e-12);
  // one corner: the triangle through three edges' middles
  const double corner = std::hypot(s[1] * s[2], s[0] * s[2], s[0] * s[1]) / 8;
  for (int k = 0; k < 8; ++k) EXPECT_NEAR(areas[std::size_t(1) << k], corner, 1e-12) << k;
  // two corners along x: a slope across y and z
  EXPECT_NEAR(areas[0b00000011], s[0] * std::hypot(s[1], s[2]) / 2, 1e-12);
}

}  // namespace
}  // namespace anatomynet::evaluation
