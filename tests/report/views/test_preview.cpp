#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>

#include <gtest/gtest.h>
#include <png.h>

#include "core/error.h"
#include "core/resample.h"
#include "report/image/font.h"
#include "report/small_case.h"
#include "report/views/plane_view.h"
#include "report/views/preview.h"

namespace anatomynet::report {
namespace {

namespace fs = std::filesystem;
using namespace test;

class Preview : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "anatomynet-preview-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  void TearDown() override { fs::remove_all(folder); }

  std::string preview(const Case& c, const OrganTable& organs = two_organs) const {
    const fs::path path = folder / "preview.png";
    write_preview(path, c.ct, c.labels, organs);
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  fs::path folder;
};

TEST_F(Preview, LooksTheSameHoweverTheVoxelsAreStored) {
  const Case c = lopsided();
  const std::string expected = preview(c);
  std::array<int, 3> order{0, 1, 2};
  int tried = 0;
  do {
    for (int flips = 0; flips < 8; ++flips, ++tried) {
      const Orientation o{order, {(flips & 1) != 0, (flips & 2) != 0, (flips & 4) != 0}};
      EXPECT_EQ(preview(stored_as(c, o)), expected) << order[0] << order[1] << order[2] << " flips " << flips;
    }
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(tried, 48);
}

// A PNG as libpng reads it.
struct Sheet {
  std::int64_t width = 0, height = 0;
  std::map<std::array<png_byte, 3>, int> pixels;  // of each colour

  int of(const std::array<png_byte, 3>& colour) const {
    const auto found = pixels.find(colour);
    return found == pixels.end() ? 0 : found->second;
  }
};

Sheet decoded(const std::string& bytes) {
  Sheet sheet;
  png_image image;
  std::memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_memory(&image, bytes.data(), bytes.size())) {
    ADD_FAILURE() << image.message;
    return sheet;
  }
  image.format = PNG_FORMAT_RGB;
  std::vector<png_byte> pixels(PNG_IMAGE_SIZE(image));
  if (!png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr)) {
    ADD_FAILURE() << image.message;
    return sheet;
  }
  sheet.width = image.width;
  sheet.height = image.height;
  for (std::size_t i = 0; i < pixels.size(); i += 3)
    ++sheet.pixels[{pixels[i], pixels[i + 1], pixels[i + 2]}];
  return sheet;
}

constexpr std::array<png_byte, 3> first_organ{255, 0, 0}, second_organ{0, 0, 255};
constexpr int swatch = 14 * 14;  // beside an organ's name

TEST_F(Preview, IsAPngOfItsWholeSheet) {
  const Sheet sheet = decoded(preview(lopsided()));
  EXPECT_GT(sheet.of(first_organ), swatch);
  EXPECT_GT(sheet.of(second_organ), swatch);
}

TEST_F(Preview, OddInputsStillGiveASheet) {
  const Sheet usual = decoded(preview(lopsided()));
  Case nothing = lopsided();
  std::fill(nothing.labels.voxels.begin(), nothing.labels.voxels.end(), std::uint8_t{0});
  const Sheet empty = decoded(preview(nothing));
  EXPECT_EQ(empty.width, usual.width);
  EXPECT_EQ(empty.height, usual.height);
  EXPECT_EQ(empty.of(first_organ), swatch) << "a contour where there is none";
  EXPECT_EQ(empty.of(second_organ), swatch);

  const Sheet nameless = decoded(preview(lopsided(), {}));
  EXPECT_EQ(nameless.width, usual.width);
  EXPECT_LT(nameless.height, usual.height) << "a row of tiles for no organ";
  EXPECT_EQ(nameless.of(first_organ) + nameless.of(second_organ), 0);

  OrganTable many;
  for (int id = 1; id <= 60; ++id) {
    many.emplace_back().id = id;
    many.back().name = "An_organ_with_a_rather_long_name_" + std::to_string(id);
    many.back().colour = {1, 2, 3};
  }
  const Sheet tall = decoded(preview(lopsided(), many));
  EXPECT_EQ(tall.width, usual.width);
  EXPECT_GT(tall.height, 2 * usual.height);
  EXPECT_GT(tall.of({1, 2, 3}), 60 * swatch) << "the contours of two of them";
}

TEST_F(Preview, ShowsVolumesOfOneVoxelOrSlice) {
  for (const Size3 size : {Size3{1, 1, 1}, Size3{64, 64, 1}, Size3{1, 64, 64}, Size3{4, 4, 300}}) {
    Grid g;
    g.size = size;
    const std::string shown = preview({CtVolume(g, 40), LabelVolume(g)});
    EXPECT_NE(shown, preview({CtVolume(g, -60), LabelVolume(g)})) << describe(g) << ": the CT is not on it";
    EXPECT_NE(shown, preview({CtVolume(g, 40), LabelVolume(g, 9)})) << describe(g) << ": nor is the organ";
    EXPECT_EQ(decoded(shown).of(second_organ), swatch) << describe(g);
  }
}

TEST_F(Preview, RefusesLabelsOfAnotherGridAndUnwritablePaths) {
  Case c = lopsided();
  try {
    write_preview(folder / "none" / "p.png", c.ct, c.labels, two_organs);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::output);
  }
  c.labels.grid.origin[0] += 1;
  try {
    write_preview(folder / "p.png", c.ct, c.labels, two_organs);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
  }
  EXPECT_TRUE(fs::is_empty(folder));
}

struct Spot {
  double x = 0, y = 0, left = 1e9, right = -1e9, top = 1e9, bottom = -1e9;
  int count = 0;
};

// Where a plane shows pixels of a colour.
Spot find(const Canvas& canvas, Colour colour) {
  Spot spot;
  for (int j = 0; j < canvas.height(); ++j)
    for (int i = 0; i < canvas.width(); ++i) {
      if (canvas.at(i, j) != colour) continue;
      ++spot.count;
      spot.x += i;
      spot.y += j;
      spot.left = std::min(spot.left, double(i));
      spot.right = std::max(spot.right, double(i));
      spot.top = std::min(spot.top, double(j));
      spot.bottom = std::max(spot.bottom, double(j));
    }
  spot.x /= spot.count;
  spot.y /= spot.count;
  return spot;
}

Canvas plane_of(const Case& c, const Plane& plane, std::int64_t index) {
  const Study study{c.ct, c.labels, two_organs, {40, 400}};
  const Grid& g = c.ct.grid;
  Frame frame;
  const std::array<int, 2> axes{plane.across, plane.down};
  for (int k = 0; k < 2; ++k) {
    frame.low[k] = -0.5 * g.spacing[axes[k]];
    frame.high[k] = (double(g.size[axes[k]]) - 0.5) * g.spacing[axes[k]];
  }
  Canvas canvas(static_cast<int>(4 * (frame.high[0] - frame.low[0])),
                static_cast<int>(4 * (frame.high[1] - frame.low[1])), {0, 0, 0});
  draw_plane(canvas, 0, 0, canvas.width(), canvas.height(), study, plane, index, frame, 2);
  return canvas;
}

TEST(PlaneView, RadiologicalSidesAndTrueProportions) {
  const Case c = lopsided();
  const Colour outline{255, 0, 0};
  // 4 pixels a mm; the volume starts at (-41, -51, 97.5) mm and ends at 197.5 mm.
  const Spot axial_spot = find(plane_of(c, axial, 14), outline);  // z = 170
  EXPECT_NEAR(axial_spot.x, 4 * (18 + 41), 3) << "the patient's left is at the image's right";
  EXPECT_NEAR(axial_spot.y, 4 * (-18 + 51), 3) << "the front is at the top";
  const Spot coronal_spot = find(plane_of(c, coronal, 16), outline);  // y = -18
  EXPECT_NEAR(coronal_spot.x, 4 * (18 + 41), 3);
  EXPECT_NEAR(coronal_spot.y, 4 * (197.5 - 170), 3) << "the head is at the top";
  const Spot sagittal_spot = find(plane_of(c, sagittal, 29), outline);  // x = 18
  EXPECT_NEAR(sagittal_spot.x, 4 * (-18 + 51), 3) << "the front is at the left";
  EXPECT_NEAR(sagittal_spot.y, 4 * (197.5 - 170), 3);
  for (const Spot& s : {axial_spot, coronal_spot, sagittal_spot}) {
    EXPECT_GT(s.count, 60);
    EXPECT_NEAR(s.right - s.left, s.bottom - s.top, 4 * 5 + 1)
        << "a ball is round on 2 x 2 x 5 mm voxels, within a slice";
  }
}

TEST(PlaneView, WindowMapsHuToGrey) {
  Case c = lopsided();
  std::fill(c.labels.voxels.begin(), c.labels.voxels.end(), std::uint8_t{0});
  const Canvas canvas = plane_of(c, axial, 10);  // z = 150
  const auto at_mm = [&](double x, double y) { return canvas.at(int(4 * (x + 41)), int(4 * (y + 51))); };
  EXPECT_EQ(at_mm(0, 0), (Colour{140, 140, 140}));    // 60 HU in -160..240: 220 / 400
  EXPECT_EQ(at_mm(20, 15), (Colour{102, 102, 102}));  // 0 HU
  EXPECT_EQ(at_mm(-38, -48), (Colour{0, 0, 0}));      // air
}

TEST(Font, PrintableLettersAreDistinct) {
  std::set<std::string> shapes;
  for (int code = 32; code < 127; ++code) {
    std::string shape;
    for (int row = 0; row < glyph_height; ++row)
      for (int column = 0; column < glyph_width; ++column)
        shape += glyph_dot(static_cast<char>(code), column, row) ? '#' : '.';
    EXPECT_TRUE(shapes.insert(shape).second) << "letter " << static_cast<char>(code);
  }
  EXPECT_TRUE(glyph_dot('\xc3', 0, 0));
}

}  // namespace
}  // namespace anatomynet::report
