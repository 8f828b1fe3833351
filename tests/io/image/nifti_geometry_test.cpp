#include <cmath>
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/grids.h"
#include "core/resample.h"
#include "io/image/image_file.h"
#include "io/image/nifti_bytes.h"
#include "io/support.h"

// Where a NIfTI file lies, as its header's two affine matrices say: CTs, masks and labels alike.
namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

using test::input_error;
using test::NiftiBytes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class NiftiGeometry : public testing::Test {
 protected:
  // 200 x 200 x 100 mm, so that small turns show
  void SetUp() override {
    n.size = {11, 11, 6};
    n.pixdim = {1, 20, 20, 20, 1, 1, 1, 1};
    n.srow = {{{20, 0, 0, -10}, {0, 20, 0, -20}, {0, 0, 20, 30}}};
    std::vector<std::int16_t> values(n.count(), -1000);
    values[0] = 500;
    n.set_voxels(values);
  }
  CtImage ct() {
    test::write_bytes(folder / "ct.nii", n.bytes());
    return read_image_ct(folder / "ct.nii");
  }
  // Of the same header with voxels of 0 and 1; `warnings` without the file's name.
  Grid label_grid(std::vector<std::string>& warnings) {
    NiftiBytes labels = n;
    labels.datatype = 2;
    labels.bits = 8;
    labels.set_voxels(std::vector<std::uint8_t>(n.count(), 1));
    const fs::path path = folder / "labels.nii";
    test::write_bytes(path, labels.bytes());
    std::vector<Warning> said;
    const Grid grid = read_labels(path, &said).grid;
    warnings = test::texts_of(said);
    return grid;
  }
  // The grid and the warnings, which labels must share with CTs to the last bit.
  Grid grid_of(std::vector<std::string>& warnings) {
    const CtImage image = ct();
    const Grid labels = label_grid(warnings);
    EXPECT_EQ(labels.direction, image.volume.grid.direction);
    EXPECT_EQ(labels.origin, image.volume.grid.origin);
    EXPECT_EQ(labels.spacing, image.volume.grid.spacing);
    EXPECT_EQ(warnings, test::texts_of(image.warnings));
    return labels;
  }
  std::string error() {
    return input_error([&] { ct(); });
  }

  NiftiBytes n;
  test::TemporaryFolder folder;
};

// ITK took the qform for every code of the sform but 1, so that left and right were exchanged.
TEST_F(NiftiGeometry, TheSformDecidesWhateverItsCode) {
  n.srow[0] = {-20, 0, 0, 190};
  for (const int code : {1, 2, 3, 4, 5}) {
    n.sform_code = static_cast<std::int16_t>(code);
    std::vector<std::string> warnings;
    const Grid grid = grid_of(warnings);
    EXPECT_DOUBLE_EQ(grid.direction[0][0], 1) << "LPS; the qform would have -1";
    EXPECT_DOUBLE_EQ(grid.origin[0], -190);
    EXPECT_THAT(warnings,
                ElementsAre(HasSubstr("qform and sform differ by up to 200 mm; the sform was taken")));
  }
  n.qform_code = 0;
  std::vector<std::string> warnings;
  grid_of(warnings);
  EXPECT_THAT(warnings, IsEmpty());
}

TEST_F(NiftiGeometry, AnUnusableQformBesideAnSformIsSaid) {
  n.quaternion = {1, 1, 1};
  std::vector<std::string> warnings;
  EXPECT_EQ(grid_of(warnings).origin, (Vec3{10, 20, 30}));
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("no rotation")));
}

TEST_F(NiftiGeometry, VoxelSizesOtherThanPixdimAreTheSforms) {
  std::vector<std::string> warnings;
  n.qform_code = 0;
  n.pixdim[1] = 19.99f;
  EXPECT_NEAR(grid_of(warnings).spacing[0], 20, 1e-9);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("pixdim says voxels of 19.99 instead of 20 mm")));
  warnings.clear();
  n.pixdim[1] = 20.00001f;  // the same to a float: the rounder number
  EXPECT_EQ(grid_of(warnings).spacing[0], double(n.pixdim[1]));
  EXPECT_THAT(warnings, IsEmpty());
  n.pixdim[1] = 0;
  EXPECT_NEAR(grid_of(warnings).spacing[0], 20, 1e-9);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("pixdim says voxels of 0")));
}

TEST_F(NiftiGeometry, ASlightShearIsSquared) {
  n.qform_code = 0;
  for (const double shear : {1e-4, 1e-3, 3e-3}) {
    n.srow[0][1] = static_cast<float>(20 * shear);
    std::vector<std::string> warnings;
    const Grid grid = grid_of(warnings);
    EXPECT_NO_THROW(grid.check("sheared"));
    double farthest = 0;
    for (int corner = 0; corner < 8; ++corner) {
      const Vec3 index{corner & 1 ? 10.0 : 0, corner & 2 ? 10.0 : 0, corner & 4 ? 5.0 : 0};
      const Vec3 stated{-(20 * index[0] + 20 * shear * index[1] - 10), -(20 * index[1] - 20),
                        20 * index[2] + 30};
      farthest = std::max(farthest, test::distance(grid.to_world(index), stated));
    }
    EXPECT_LT(farthest, 100 * shear);
    EXPECT_EQ(warnings.empty(), farthest < 0.01) << farthest;
    if (!warnings.empty()) {
      EXPECT_THAT(warnings[0], HasSubstr("slightly sheared"));
    }
  }
  for (const double shear : {0.011, 0.2}) {
    n.srow[0][1] = static_cast<float>(20 * shear);
    EXPECT_THAT(error(), HasSubstr("sheared"));
  }
  n.srow[0] = {0, 0, 0, 0};
  EXPECT_THAT(error(), HasSubstr("the sform is empty"));
}

TEST_F(NiftiGeometry, AQformAloneNeedsVoxelSizes) {
  n.sform_code = 0;
  n.srow = {};
  std::vector<std::string> warnings;
  EXPECT_EQ(grid_of(warnings).origin, (Vec3{10, 20, 30}));
  for (const float bad : {0.0f, -20.0f, std::nanf("")})
    for (const std::size_t axis : {1, 2, 3}) {
      NiftiBytes before = n;
      n.pixdim[axis] = bad;
      EXPECT_THAT(error(), HasSubstr("pixdim")) << bad;
      n = before;
    }
  n.quaternion = {0.9f, 0.9f, 0};
  EXPECT_THAT(error(), HasSubstr("no rotation"));
}

TEST_F(NiftiGeometry, NoSlopeMeansNoScaling) {
  for (const float slope : {0.0f, std::nanf(""), std::numeric_limits<float>::infinity()})
    for (const float intercept : {0.0f, 500.0f, std::nanf("")}) {
      n.slope = slope;
      n.intercept = intercept;
      const CtVolume volume = ct().volume;
      EXPECT_EQ(volume.voxels[0], 500) << slope << " " << intercept;
      EXPECT_EQ(volume.voxels[1], -1000);
    }
  n.slope = 2;
  n.intercept = 500;
  EXPECT_EQ(ct().volume.voxels[0], 1500);
  n.intercept = std::nanf("");
  EXPECT_THAT(error(), HasSubstr("scl_inter"));
}

double stored(const std::string& header, std::size_t offset) {
  float value;
  std::memcpy(&value, header.data() + offset, sizeof value);
  return double(value);
}

// Readers that know the qform alone see what those of the sform see: the quaternion's plain formula, without
// any rule for half turns.
void expect_agreement(const std::string& header, const Grid& grid) {
  const NiftiBytes n = NiftiBytes::parse(header);
  ASSERT_EQ(n.sform_code, 1);
  for (int corner = 0; corner < 8; ++corner) {
    Vec3 index, s{}, q{};
    for (std::size_t k = 0; k < 3; ++k) index[k] = (corner >> k & 1) ? double(grid.size[k] - 1) : 0;
    const double b = stored(header, 256), c = stored(header, 260), d = stored(header, 264),
                 a = std::sqrt(std::max(0.0, 1 - b * b - c * c - d * d));
    const Mat3 r{{{a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)},
                  {2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)},
                  {2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c}}};
    for (std::size_t k = 0; k < 3; ++k) {
      s[k] = double(n.srow[k][3]);
      q[k] = double(n.offset[k]);
      for (std::size_t j = 0; j < 3; ++j) {
        s[k] += double(n.srow[k][j]) * index[j];
        q[k] += r[k][j] * double(n.pixdim[j + 1]) * (j == 2 && n.pixdim[0] < 0 ? -1 : 1) * index[j];
      }
    }
    const Vec3 lps = grid.to_world(index);
    EXPECT_LT(test::distance({-s[0], -s[1], s[2]}, lps), 1e-3);
    if (n.qform_code > 0) {
      EXPECT_LT(test::distance(s, q), 0.02);
    }
  }
}

// All 48 ways to lay axes along the patient's, transposed images among them, and the same turned.
TEST_F(NiftiGeometry, WrittenQformAndSformAgree) {
  Grid grid = test::small_grid();
  grid.spacing = {20, 30, 40};  // a volume of half a metre: 0.01 degrees show
  const auto written = [&](const Mat3& direction) {
    grid.direction = direction;
    write_labels(folder / "l.nii", LabelVolume(grid, 1));
    const std::string bytes = test::read_bytes(folder / "l.nii");
    expect_agreement(bytes, grid);
    std::vector<Warning> warnings;
    EXPECT_TRUE(same_grid(read_labels(folder / "l.nii", &warnings).grid, grid, 1e-3));
    EXPECT_THAT(warnings, IsEmpty());
    return NiftiBytes::parse(bytes).qform_code;
  };
  for (const Mat3& axes : test::axis_directions()) {
    EXPECT_EQ(written(axes), 1);
    for (const auto& [a, b, c] : {std::tuple{0.3, -0.2, 0.1}, {2.5, 1.0, -3.0}})
      EXPECT_EQ(written(test::product(test::rotation(a, b, c), axes)), 1) << a;
    // so near to half a turn that a quaternion of floats cannot say it: the sform alone, or both alike
    for (const double angle : {1e-4, 3e-4, 1e-3})
      written(test::product(test::rotation(angle, -angle, angle), axes));
  }
}

}  // namespace
}  // namespace anatomynet::io
