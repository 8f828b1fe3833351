#include "inference/box_sampling.h"

#include <gtest/gtest.h>

namespace anatomynet::inference {
namespace {

const Grid ct{{40, 36, 30}, {3.9, 1.1, 2.5}, {10, -20, 300}};
const Size3 size{20, 18, 16};
const Vec3 spacing{1.5, 1.5, 2}, from{31.3, 7.7, 20.2};  // mm from the CT's first voxel

std::array<BoxSpan, 3> spans_of(const AxisPositions* uneven = nullptr) {
  std::array<BoxSpan, 3> spans;
  for (std::size_t k = 0; k < 3; ++k) spans[k] = box_span(ct, uneven, k, from[k], spacing[k], size[k]);
  return spans;
}

// f at each sample of the box, mm along the axes.
template <class F>
std::vector<float> samples_of(F f) {
  std::vector<float> values;
  for (std::int64_t z = 0; z < size[2]; ++z)
    for (std::int64_t y = 0; y < size[1]; ++y)
      for (std::int64_t x = 0; x < size[0]; ++x)
        values.push_back(
            static_cast<float>(f(from[0] + double(x) * spacing[0], from[1] + double(y) * spacing[1],
                                 from[2] + double(z) * spacing[2])));
  return values;
}

TEST(BoxSampling, TakesTheVoxelsWhoseCentresLieInTheBox) {
  const auto spans = spans_of();
  for (std::size_t k = 0; k < 3; ++k) {
    const double first = double(spans[k].first) * ct.spacing[k];
    const double last = double(spans[k].first + spans[k].size() - 1) * ct.spacing[k];
    const double end = from[k] + double(size[k] - 1) * spacing[k];
    EXPECT_GE(first, from[k]);
    EXPECT_LT(first - ct.spacing[k], from[k]);
    EXPECT_LE(last, end);
    EXPECT_GT(last + ct.spacing[k], end);
  }
}

TEST(BoxSampling, KeepsALinearFunction) {
  const auto f = [](double x, double y, double z) { return 3 + 0.5 * x - 0.25 * y + 0.125 * z; };
  const auto spans = spans_of();
  const std::vector<float> values = on_voxels(samples_of(f), size, spans);
  ASSERT_EQ(std::ssize(values), spans[0].size() * spans[1].size() * spans[2].size());
  for (std::int64_t z = 0; z < spans[2].size(); ++z)
    for (std::int64_t y = 0; y < spans[1].size(); ++y)
      for (std::int64_t x = 0; x < spans[0].size(); ++x) {
        const float value = values[static_cast<std::size_t>((z * spans[1].size() + y) * spans[0].size() + x)];
        EXPECT_NEAR(value,
                    f(double(spans[0].first + x) * ct.spacing[0], double(spans[1].first + y) * ct.spacing[1],
                      double(spans[2].first + z) * ct.spacing[2]),
                    1e-4);
      }
}

TEST(BoxSampling, FollowsUnevenSlices) {
  AxisPositions uneven{2, {0}};
  for (int z = 1; z < 30; ++z) uneven.mm.push_back(uneven.mm.back() + (z < 12 ? 2 : 3.4));
  EXPECT_NEAR(mm_along(ct, &uneven, 2, 12), 11 * 2 + 3.4, 1e-9);
  EXPECT_NEAR(mm_along(ct, &uneven, 0, 12), 12 * 3.9, 1e-9);
  const auto spans = spans_of(&uneven);
  const std::vector<float> values =
      on_voxels(samples_of([](double, double, double z) { return z; }), size, spans);
  const std::int64_t plane = spans[0].size() * spans[1].size();
  for (std::int64_t z = 0; z < spans[2].size(); ++z)
    EXPECT_NEAR(values[static_cast<std::size_t>(z * plane)], uneven.mm_of(double(spans[2].first + z)), 1e-3);
}

TEST(BoxSampling, HasNothingOfABoxBesideTheCt) {
  EXPECT_EQ(box_span(ct, nullptr, 0, -100, 1.5, 20).size(), 0);
  EXPECT_EQ(box_span(ct, nullptr, 0, 1000, 1.5, 20).size(), 0);
}

}  // namespace
}  // namespace anatomynet::inference
