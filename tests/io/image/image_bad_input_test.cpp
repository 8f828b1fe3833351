#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/image/image_file.h"
#include "io/image/nifti_bytes.h"
#include "io/support.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

using test::input_error;
using test::NiftiBytes;
using test::TemporaryFolder;
using ::testing::HasSubstr;

class BadImage : public testing::Test {
 protected:
  BadImage() {
    std::vector<std::int16_t> values(good.count());
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<std::int16_t>(static_cast<int>(i) * 20 - 1000);
    good.set_voxels(values);
  }
  // Also checks that nothing is printed.
  std::string error_of(const std::string& name, const std::string& bytes) const {
    test::write_bytes(folder / name, bytes);
    std::string error;
    EXPECT_EQ(test::printed_by([&] { error = input_error([&] { read_ct(folder / name); }); }), "") << name;
    return error;
  }
  std::string error_of(const NiftiBytes& nifti) const { return error_of("image.nii", nifti.bytes()); }
  template <class T>
  std::string error_with_values(std::int16_t datatype, const std::vector<T>& some) const {
    NiftiBytes n = good;
    n.datatype = datatype;
    n.bits = 8 * sizeof(T);
    std::vector<T> values(n.count());
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = some[i % some.size()];
    n.set_voxels(values);
    return error_of(n);
  }
  NiftiBytes good;
  TemporaryFolder folder;
};

TEST_F(BadImage, IsGoodAtFirst) {
  EXPECT_EQ(error_of(good), "");
  EXPECT_EQ(error_of("image.nii.gz", test::gzip(good.bytes())), "");
}

TEST_F(BadImage, NotANumber) {
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              infinity = std::numeric_limits<float>::infinity();
  EXPECT_THAT(error_with_values<float>(16, {-1000, 0, 500, nan, infinity}),
              HasSubstr("48 voxels are NaN or infinite"));
}

TEST_F(BadImage, NoHounsfieldUnits) {
  EXPECT_THAT(error_with_values<std::uint8_t>(2, {0, 128, 255}), HasSubstr("values from 0 to 255 are no HU"));
  EXPECT_THAT(error_with_values<float>(16, {0, 0.5, 1}), HasSubstr("values from 0 to 1 are no HU"));
  EXPECT_THAT(error_with_values<float>(16, {-1, 0.5, 1}), HasSubstr("values from -1 to 1 are no HU"));
  EXPECT_THAT(error_with_values<std::int16_t>(4, {0, 0}), HasSubstr("values from 0 to 0 are no HU"));
  EXPECT_THAT(error_with_values<std::int16_t>(4, {-1000}), HasSubstr("values from -1000 to -1000 are no HU"));
  EXPECT_THAT(error_with_values<std::uint16_t>(512, {0, 1064, 4000}),
              HasSubstr("without the rescale intercept?"));
}

TEST_F(BadImage, CutAtAnyPlace) {
  const std::string plain = good.bytes(), packed = test::gzip(plain);
  for (std::size_t n = 0; n < plain.size(); n += 9)
    ASSERT_NE(error_of("cut.nii", plain.substr(0, n)), "") << n;
  for (std::size_t n = 0; n < packed.size(); n += 3)
    ASSERT_NE(error_of("cut.nii.gz", packed.substr(0, n)), "") << n;
  EXPECT_THAT(error_of("cut.nii", plain.substr(0, plain.size() - 1)),
              HasSubstr("591 bytes can be read, expected 592"));
  EXPECT_THAT(error_of("cut.nii.gz", packed.substr(0, packed.size() - 1)), HasSubstr("truncated, damaged"));
}

TEST_F(BadImage, DamagedGzip) {
  std::string packed = test::gzip(good.bytes());
  packed[packed.size() - 20] = static_cast<char>(packed[packed.size() - 20] ^ 0x55);
  EXPECT_THAT(error_of("bits.nii.gz", packed), HasSubstr("truncated, damaged"));
}

TEST_F(BadImage, OtherFormatsCutAtAnyPlace) {
  for (const std::string extension : {".nrrd", ".mha"}) {
    write_ct(folder / ("whole" + extension), test::make_ct(test::small_grid()));
    const std::string whole = test::read_bytes(folder / ("whole" + extension));
    for (std::size_t n = 0; n < whole.size(); n += 17)
      ASSERT_NE(error_of("cut" + extension, whole.substr(0, n)), "") << extension << " " << n;
    ASSERT_NE(error_of("cut" + extension, whole.substr(0, whole.size() - 12)), "") << extension;
  }
  const std::string header =
      "ObjectType = Image\nNDims = 3\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nDimSize = 2 2 2\n"
      "ElementSpacing = 1 1 2\nElementType = MET_SHORT\nElementDataFile = ";
  EXPECT_THAT(error_of("raw.mha", header + "LOCAL\n" + std::string(15, '\0')), HasSubstr("truncated"));
  EXPECT_THAT(error_of("raw.mhd", header + "absent.raw\n"), HasSubstr("raw.mhd"));
}

TEST_F(BadImage, OtherDimensions) {
  NiftiBytes n = good;
  n.size = {12, 10};
  EXPECT_THAT(error_of(n), HasSubstr("a 2D image (12 x 10)"));
  n.size = {12, 10, 1};
  EXPECT_THAT(error_of(n), HasSubstr("a 2D image (12 x 10 x 1)"));
  n.size = {5, 4, 3, 2};
  EXPECT_THAT(error_of(n), HasSubstr("a 4D image (5 x 4 x 3 x 2)"));
}

TEST_F(BadImage, ColourAndVectors) {
  NiftiBytes n = good;
  n.size = {4, 5, 4};
  n.datatype = 128;  // RGB
  n.bits = 24;
  EXPECT_THAT(error_of(n), HasSubstr("3 values a voxel"));
  const std::string nrrd =
      "NRRD0004\ntype: short\ndimension: 4\nspace: left-posterior-superior\nsizes: 3 2 2 2\n"
      "space directions: none (1,0,0) (0,1,0) (0,0,2)\nspace origin: (1,2,3)\n"
      "kinds: vector domain domain domain\nendian: little\nencoding: raw\n\n";
  EXPECT_THAT(error_of("vector.nrrd", nrrd + std::string(48, '\0')), HasSubstr("3 values a voxel"));
}

TEST_F(BadImage, UnknownOrientation) {
  NiftiBytes n = good;
  n.qform_code = n.sform_code = 0;
  EXPECT_THAT(error_of(n), HasSubstr("neither qform_code nor sform_code is set"));
  const std::string nrrd =
      "NRRD0004\ntype: short\ndimension: 3\nsizes: 2 2 2\nspacings: 1 1 2\nendian: little\nencoding: raw\n\n";
  const std::string scanner =
      "NRRD0004\ntype: short\ndimension: 3\nspace: scanner-xyz\nsizes: 2 2 2\n"
      "space directions: (1,0,0) (0,1,0) (0,0,2)\nspace origin: (1,2,3)\nendian: little\nencoding: raw\n\n";
  EXPECT_THAT(error_of("scanner.nrrd", scanner + std::string(16, '\0')),
              HasSubstr("'space' is 'scanner-xyz'"));
  EXPECT_THAT(error_of("spaceless.nrrd", nrrd + std::string(16, '\0')),
              HasSubstr("NRRD field 'space' is missing"));
}

TEST_F(BadImage, MetaImageWithoutTransformMatrix) {
  const std::string mha =
      "ObjectType = Image\nNDims = 3\nDimSize = 2 2 2\nElementSpacing = 1 1 2\n"
      "ElementType = MET_SHORT\nElementDataFile = LOCAL\n";
  EXPECT_THAT(error_of("plain.mha", mha + std::string(16, '\0')), HasSubstr("'TransformMatrix' is missing"));
}

TEST_F(BadImage, ShearedAndImpossibleGeometry) {
  NiftiBytes n = good;
  n.srow[0][1] = 0.2f;
  EXPECT_THAT(error_of(n), HasSubstr("sheared"));
  n = good;
  n.srow = {};
  EXPECT_NE(error_of(n), "");
  n = good;
  n.units = 1;
  EXPECT_THAT(error_of(n), HasSubstr("metres, expected mm"));
  const std::string nrrd =
      "NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 2 2 2\n"
      "space directions: (1,0,0) (0.3,1,0) (0,0,2)\nspace origin: (1,2,3)\n"
      "kinds: domain domain domain\nendian: little\nencoding: raw\n\n";
  EXPECT_NE(error_of("sheared.nrrd", nrrd + std::string(16, '\0')), "");
  const std::string mha =
      "ObjectType = Image\nNDims = 3\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nDimSize = 2 2 2\n"
      "ElementSpacing = 1 1 0\nElementType = MET_SHORT\nElementDataFile = LOCAL\n";
  EXPECT_NE(error_of("flat.mha", mha + std::string(16, '\0')), "");
}

TEST_F(BadImage, PromisesMoreThanAnyFileCouldHold) {
  NiftiBytes n = good;
  n.size = {32000, 32000, 32000};
  EXPECT_THAT(error_of(n), HasSubstr("impossible size"));
  n.size = {1000, 1000, 100};
  EXPECT_THAT(error_of(n), HasSubstr("truncated"));
  const std::string nrrd =
      "NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 1000 1000 500\n"
      "space directions: (1,0,0) (0,1,0) (0,0,2)\nspace origin: (1,2,3)\n"
      "kinds: domain domain domain\nendian: little\nencoding: gzip\n\n";
  EXPECT_THAT(error_of("huge.nrrd", nrrd + std::string(16, '\0')), HasSubstr("truncated"));
}

TEST_F(BadImage, NoImageAtAll) {
  for (const char* name : {"junk.nii", "junk.nii.gz", "junk.nrrd", "junk.nhdr", "junk.mha", "junk.mhd"}) {
    EXPECT_THAT(error_of(name, std::string(2000, 'j')), HasSubstr(name));
    EXPECT_THAT(error_of(name, ""), HasSubstr("empty file"));
  }
  EXPECT_NE(error_of("picture.png", std::string(2000, 'j')), "");
  EXPECT_NE(error_of("noextension", std::string(2000, 'j')), "");
  EXPECT_THAT(input_error([&] { read_image_ct(folder / "absent.nii"); }), HasSubstr("no such file"));
}

TEST_F(BadImage, Unreadable) {
  error_of(good);
  fs::permissions(folder.path(), fs::perms(0755));
  fs::permissions(folder / "image.nii", fs::perms::none);
  const test::WithoutPrivileges nobody;
  EXPECT_THAT(input_error([&] { read_ct(folder / "image.nii"); }),
              HasSubstr("cannot open: Permission denied"));
}

}  // namespace
}  // namespace anatomynet::io
