#include "io/image/image_file.h"

#include <cmath>
#include <csignal>
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "io/image/nifti_bytes.h"
#include "io/support.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

using test::input_error;
using test::NiftiBytes;
using test::TemporaryFolder;
using ::testing::HasSubstr;

std::vector<Grid> grids() {
  std::vector<Grid> grids;
  for (const auto& [about_x, about_z] :
       {std::pair{0.0, 0.0}, {0.0, 180.0}, {90.0, 0.0}, {-90.0, 90.0}, {17.0, -33.0}}) {
    grids.push_back(test::small_grid());
    grids.back().direction = test::rotation(about_x, about_z);
  }
  grids.push_back(test::small_grid());  // left-handed
  grids.back().direction = {{{-1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  return grids;
}

class ImageFormat : public testing::TestWithParam<const char*> {};

TEST_P(ImageFormat, KeepsVoxelsAndGeometry) {
  const TemporaryFolder folder;
  for (const Grid& grid : grids()) {
    const fs::path path = folder / (std::string("image") + GetParam());
    const CtVolume ct = test::make_ct(grid);
    write_ct(path, ct);
    const CtImage image = read_ct(path);
    EXPECT_TRUE(same_grid(image.volume.grid, grid, 1e-4));
    EXPECT_EQ(image.volume.voxels, ct.voxels);
    EXPECT_FALSE(image.dicom);
    EXPECT_TRUE(image.warnings.empty());

    LabelVolume labels(grid);
    for (std::size_t i = 0; i < labels.voxels.size(); ++i)
      labels.voxels[i] = static_cast<std::uint8_t>(i % 256);
    write_labels(path, labels);
    const LabelVolume back = read_labels(path);
    EXPECT_EQ(back.voxels, labels.voxels);
    // geometry of the labels is the geometry read from the image, to the last bit
    EXPECT_EQ(back.grid.spacing, image.volume.grid.spacing);
    EXPECT_EQ(back.grid.origin, image.volume.grid.origin);
    EXPECT_EQ(back.grid.direction, image.volume.grid.direction);

    write_mask(path, labels, 7);
    const LabelVolume mask = read_labels(path);
    for (std::size_t i = 0; i < mask.voxels.size(); ++i) ASSERT_EQ(mask.voxels[i], i % 256 == 7 ? 1 : 0);
  }
  EXPECT_EQ(test::files_in(folder.path()).size(), 1u) << "temporary files must be gone";
}

INSTANTIATE_TEST_SUITE_P(Extensions, ImageFormat, testing::Values(".nii", ".nii.gz", ".nrrd", ".mha"));

TEST(ImageFile, NiftiWorldIsRasAndLabelsKeepTheAffine) {
  const TemporaryFolder folder;
  NiftiBytes input;
  input.size = {6, 5, 4};
  // 30 degrees about z, anisotropic, in RAS
  const float c = std::cos(0.5235988f), s = std::sin(0.5235988f);
  input.pixdim = {1, 0.75f, 1.5f, 2.5f, 1, 1, 1, 1};
  input.srow = {{{c * 0.75f, -s * 1.5f, 0, 11.5f}, {s * 0.75f, c * 1.5f, 0, -22.25f}, {0, 0, 2.5f, 33}}};
  input.quaternion = {0, 0, std::sin(0.2617994f)};
  input.offset = {11.5f, -22.25f, 33};
  std::vector<std::int16_t> values(input.count());
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<std::int16_t>(static_cast<int>(i) * 20 - 1000);
  input.set_voxels(values);
  test::write_bytes(folder / "in.nii.gz", test::gzip(input.bytes()));

  const CtImage image = read_image_ct(folder / "in.nii.gz");
  EXPECT_TRUE(image.warnings.empty());
  for (const Vec3 index : {Vec3{0, 0, 0}, Vec3{5, 0, 0}, Vec3{0, 4, 3}}) {
    const Vec3 lps = image.volume.grid.to_world(index);
    for (std::size_t r = 0; r < 3; ++r) {
      double ras = double(input.srow[r][3]);
      for (std::size_t k = 0; k < 3; ++k) ras += double(input.srow[r][k]) * index[k];
      EXPECT_NEAR(lps[r], r < 2 ? -ras : ras, 1e-4);
    }
  }
  for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(image.volume.voxels[i], values[i]);

  write_labels(folder / "labels.nii.gz", LabelVolume(image.volume.grid, 3));
  const NiftiBytes out = NiftiBytes::parse(test::gunzip(test::read_bytes(folder / "labels.nii.gz")));
  EXPECT_EQ(out.size, input.size);
  EXPECT_EQ(out.datatype, 2);  // uint8
  EXPECT_GT(out.qform_code, 0);
  EXPECT_GT(out.sform_code, 0);
  EXPECT_EQ(out.voxels, std::string(input.count(), '\3'));
  for (std::size_t r = 0; r < 3; ++r) {
    for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(out.srow[r][k], input.srow[r][k], 1e-5);
    EXPECT_NEAR(out.quaternion[r], input.quaternion[r], 1e-6);
    EXPECT_NEAR(out.offset[r], input.offset[r], 1e-5);
    EXPECT_NEAR(out.pixdim[r + 1], input.pixdim[r + 1], 1e-6);
  }
}

// The same CT in every voxel type of NIfTI, with slope and intercept where HU do not fit the type.
TEST(ImageFile, NamesLoseTheirExtensionWhateverItsCase) {
  for (const char* extension :
       {".nii", ".nii.gz", ".NII.GZ", ".hdr", ".hdr.gz", ".seg.nrrd", ".nrrd", ".nhdr", ".mha", ".MHD"}) {
    EXPECT_EQ(without_image_extension("b/pt.1" + std::string(extension)), "b/pt.1") << extension;
    EXPECT_TRUE(is_image_file_name("pt.1" + std::string(extension))) << extension;
  }
  EXPECT_EQ(without_image_extension("RS.1.2.840"), "RS.1.2.840");
  EXPECT_EQ(without_image_extension(".nii"), ".nii");
}

TEST(ImageFile, TakesEveryVoxelType) {
  const TemporaryFolder folder;
  const std::vector<double> hu{-1000, -600, -100, 0, 40, 140, 300, 1500};
  const auto check = [&](auto type, std::int16_t datatype, float slope, float intercept) {
    using T = decltype(type);
    NiftiBytes n;
    n.size = {2, 2, 2};
    n.datatype = datatype;
    n.bits = 8 * sizeof(T);
    n.slope = slope;
    n.intercept = intercept;
    std::vector<T> values;
    for (const double v : hu)
      values.push_back(static_cast<T>(std::lround((v - double(intercept)) / double(slope))));
    n.set_voxels(values);
    test::write_bytes(folder / "t.nii", n.bytes());
    const CtVolume ct = read_image_ct(folder / "t.nii").volume;
    for (std::size_t i = 0; i < hu.size(); ++i) EXPECT_EQ(ct.voxels[i], hu[i]) << datatype;
  };
  check(std::uint8_t{}, 2, 20, -1000);
  check(std::int8_t{}, 256, 20, 500);
  check(std::int16_t{}, 4, 1, 0);
  check(std::uint16_t{}, 512, 1, -1024);
  check(std::int32_t{}, 8, 1, 0);
  check(std::uint32_t{}, 768, 1, -1000);
  check(std::int64_t{}, 1024, 1, 0);
  check(float{}, 16, 1, 0);
  check(double{}, 64, 1, 0);
}

TEST(ImageFile, RoundsAndClampsFloats) {
  const TemporaryFolder folder;
  NiftiBytes n;
  n.size = {2, 2, 2};
  n.datatype = 16;
  n.bits = 32;
  n.set_voxels(std::vector<float>{-999.6f, -0.5f, 0.49f, 0.51f, 1e9f, -3024.0f, 33000.0f, 250.0f});
  test::write_bytes(folder / "f.nii", n.bytes());
  EXPECT_THAT(read_image_ct(folder / "f.nii").volume.voxels,
              testing::ElementsAre(-1000, -1, 0, 1, 32767, -1024, 32767, 250));
}

TEST(ImageFile, TakesQformAloneSformAloneAndATrailingDimensionOfOne) {
  const TemporaryFolder folder;
  const auto origin_of = [&](NiftiBytes n) {
    std::vector<std::int16_t> values(n.count(), -1000);
    values[0] = 500;
    n.set_voxels(values);
    test::write_bytes(folder / "n.nii", n.bytes());
    return read_image_ct(folder / "n.nii").volume.grid.origin;
  };
  NiftiBytes q;
  q.sform_code = 0;
  q.srow = {};
  EXPECT_EQ(origin_of(q), (Vec3{10, 20, 30}));
  NiftiBytes s;
  s.qform_code = 0;
  s.offset = {};
  EXPECT_EQ(origin_of(s), (Vec3{10, 20, 30}));
  NiftiBytes four;
  four.size = {6, 5, 4, 1};
  EXPECT_EQ(origin_of(four), (Vec3{10, 20, 30}));
}

TEST(ImageFile, WarnsWhenQformAndSformDisagree) {
  const TemporaryFolder folder;
  NiftiBytes n;
  n.srow[0] = {-1, 0, 0, 10};  // left and right exchanged
  std::vector<std::int16_t> values(n.count(), -1000);
  values[0] = 500;
  n.set_voxels(values);
  test::write_bytes(folder / "n.nii", n.bytes());
  const CtImage image = read_image_ct(folder / "n.nii");
  ASSERT_EQ(image.warnings.size(), 1u);
  EXPECT_THAT(with_files(image.warnings[0]), HasSubstr("qform and sform differ"));
  EXPECT_DOUBLE_EQ(image.volume.grid.direction[0][0], 1);  // the sform's
}

TEST(ImageFile, NrrdSpacesBecomeLps) {
  const TemporaryFolder folder;
  for (const auto& [space, x, y] :
       {std::tuple{"left-posterior-superior", 1, 1}, {"right-anterior-superior", -1, -1}}) {
    std::string nrrd = std::string("NRRD0004\ntype: short\ndimension: 3\nspace: ") + space +
                       "\nsizes: 2 2 2\nspace directions: (1,0,0) (0,1,0) (0,0,2)\nspace origin: (10,20,30)\n"
                       "kinds: domain domain domain\nendian: little\nencoding: raw\n\n";
    const std::vector<std::int16_t> values{-1000, 0, 100, 200, 300, 400, 500, 600};
    nrrd.append(reinterpret_cast<const char*>(values.data()), 16);
    test::write_bytes(folder / "s.nrrd", nrrd);
    const Grid grid = read_image_ct(folder / "s.nrrd").volume.grid;
    EXPECT_EQ(grid.origin, (Vec3{10.0 * x, 20.0 * y, 30})) << space;
    EXPECT_DOUBLE_EQ(grid.direction[0][0], x) << space;
    EXPECT_DOUBLE_EQ(grid.direction[1][1], y) << space;
    EXPECT_DOUBLE_EQ(grid.spacing[2], 2) << space;
  }
}

TEST(ImageFile, FullDiskLeavesNoFile) {
  const TemporaryFolder folder;
  Grid grid = test::small_grid();
  grid.size = {100, 100, 40};
  const CtVolume ct = test::make_ct(grid);
  for (const char* extension : {".nii", ".nii.gz", ".nrrd", ".mha"}) {
    const fs::path path = folder / (std::string("full") + extension);
    std::string message;
    // a limit on the size of files fails writes as a full disk does
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const rlimit small{20000, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    const std::string printed = test::printed_by([&] {
      try {
        write_ct(path, ct);
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::output);
        message = error.what();
      }
    });
    EXPECT_EQ(printed, "") << extension;
    ::setrlimit(RLIMIT_FSIZE, &before);
    EXPECT_THAT(message, HasSubstr(std::string("full") + extension + ": cannot write")) << extension;
    EXPECT_TRUE(test::files_in(folder.path()).empty()) << extension;
  }
}

TEST(ImageFile, RefusesToWriteOtherKinds) {
  const TemporaryFolder folder;
  for (const char* name : {"x.png", "x", "x.mhd", "x.gz"})
    EXPECT_THROW(write_labels(folder / name, LabelVolume(test::small_grid())), Error) << name;
  EXPECT_TRUE(test::files_in(folder.path()).empty());
}

TEST(ImageFile, LabelsMustBeWholeNumbersUpTo255) {
  const TemporaryFolder folder;
  const auto error_with = [&](float value) {
    NiftiBytes n;
    n.datatype = 16;
    n.bits = 32;
    std::vector<float> values(n.count(), 2);
    values[7] = value;
    n.set_voxels(values);
    test::write_bytes(folder / "l.nii", n.bytes());
    return input_error([&] { read_labels(folder / "l.nii"); });
  };
  EXPECT_EQ(error_with(255), "");
  EXPECT_THAT(error_with(256), HasSubstr("voxel value 256 is no label"));
  EXPECT_THAT(error_with(-1), HasSubstr("voxel value -1 is no label"));
  EXPECT_THAT(error_with(1.5), HasSubstr("voxel value 1.5 is no label"));
  EXPECT_THAT(error_with(NAN), HasSubstr("voxel value nan is no label"));
  // What another program computed may lie a little off.
  EXPECT_EQ(error_with(0.9999999f), "");
  std::vector<Warning> warnings;
  EXPECT_EQ(read_labels(folder / "l.nii", &warnings).voxels[7], 1);
  EXPECT_THAT(test::texts_of(warnings), testing::ElementsAre(HasSubstr("labels up to 1.1920929e-07 off")));
  EXPECT_THAT(error_with(0.9f), HasSubstr("voxel value 0.899999976 is no label"));
}

TEST(ImageFile, AMaskHoldsZeroAndOneOtherValue) {
  const TemporaryFolder folder;
  LabelVolume labels(test::small_grid());
  for (const int inside : {1, 2, 255}) {
    labels.at(3, 4, 5) = static_cast<std::uint8_t>(inside);
    write_labels(folder / "m.nii.gz", labels);
    const LabelVolume mask = read_mask(folder / "m.nii.gz");
    EXPECT_EQ(mask.at(3, 4, 5), 1) << inside;
    EXPECT_EQ(mask.at(4, 4, 5), 0);
  }
  labels.at(0, 0, 0) = 7;
  write_labels(folder / "m.nii.gz", labels);
  EXPECT_THAT(input_error([&] { read_mask(folder / "m.nii.gz"); }), HasSubstr("holds the values 7 and 255"));
}

TEST(ImageFile, NiftiPairs) {
  const TemporaryFolder folder;
  NiftiBytes n;
  std::vector<std::int16_t> values(n.count(), -1000);
  values[0] = 500;
  n.set_voxels(values);
  std::string bytes = n.bytes();
  bytes.replace(344, 4, std::string("ni1\0", 4));
  const float none = 0;
  std::memcpy(bytes.data() + 108, &none, sizeof none);  // vox_offset
  test::write_bytes(folder / "p.hdr", bytes.substr(0, 348));
  EXPECT_THAT(input_error([&] { read_ct(folder / "p.hdr"); }), HasSubstr("expected p.img beside it"));
  test::write_bytes(folder / "p.img", bytes.substr(352));
  for (const char* name : {"p.hdr", "p.img"}) EXPECT_EQ(read_ct(folder / name).volume.voxels, values) << name;
  bytes.replace(344, 4, std::string(4, '\0'));
  test::write_bytes(folder / "p.hdr", bytes.substr(0, 348));
  EXPECT_THAT(input_error([&] { read_ct(folder / "p.hdr"); }), HasSubstr("Analyze 7.5"));
}

}  // namespace
}  // namespace anatomynet::io
