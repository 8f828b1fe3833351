#include "inference/kernels/channel_kernels.h"

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "inference/kernels/kernel_inputs.h"

namespace anatomynet::inference {

namespace {

std::mt19937 random_bits(8);

std::vector<float> numbers(std::int64_t n) {
  std::normal_distribution<float> value;
  std::vector<float> list(static_cast<std::size_t>(n));
  for (float& v : list) v = value(random_bits);
  return list;
}

// Every set of kernels that this machine runs.
class ChannelKernelsOf : public ::testing::TestWithParam<Isa> {
 protected:
  const ChannelKernels<float>& floats_ = channel_kernels<float>(GetParam());
  const ChannelKernels<Bfloat16>& halves_ = channel_kernels<Bfloat16>(GetParam());
};

INSTANTIATE_TEST_SUITE_P(Isa, ChannelKernelsOf, ::testing::ValuesIn(runnable_isas()),
                         [](const auto& isa) { return std::string(name_of(isa.param)); });

TEST_P(ChannelKernelsOf, SumChannels) {
  for (const std::int64_t channels : {1, 14, 32, 34})
    for (const std::int64_t voxels : {1, 15, 16, 100}) {
      const auto values = numbers(voxels * channels);
      std::vector<double> sums(static_cast<std::size_t>(channels), 0.5);
      floats_.channel_sums(values.data(), voxels, channels, sums.data());
      for (std::int64_t c = 0; c < channels; ++c) {
        double expected = 0.5;
        for (std::int64_t v = 0; v < voxels; ++v) expected += double(values[v * channels + c]);
        EXPECT_NEAR(sums[c], expected, 1e-5);
      }
    }
}

TEST_P(ChannelKernelsOf, ScaleAddAndActivate) {
  const std::int64_t channels = 34, voxels = 37;
  auto y = numbers(voxels * channels);
  const auto x = numbers(voxels * channels), scale = numbers(channels), before = y;
  std::vector<float> pattern;
  for (int i = 0; i < 16; ++i) pattern.insert(pattern.end(), scale.begin(), scale.end());
  floats_.residual(y.data(), x.data(), pattern.data(), voxels, channels, 0.01f);
  for (std::int64_t i = 0; i < voxels * channels; ++i) {
    const double sum = double(before[i]) * double(scale[i % channels]) + double(x[i]);
    EXPECT_NEAR(y[i], sum > 0 ? sum : 0.01 * sum, 1e-5);
  }
}

TEST_P(ChannelKernelsOf, RoundToTheNearestBfloat16) {
  const auto values = test::edge_values();
  const auto n = static_cast<std::int64_t>(values.size());
  std::vector<Bfloat16> made(values.size());
  halves_.narrow(values.data(), n, made.data());
  EXPECT_TRUE(test::same_bits(made, test::rounded(values)));
  std::vector<float> copied(values.size());
  floats_.narrow(values.data(), n, copied.data());
  EXPECT_EQ(std::memcmp(copied.data(), values.data(), 4 * values.size()), 0);
}

TEST_P(ChannelKernelsOf, AddBfloat16AsFloats) {
  const std::int64_t channels = 34, voxels = 37;
  auto y = test::rounded(numbers(voxels * channels));
  auto x = test::rounded(numbers(voxels * channels));
  x[5].bits = 0x7fc1;  // NaN
  y[6].bits = 0x7f80;  // infinite
  const auto scale = numbers(channels), before = test::widened(y), added = test::widened(x);
  std::vector<float> pattern;
  for (int i = 0; i < 16; ++i) pattern.insert(pattern.end(), scale.begin(), scale.end());
  halves_.residual(y.data(), x.data(), pattern.data(), voxels, channels, 0.01f);
  EXPECT_TRUE(std::isnan(test::value_of(y[5])));
  EXPECT_TRUE(std::isinf(test::value_of(y[6])));
  for (std::int64_t i = 7; i < voxels * channels; ++i) {
    const double sum = double(before[i]) * double(scale[i % channels]) + double(added[i]),
                 expected = sum > 0 ? sum : 0.01 * sum;
    EXPECT_NEAR(test::value_of(y[i]), expected, 1e-6 + std::abs(expected) / 255);
  }
}

TEST_P(ChannelKernelsOf, StemIsTheStridedConvolution) {
  const std::int64_t voxels = 7, channels = 32;
  std::vector<std::vector<float>> rows;
  const float* at[9];
  for (int r = 0; r < 9; ++r) rows.push_back(numbers(2 * voxels + 2));
  for (int r = 0; r < 9; ++r) at[r] = rows[r].data();
  const auto weights = numbers(27 * channels), bias = numbers(channels);
  std::vector<float> out(static_cast<std::size_t>(voxels * channels));
  floats_.stem(at, weights.data(), bias.data(), voxels, channels, 0.25f, out.data());
  for (std::int64_t v = 0; v < voxels; ++v)
    for (std::int64_t c = 0; c < channels; ++c) {
      double sum = double(bias[c]);
      for (int r = 0; r < 9; ++r)
        for (int x = 0; x < 3; ++x)
          sum += double(weights[((r * 3 + x) * 2 + c / 16) * 16 + c % 16]) * double(rows[r][2 * v + x]);
      EXPECT_NEAR(out[v * channels + c], sum > 0 ? sum : 0.25 * sum, 1e-4);
    }
}

TEST_P(ChannelKernelsOf, MoveChannels) {
  const auto a = numbers(5 * 3), b = numbers(5 * 2);
  std::vector<float> both(25);
  floats_.concatenate(a.data(), 3, b.data(), 2, 5, both.data());
  for (int v = 0; v < 5; ++v)
    for (int c = 0; c < 5; ++c) EXPECT_EQ(both[v * 5 + c], c < 3 ? a[v * 3 + c] : b[v * 2 + c - 3]);
}

TEST_P(ChannelKernelsOf, PutLogitsIntoPlanes) {
  const std::int64_t voxels = 37, channels = 11, pitch = 16;
  const auto row = numbers(voxels * pitch), bias = numbers(channels);
  std::vector<float> planes(static_cast<std::size_t>(channels * 40), -9);
  floats_.planes(row.data(), pitch, channels, bias.data(), false, voxels + 1, voxels, planes.data(), 40);
  for (std::int64_t c = 0; c < channels; ++c)
    for (std::int64_t v = 0; v < 40; ++v) {
      const float sum = v < voxels ? bias[c] + row[v * pitch + c] : -9;
      EXPECT_EQ(planes[c * 40 + v], sum);
    }
}

TEST_P(ChannelKernelsOf, AddTheTapsOfLogits) {
  // A row of 5 voxels, 2 classes, 7 floats apart; 4 are wanted.
  const auto row = numbers(5 * 7);
  const std::vector<float> bias{1, -2};
  std::vector<float> planes(2 * 10);
  floats_.planes(row.data(), 7, 2, bias.data(), true, 5, 4, planes.data(), 10);
  for (int v = 0; v < 4; ++v)
    for (int c = 0; c < 2; ++c) {
      double sum = double(bias[c]);
      for (int t = 0; t < 3; ++t)
        if (v - 1 + t >= 0 && v - 1 + t < 5) sum += double(row[(v - 1 + t) * 7 + t * 2 + c]);
      EXPECT_NEAR(planes[c * 10 + v], sum, 1e-6);
    }
}

}  // namespace
}  // namespace anatomynet::inference
