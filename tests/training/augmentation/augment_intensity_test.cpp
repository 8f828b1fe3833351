#include "training/augmentation/augment_intensity.h"

#include <cmath>
#include <set>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "common/near.h"
#include "training/augmentation/streaks.h"
#include "training/cases.h"

namespace anatomynet::training {
namespace {

using torch::Tensor;

Tensor noise_volume(torch::IntArrayRef shape) {
  return torch::randn(shape, torch::make_generator<torch::CPUGeneratorImpl>(9)) * 200;
}

double mean_of(const Tensor& t) { return t.to(torch::kDouble).mean().item<double>(); }

TEST(Blur, KeepsTheMeanAndSpreadsByItsSigma) {
  Tensor spike = torch::zeros({21, 21, 21});
  spike[10][10][10] = 1000;
  for (const double sigma : {0.5, 1.0, 2.0}) {
    const Tensor b = blurred(spike, sigma);
    EXPECT_NEAR(b.sum().item<double>(), 1000, 0.01);
    const Tensor x = torch::arange(21, torch::kFloat) - 10;
    const double variance = (b.sum(torch::IntArrayRef{0, 1}) * x * x).sum().item<double>() / 1000;
    // Of the Gaussian sampled at the voxels and cut at 3 sigma.
    double sum = 0, second = 0;
    for (int d = -int(std::ceil(3 * sigma)); d <= int(std::ceil(3 * sigma)); ++d) {
      sum += std::exp(-0.5 * d * d / (sigma * sigma));
      second += d * d * std::exp(-0.5 * d * d / (sigma * sigma));
    }
    EXPECT_NEAR(variance, second / sum, 1e-3);
    EXPECT_TRUE(torch::allclose(b, b.permute({2, 0, 1}), 0, 1e-3));
  }
  EXPECT_TRUE(
      torch::allclose(blurred(torch::full({7, 8, 9}, -1000.0), 1.5), torch::full({7, 8, 9}, -1000.0)));
  EXPECT_TRUE(torch::equal(blurred(spike, 0), spike));
}

TEST(ThickSlices, AverageSlabsAndLoseNothing) {
  // What a slice holds is spread over its neighbours, the column's total stays.
  for (const std::int64_t factor : {2, 3, 4})
    for (std::int64_t offset = 0; offset < factor; ++offset) {
      Tensor x = torch::zeros({40, 3, 2});
      x[17][1][1] = 600;
      const Tensor t = thickened(x, factor, offset);
      ASSERT_EQ(t.sizes(), x.sizes());
      EXPECT_NEAR(t.sum().item<double>(), 600, 0.01);
      EXPECT_LT(t.max().item<double>(), 600.0 / double(factor) + 0.01);
      EXPECT_EQ(t.slice(1, 0, 1).abs().max().item<double>(), 0);
    }
  // A ramp keeps the mean of each slab, and its slices, away from the ends.
  const Tensor ramp = (torch::arange(30, torch::kFloat) * 10).view({-1, 1, 1}).expand({30, 2, 2});
  const Tensor t = thickened(ramp, 3, 0);
  for (std::int64_t slab = 1; slab < 9; ++slab)
    EXPECT_NEAR(mean_of(t.narrow(0, 3 * slab, 3)), mean_of(ramp.narrow(0, 3 * slab, 3)), 1e-3);
  // Noise of neighbouring slices is averaged away.
  const Tensor noise = noise_volume({30, 20, 20});
  EXPECT_LT(thickened(noise, 3, 1).std().item<double>(), 0.6 * noise.std().item<double>());
}

TEST(Coarse, AveragesInPlaneAlone) {
  const Tensor x = noise_volume({3, 40, 36});
  const Tensor c = coarsened(x, 2);
  ASSERT_EQ(c.sizes(), x.sizes());
  EXPECT_LT(c.std().item<double>(), 0.5 * x.std().item<double>());
  for (int z = 0; z < 3; ++z) EXPECT_NEAR(mean_of(c[z]), mean_of(x[z]), 4) << "slices do not mix";
  EXPECT_TRUE(torch::allclose(coarsened(x, 1), x, 0, 1e-3));
  EXPECT_EQ(coarsened(noise_volume({2, 5, 3}), 10).sizes().vec(), (std::vector<std::int64_t>{2, 5, 3}));
}

TEST(Gamma, BendsBetweenFatAndBoneAlone) {
  Tensor x = torch::tensor({-1000.0f, -250.0f, -75.0f, 100.0f, 275.0f, 450.0f, 2000.0f}).view({7, 1, 1});
  const Tensor before = x.clone();
  bend(x, 2);
  const Tensor expected =
      torch::tensor({-1000.0f, -250.0f, -206.25f, -75.0f, 143.75f, 450.0f, 2000.0f}).view({7, 1, 1});
  EXPECT_TRUE(torch::allclose(x, expected, 0, 1e-2)) << x;
  bend(x, 0.5);
  EXPECT_TRUE(torch::allclose(x, before, 0, 1e-2));
}

TEST(Intensity, NoiseIsWhiteAndOfTheSizeAsked) {
  AugmentOptions options = no_augmentation({});
  options.noise_hu = 20;
  const Tensor flat = torch::zeros({20, 40, 40});
  double largest = 0;
  int without = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    std::mt19937_64 random(seed);
    const Tensor n = random_intensity(flat.clone(), options, random);
    const double sigma = n.std().item<double>();
    without += sigma == 0;
    largest = test::largest_or_nan(largest, sigma);
    if (sigma == 0) continue;
    EXPECT_NEAR(mean_of(n), 0, 0.03 * sigma);
    for (int k = 0; k < 3; ++k) {  // neighbours know nothing of each other
      const auto m = n.size(k) - 1;
      EXPECT_NEAR(mean_of(n.narrow(k, 0, m) * n.narrow(k, 1, m)) / (sigma * sigma), 0, 0.03);
    }
    EXPECT_NEAR(mean_of((n.abs() > 2 * sigma).to(torch::kFloat)), 0.0455, 0.006);
  }
  EXPECT_GT(without, 15);
  EXPECT_LT(without, 45);
  EXPECT_GT(largest, 18);
  EXPECT_LT(largest, 20.5);
}

TEST(Intensity, ShiftAndContrastStayWithinTheirSizes) {
  AugmentOptions options = no_augmentation({});
  options.shift_hu = 30;
  options.contrast = 0.1;
  double low = 0, high = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    Tensor x = torch::zeros({1, 1, 2});
    x[0][0][1] = 1000;
    x = random_intensity(x, options, random);
    const double shift = x[0][0][0].item<double>(), gain = (x[0][0][1].item<double>() - shift) / 1000;
    ASSERT_LE(std::abs(shift), 30);
    ASSERT_LE(std::abs(gain - 1), 0.1 + 1e-5);
    low = std::min(low, shift);
    high = std::max(high, shift);
  }
  EXPECT_LT(low, -27);
  EXPECT_GT(high, 27);
}

TEST(Streaks, ComeFromTheBrightestVoxelsOfOneSlice) {
  TrainingCase c = test::lopsided_case("a", {24, 24, 24}, 2);
  std::mt19937_64 random(1);
  EXPECT_TRUE(bright_points(c, 3, random).empty());  // nothing above 300 HU
  c.image[7][5][6] = 1800;
  c.image[7][5][16] = 1900;
  c.image[15][20][12] = 2000;
  c.image[20][20][12] = 900;  // bone, next to that
  std::set<std::array<double, 3>> seen;
  for (int i = 0; i < 50; ++i) {
    const auto points = bright_points(c, 3, random);
    ASSERT_GE(points.size(), 1u);
    ASSERT_LE(points.size(), 3u);
    for (const auto& p : points) {
      EXPECT_EQ(p[0], points[0][0]);
      seen.insert(p);
    }
  }
  EXPECT_EQ(seen, (std::set<std::array<double, 3>>{{7, 5, 6}, {7, 5, 16}, {15, 20, 12}}));
}

TEST(Streaks, AreBrightAndDarkWithinASlab) {
  std::set<std::int64_t> thicknesses;
  double between = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::mt19937_64 random(seed);
    Tensor x = torch::zeros({20, 48, 48});
    add_streaks(x, {{9, 20, 15}, {9, 21, 33}}, 400, random);
    const Tensor touched = x.abs().amax({1, 2}) > 0;
    for (std::int64_t z = 0; z < 20; ++z) EXPECT_TRUE(std::abs(z - 9) <= 2 || !touched[z].item<bool>());
    thicknesses.insert(touched.sum().item<std::int64_t>());
    EXPECT_LT(x.min().item<double>(), -60);
    EXPECT_GT(x[9][20][15].item<double>(), 1500) << "the metal itself";
    Tensor around = x[9].clone();
    around.slice(0, 17, 25).fill_(0);  // beyond the metal and the dark between
    EXPECT_GT(around.max().item<double>(), 20);
    EXPECT_LT(around.min().item<double>(), -20);
    EXPECT_GE(x.min().item<double>(), -1024);
    EXPECT_LE(x.max().item<double>(), 3071);
    between += x[9].slice(0, 19, 22).slice(1, 20, 28).mean().item<double>() / 20;
  }
  EXPECT_EQ(thicknesses, (std::set<std::int64_t>{1, 3, 5}));
  EXPECT_LT(between, -30) << "dark between two pieces of metal, whatever crosses it in one sample";
  Tensor x = torch::zeros({8, 8, 8});
  std::mt19937_64 random(1);
  add_streaks(x, {{-3, 4, 4}, {4, 4, 9}}, 400, random);  // none within
  EXPECT_FALSE(x.any().item<bool>());
}

}  // namespace
}  // namespace anatomynet::training
