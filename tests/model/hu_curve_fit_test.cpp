#include "model/hu_curve_fit.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "core/error.h"

namespace anatomynet::model {
namespace {

// Bone counts for the organ, fat against it.
double planted(double hu) { return hu < 0 ? -2 : hu > 300 ? 2 : -2 + 4 * hu / 300; }

// Voxels in doubt whose truth is drawn with the odds that margin and planted curve give.
DoubtfulVoxels contour(const std::string& scan, unsigned seed, bool with_curve) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> margin(-6, 6), hu(-250, 450), chance(0, 1);
  DoubtfulVoxels c{
      .scan = scan, .margin = {}, .hu = {}, .truth = {}, .voxels = 500, .sure = 500, .sure_hits = 500};
  for (int i = 0; i < 4000; ++i) {
    c.margin.push_back(static_cast<float>(margin(random)));
    c.hu.push_back(static_cast<float>(hu(random)));
    const double logit = c.margin.back() + (with_curve ? planted(c.hu.back()) : 0);
    c.truth.push_back(chance(random) < 1 / (1 + std::exp(-logit)));
    c.voxels += c.truth.back();
  }
  return c;
}

std::vector<DoubtfulVoxels> contours(bool with_curve) {
  std::vector<DoubtfulVoxels> list;
  for (unsigned k = 0; k < 6; ++k)
    list.push_back(contour("scan" + std::to_string(k / 2), k + 1, with_curve));  // two hands a scan
  return list;
}

TEST(HuCurveFit, FindsThePlantedCurveAndItsGain) {
  const HuCurveFit found = cross_validated_hu_curve(contours(true));
  EXPECT_EQ(found.scans, 3u);
  EXPECT_GT(found.after, found.before + 0.02);
  double offset = 0;  // the threshold of the highest Dice shifts all of it
  for (const double hu : {-120.0, 0.0, 80.0, 200.0, 300.0, 450.0})
    offset += (found.curve.at(hu) - planted(hu)) / 6;
  EXPECT_TRUE(std::abs(offset) < 1.2) << offset;
  for (const double hu : {-120.0, 0.0, 80.0, 200.0, 300.0, 450.0})
    EXPECT_TRUE(std::abs(found.curve.at(hu) - planted(hu) - offset) < 0.5)
        << hu << ": " << found.curve.at(hu);
}

TEST(HuCurveFit, GainsNothingWhereHuSaysNothing) {
  const HuCurveFit found = cross_validated_hu_curve(contours(false));
  EXPECT_TRUE(std::abs(found.after - found.before) < 0.02) << found.after - found.before;
  const double middle = found.curve.at(80);
  for (const double hu : {-120.0, 0.0, 200.0, 450.0})
    EXPECT_TRUE(std::abs(found.curve.at(hu) - middle) < 0.5) << hu << ": " << found.curve.at(hu);
}

// By hand: scan a has Dice 2*3/(4+4) with one hand and 2*2/(3+2) with the other, scan b 1.
TEST(HuCurveFit, TakesTheMeanOverScansOfTheMeanOverHands) {
  const std::vector<DoubtfulVoxels> list{{"a", {1, -1, 2}, {0, 0, 0}, {1, 1, 0}, 4, 2, 2},
                                         {"a", {-1, -1}, {0, 0}, {0, 0}, 2, 3, 2},
                                         {"b", {}, {}, {}, 5, 5, 5}};
  EXPECT_DOUBLE_EQ(mean_dice(list, {}), ((0.75 + 0.8) / 2 + 1) / 2);
  // A curve of +2 takes the second voxel too: 2*4/(5+4); of the second hand both: 2*2/(5+2).
  EXPECT_DOUBLE_EQ(mean_dice(list, {{0}, {2}}), ((8.0 / 9 + 4.0 / 7) / 2 + 1) / 2);
}

// A network that draws too little everywhere: the curve is one of a threshold, whatever the HU.
TEST(HuCurveFit, TakesMoreWhereTheNetworkDrawsTooLittle) {
  std::vector<DoubtfulVoxels> list = contours(false);
  for (DoubtfulVoxels& c : list)
    for (float& margin : c.margin) margin -= 2;
  const HuCurveFit found = cross_validated_hu_curve(list);
  EXPECT_GT(found.after, found.before + 0.03);
  for (const double hu : {-120.0, 80.0, 300.0}) EXPECT_GT(found.curve.at(hu), 1) << hu;
}

TEST(HuCurveFit, AddsCurvesAtTheKnotsOfBoth) {
  const HuCurve sum = sum_of({{0, 100}, {1, 2}}, {{50, 200}, {10, 13}});
  EXPECT_EQ(sum.hu, (std::vector<double>{0, 50, 100, 200}));
  EXPECT_EQ(sum.logits, (std::vector<double>{11, 11.5, 13, 15}));
  EXPECT_EQ(sum_of({}, {{5}, {3}}).logits, (std::vector<double>{3}));
}

// Two voxels of the organ lead by 1 and 9 logits; the slice without the organ counts only where the
// annotation is whole.
TEST(HuCurveFit, SamplesVoxelsInDoubtAndCountsTheOthers) {
  Grid grid;
  grid.size = {2, 2, 2};
  CtVolume ct(grid);
  LabelVolume truth(grid);
  truth.voxels = {7, 7, 0, 0, 0, 0, 0, 0};
  const std::vector<float> logits{0, 0, 5, 9, 9, 9, 9, 0, 1, 9, 0, 0, 0, 0, 0, 9};
  const LogitRows rows(logits, grid, grid, 2);
  const HuScores hu(ct, {}, {{}, {}});
  const auto whole = sample_doubtful(rows, hu, truth, {{1, 7, false}}).at(0);
  EXPECT_EQ(whole.voxels, 2);
  EXPECT_EQ(whole.sure, 2);  // one in the second slice is nobody's
  EXPECT_EQ(whole.sure_hits, 1);
  EXPECT_EQ(whole.margin, (std::vector<float>{1, -5}));
  EXPECT_EQ(whole.truth, (std::vector<char>{1, 0}));
  const auto partial = sample_doubtful(rows, hu, truth, {{1, 7, true}}).at(0);
  EXPECT_EQ(partial.sure, 1);
  // A curve that the weights have is part of the margin.
  const HuScores raised(ct, {}, {{}, {{0}, {4}}});
  EXPECT_EQ(sample_doubtful(rows, raised, truth, {{1, 7, true}}).at(0).margin,
            (std::vector<float>{5, -1, -5}));
  EXPECT_THROW(LogitRows(std::span(logits).first(15), grid, grid, 2), Error);
}

}  // namespace
}  // namespace anatomynet::model
