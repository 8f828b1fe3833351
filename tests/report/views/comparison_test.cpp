#include "report/views/comparison.h"

#include <cstring>
#include <random>

#include <gtest/gtest.h>
#include <png.h>

#include "report/image/png.h"

namespace anatomynet::report {
namespace {

const OrganTable one = {{1, "Organ", "", "", "", Laterality::none, {255, 0, 0}}};

struct Scene {
  CtVolume ct;
  LabelVolume predicted, truth;
  Scene() {
    Grid grid;
    grid.size = {40, 40, 12};
    grid.spacing = {2, 2, 3};
    ct = CtVolume(grid, 40);
    predicted = truth = LabelVolume(grid);
  }
  Comparison comparison() const { return {ct, predicted, truth, one}; }
  static void box(LabelVolume& v, std::int64_t x0, std::int64_t x1, std::int64_t z0, std::int64_t z1) {
    for (std::int64_t z = z0; z < z1; ++z)
      for (std::int64_t y = 15; y < 25; ++y)
        for (std::int64_t x = x0; x < x1; ++x) v.at(x, y, z) = 1;
  }
};

TEST(Comparison, ChoosesTheSliceOfMostDifferenceAndTheMiddle) {
  Scene s;
  s.box(s.truth, 10, 20, 2, 9);
  s.box(s.predicted, 10, 20, 2, 9);
  s.box(s.predicted, 20, 24, 6, 7);
  EXPECT_EQ(most_different_slice(s.comparison(), 1), 6);
  EXPECT_EQ(centre_slice(s.comparison(), 1), 5);
  s.predicted = LabelVolume(s.ct.grid);
  s.truth = s.predicted;
  s.box(s.predicted, 3, 5, 10, 12);
  EXPECT_EQ(centre_slice(s.comparison(), 1), 10);
}

TEST(Comparison, ShowsAllOrgansOfTheTruthOnOneSlice) {
  Scene s;
  const OrganTable two = {one[0], {2, "Other", "", "", "", Laterality::none, {0, 0, 255}}};
  s.box(s.truth, 6, 12, 2, 7);
  s.box(s.truth, 28, 34, 6, 11);
  for (std::int64_t z = 6; z < 11; ++z)
    for (std::int64_t y = 15; y < 25; ++y)
      for (std::int64_t x = 28; x < 34; ++x) s.truth.at(x, y, z) = 2;
  EXPECT_EQ(overview_slice(s.truth, two), 6);  // the only one with both
  EXPECT_EQ(overview_slice(LabelVolume(s.ct.grid), two), 6);
  for (std::size_t i = 0; i < s.truth.voxels.size(); ++i)
    if (s.truth.voxels[i] == 2) s.predicted.voxels[i] = 2;
  const Canvas canvas = draw_overview({s.ct, s.predicted, s.truth, two}, 6, "caption", 300);
  int white_left = 0, white_right = 0, blue_left = 0, blue_right = 0;
  for (int y = 60; y < canvas.height() - 40; ++y)
    for (int x = 30; x < canvas.width() - 30; ++x) {
      const Colour c = canvas.at(x, y);
      (x < 150 ? white_left : white_right) += c == Colour{255, 255, 255};
      (x < 150 ? blue_left : blue_right) += c == Colour{0, 0, 255};
    }
  EXPECT_GT(white_left, 60);  // missed by the prediction
  EXPECT_GT(blue_right, 60);  // found: its outline lies on the truth's
  EXPECT_EQ(white_right, 0);
  EXPECT_EQ(blue_left, 0);
}

TEST(Comparison, DrawsTruthWhiteAndPredictionInColour) {
  Scene s;
  s.box(s.truth, 8, 18, 4, 8);
  s.box(s.predicted, 22, 32, 4, 8);
  const Canvas canvas = draw_comparison(s.comparison(), one[0], 5, "caption", 300);
  int white_left = 0, white_right = 0, red_left = 0, red_right = 0;
  for (int y = 60; y < canvas.height() - 40; ++y)
    for (int x = 40; x < canvas.width() - 40; ++x) {
      const Colour c = canvas.at(x, y);
      (x < 150 ? white_left : white_right) += c == Colour{255, 255, 255};
      (x < 150 ? red_left : red_right) += c == Colour{255, 0, 0};
    }
  EXPECT_GT(white_left, 60);
  EXPECT_GT(red_right, 60);
  EXPECT_EQ(white_right, 0);
  EXPECT_EQ(red_left, 0);
}

TEST(Png, IsReadBackByLibpng) {
  std::mt19937 random(3);
  for (const auto& [width, height] : {std::pair{1, 1}, {7, 5}, {64, 33}}) {
    std::vector<std::uint8_t> rgb(static_cast<std::size_t>(width * height * 3));
    for (std::size_t i = 0; i < rgb.size(); ++i) rgb[i] = static_cast<std::uint8_t>(i % 2 ? random() : i);
    const std::string bytes = encode_png(width, height, rgb);
    png_image image;
    std::memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    ASSERT_TRUE(png_image_begin_read_from_memory(&image, bytes.data(), bytes.size())) << image.message;
    image.format = PNG_FORMAT_RGB;
    std::vector<std::uint8_t> read(PNG_IMAGE_SIZE(image));
    ASSERT_TRUE(png_image_finish_read(&image, nullptr, read.data(), 0, nullptr)) << image.message;
    EXPECT_EQ(image.warning_or_error, 0u);
    EXPECT_EQ(read, rgb);
  }
}

}  // namespace
}  // namespace anatomynet::report
