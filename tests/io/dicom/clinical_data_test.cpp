#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/ct_image.h"
#include "io/image/image_file.h"
#include "io/support.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

const fs::path data = fs::path(ANATOMYNET_SHARED_DIR) / "data";

struct RealCase {
  const char* folder;
  Size3 size;
  Vec3 spacing;
};

class RealCt : public testing::TestWithParam<RealCase> {
 protected:
  void SetUp() override {
    if (!fs::exists(data / "dicom" / GetParam().folder))
      GTEST_SKIP() << "NOT CHECKED: real data is absent: " << data / "dicom" / GetParam().folder;
  }
};

// Largest difference in HU between two volumes, voxel by voxel at the same place in the patient.
int largest_difference(const CtVolume& a, const CtVolume& b) {
  EXPECT_EQ(a.grid.voxel_count(), b.grid.voxel_count());
  EXPECT_GT(a.grid.voxel_count(), 0);
  int largest = 0;
  for (std::int64_t z = 0; z < a.grid.size[2]; ++z)
    for (std::int64_t y = 0; y < a.grid.size[1]; ++y)
      for (std::int64_t x = 0; x < a.grid.size[0]; ++x) {
        const Vec3 at = b.grid.to_index(a.grid.to_world({double(x), double(y), double(z)}));
        Size3 index{};
        for (int k = 0; k < 3; ++k) {
          index[k] = std::lround(at[k]);
          if (!(std::abs(at[k] - double(index[k])) <= 0.02) || index[k] < 0 || index[k] >= b.grid.size[k])
            return 1 << 20;
        }
        largest = std::max(largest, std::abs(a.at(x, y, z) - b.at(index[0], index[1], index[2])));
      }
  return largest;
}

TEST_P(RealCt, HasTheGridOfItsReadme) {
  const CtImage image = read_ct(data / "dicom" / GetParam().folder);
  EXPECT_EQ(image.volume.grid.size, GetParam().size);
  for (int k = 0; k < 3; ++k) EXPECT_NEAR(image.volume.grid.spacing[k], GetParam().spacing[k], 1e-3);
  EXPECT_THAT(image.warnings, testing::IsEmpty());
  EXPECT_EQ(image.dicom->slices.size(), std::size_t(image.volume.grid.size[2]));
}

TEST_P(RealCt, AgreesWithPlastimatch) {
  REQUIRE_TOOL("plastimatch");
  const test::TemporaryFolder folder;
  const fs::path input = data / "dicom" / GetParam().folder;
  const auto result = test::run("plastimatch convert --input " + input.string() + " --output-img " +
                                (folder / "ct.mha").string());
  ASSERT_EQ(result.status, 0) << result.output;
  EXPECT_EQ(largest_difference(read_ct(input).volume, read_image_ct(folder / "ct.mha").volume), 0);
}

// A scan that other software made a NIfTI of as well.
struct BothForms {
  const char* folder;
  const char* nifti;
};

class RealCtWithNifti : public testing::TestWithParam<BothForms> {};

TEST_P(RealCtWithNifti, AgreesWithIt) {
  const fs::path dicom = data / "dicom" / GetParam().folder,
                 nifti = data / "openkbp/validation" / GetParam().nifti;
  for (const fs::path& needed : {dicom, nifti})
    if (!fs::exists(needed)) GTEST_SKIP() << "NOT CHECKED: real data is absent: " << needed;
  EXPECT_EQ(largest_difference(read_ct(dicom).volume, read_ct(nifti).volume), 0);
}

INSTANTIATE_TEST_SUITE_P(Folders, RealCtWithNifti,
                         testing::Values(BothForms{"a_chum_style", "pt_201_ct.nii.gz"},
                                         BothForms{"b_french", "pt_202_ct.nii.gz"},
                                         BothForms{"c_upper_case", "pt_207_ct.nii.gz"},
                                         BothForms{"d_odd", "pt_209_ct.nii.gz"}),
                         [](const auto& one) { return std::string(one.param.folder); });

INSTANTIATE_TEST_SUITE_P(Folders, RealCt,
                         testing::Values(RealCase{"a_chum_style", {94, 53, 124}, {5.422, 5.422, 3}},
                                         RealCase{"b_french", {59, 71, 58}, {3.906, 3.906, 2.5}},
                                         RealCase{"c_upper_case", {108, 59, 125}, {4.688, 4.688, 3}},
                                         RealCase{"d_odd", {52, 66, 35}, {3.906, 3.906, 3}},
                                         RealCase{"clinical/head_neck_full", {511, 511, 90}, {1, 1, 3}},
                                         RealCase{"clinical/lung_2", {141, 138, 41}, {0.977, 0.977, 3}},
                                         RealCase{"clinical/lung_3", {136, 137, 46}, {0.977, 0.977, 3}}),
                         [](const auto& one) {
                           std::string name = one.param.folder;
                           std::replace(name.begin(), name.end(), '/', '_');
                           return name;
                         });

TEST(RealData, SevenSeriesInOneTreeAreListed) {
  if (!fs::exists(data / "dicom")) GTEST_SKIP() << "NOT CHECKED: real data is absent";
  const std::string error = test::input_error([] { read_ct(data / "dicom"); });
  EXPECT_THAT(error, testing::HasSubstr("7 CT series, choose one with --series UID"));
  EXPECT_THAT(error, testing::HasSubstr("90 slices"));
}

}  // namespace
}  // namespace anatomynet::io
