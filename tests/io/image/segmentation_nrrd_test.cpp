#include <algorithm>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/organs.h"
#include "io/image/image_file.h"
#include "io/support.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

using test::TemporaryFolder;
using ::testing::HasSubstr;

LabelVolume some_labels() {
  LabelVolume labels(test::small_grid());
  labels.grid.direction = test::rotation(17, -33);
  labels.at(0, 0, 0) = 1;
  labels.at(1, 2, 1) = labels.at(2, 2, 1) = 6;
  labels.at(labels.grid.size[0] - 1, labels.grid.size[1] - 1, labels.grid.size[2] - 1) = 7;
  return labels;
}

TEST(SegmentationNrrd, ComesBackAsTheSameLabelMap) {
  const TemporaryFolder folder;
  const LabelVolume labels = some_labels();
  write_segmentation_nrrd(folder / "labels.seg.nrrd", labels, standard_organs());
  const LabelVolume back = read_labels(folder / "labels.seg.nrrd");
  EXPECT_EQ(back.voxels, labels.voxels);
  EXPECT_TRUE(same_grid(back.grid, labels.grid, 1e-4));
}

TEST(SegmentationNrrd, NamesItsSegmentsToAnotherReader) {
  const TemporaryFolder folder;
  const LabelVolume labels = some_labels();
  OrganTable organs = standard_organs();
  organs.push_back({77, "Odd\nSegment0_Name:=other~^|", "", "12~3", "a|b\nc", Laterality::none, {1, 2, 3}});
  write_segmentation_nrrd(folder / "labels.seg.nrrd", labels, organs);
  const auto read = test::run("/usr/bin/python3 " ANATOMYNET_SOURCE_DIR "/tests/io/image/read_seg_nrrd.py " +
                              (folder / "labels.seg.nrrd").string());
  ASSERT_EQ(read.status, 0) << read.output;
  const auto has = [&](const std::string& line) {
    EXPECT_THAT("\n" + read.output, HasSubstr("\n" + line + "\n"));
  };
  has("space left-posterior-superior");
  has("representation Binary labelmap Binary labelmap|");
  has("segment Brainstem 1 1 0 1 1");
  has("segment OpticChiasm 2 0 1 0.501961 1");
  has("segment Parotid_L 6 2 0.313725 0.470588 1");
  has("segment Parotid_R 7 1 1 0.313725 0.313725");
  has("segment Odd Segment0_Name:=other~^| 77 0 0.00392157 0.00784314 0.0117647");
  EXPECT_THAT(read.output, HasSubstr("~SCT^45289007^Parotid gland~SCT^7771000^Left~"));
  EXPECT_THAT(read.output, HasSubstr("~SCT^45289007^Parotid gland~SCT^24028007^Right~"));
  EXPECT_THAT(read.output, HasSubstr("~SCT^119238007^Brainstem~^^~"));
  EXPECT_THAT(read.output, HasSubstr("~SCT^12 3^a b c~"));
}

TEST(SegmentationNrrd, RefusesOtherNamesAndUnwritableFolders) {
  const TemporaryFolder folder;
  EXPECT_THROW(write_segmentation_nrrd(folder / "labels.nii.gz", some_labels(), standard_organs()), Error);
  EXPECT_TRUE(test::files_in(folder.path()).empty());
  const TemporaryFolder closed;
  fs::permissions(closed.path(), fs::perms::owner_read | fs::perms::owner_exec);
  {
    const test::WithoutPrivileges ordinary;
    EXPECT_THROW(write_segmentation_nrrd(closed / "labels.seg.nrrd", some_labels(), standard_organs()),
                 Error);
  }
  fs::permissions(closed.path(), fs::perms::owner_all);
  EXPECT_TRUE(test::files_in(closed.path()).empty());
}

}  // namespace
}  // namespace anatomynet::io
