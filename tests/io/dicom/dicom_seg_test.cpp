#include "io/dicom/dicom_seg.h"

#include <algorithm>
#include <cmath>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/dicom/dicom_ct_writer.h"
#include "io/dicom/dicom_seg_writer.h"
#include "io/dicom/encoded_frames.h"
#include "io/support.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

using test::edit;
using test::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;

DcmItem& item_of(DcmItem& parent, const DcmTagKey& sequence, long index = 0) {
  DcmItem* item = nullptr;
  if (parent.findAndGetSequenceItem(sequence, item, index).bad()) throw std::runtime_error("no item");
  return *item;
}

DcmItem& shared(DcmDataset& d, const DcmTagKey& macro) {
  return item_of(item_of(d, DCM_SharedFunctionalGroupsSequence), macro);
}

DcmItem& frame(DcmDataset& d, long index, const DcmTagKey& macro) {
  return item_of(item_of(d, DCM_PerFrameFunctionalGroupsSequence, index), macro);
}

// A SEG of two organs on the middle slices of a CT, to change as other writers would have written it.
class StoredSeg : public testing::Test {
 protected:
  StoredSeg() { write(odd_grid()); }
  static Grid odd_grid() {
    Grid grid;
    grid.size = {31, 23, 12};
    grid.spacing = {1.171875, 0.9, 3.75};
    grid.origin = {-33.2, -140.7, 1024.55};
    return grid;
  }
  void write(const Grid& grid) {
    fs::remove_all(folder / "ct");
    source = write_ct_series(folder / "ct", test::make_ct(grid));
    labels = LabelVolume(grid);
    for (std::int64_t z = 2; z < 10; ++z)
      for (std::int64_t y = 0; y < grid.size[1]; ++y)
        for (std::int64_t x = 0; x < grid.size[0]; ++x)
          labels.at(x, y, z) = static_cast<std::uint8_t>((x * 7 + y * 3 + z) % 3);
    SegmentationWriter writer(source, grid, {.uid_seed = "a"});
    for (const int id : {1, 2}) writer.add(*find_organ(standard_organs(), id), labels, id);
    writer.write(path);
  }
  // The CT's slices that the file holds, first to last.
  void expect_masks(const DicomSegmentation& seg, std::int64_t first = 2, std::int64_t last = 9) const {
    ASSERT_EQ(seg.segments.size(), 2u);
    ASSERT_EQ(seg.grid.size[2], last - first + 1);
    for (const StoredSegment& segment : seg.segments) {
      const LabelVolume mask = seg.mask(segment);
      for (std::int64_t z = 0; z < mask.grid.size[2]; ++z)
        for (std::int64_t y = 0; y < mask.grid.size[1]; ++y)
          for (std::int64_t x = 0; x < mask.grid.size[0]; ++x)
            ASSERT_EQ(mask.at(x, y, z), labels.at(x, y, z + first) == segment.number)
                << x << " " << y << " " << z;
    }
  }
  std::string error(const Grid* ct = nullptr) const {
    return test::input_error([&] {
      const DicomSegmentation seg = read_segmentation(path, ct);
      for (const StoredSegment& segment : seg.segments) seg.mask(segment);
    });
  }
  // The same masks with a byte a pixel: `inside` where they are.
  void spread(int inside, const std::string& type) const {
    const DicomSegmentation seg = read_segmentation(path);
    std::vector<Uint8> bytes;
    for (const StoredSegment& segment : seg.segments)
      for (const std::uint8_t v : seg.mask(segment).voxels) bytes.push_back(v ? Uint8(inside) : Uint8(0));
    edit(path, [&](DcmDataset& d) {
      for (const DcmTagKey& tag : {DCM_BitsAllocated, DCM_BitsStored}) d.putAndInsertUint16(tag, 8);
      d.putAndInsertUint16(DCM_HighBit, 7);
      d.putAndInsertString(DCM_SegmentationType, type.c_str());
      d.putAndInsertUint16(DCM_MaximumFractionalValue, 255);
      delete d.remove(DCM_PixelData);
      d.putAndInsertUint8Array(DCM_PixelData, bytes.data(), static_cast<unsigned long>(bytes.size()));
    });
  }
  TemporaryFolder folder;
  DicomSource source;
  LabelVolume labels;
  fs::path path = folder / "seg.dcm";
};

TEST_F(StoredSeg, DistanceComesFromPositionsNotFromThickness) {
  edit(path, [](DcmDataset& d) {
    DcmItem& measures = shared(d, DCM_PixelMeasuresSequence);
    delete measures.remove(DCM_SpacingBetweenSlices);
    measures.putAndInsertString(DCM_SliceThickness, "1.25");  // a third of the distance
  });
  const DicomSegmentation seg = read_segmentation(path);
  EXPECT_NEAR(seg.grid.spacing[2], 3.75, 1e-6);
  EXPECT_TRUE(seg.warnings.empty());
  expect_masks(seg);
}

TEST_F(StoredSeg, ASpacingThatPositionsContradictIsSaid) {
  edit(path, [](DcmDataset& d) {
    shared(d, DCM_PixelMeasuresSequence).putAndInsertString(DCM_SpacingBetweenSlices, "1.25");
  });
  const DicomSegmentation seg = read_segmentation(path);
  EXPECT_NEAR(seg.grid.spacing[2], 3.75, 1e-6);
  EXPECT_THAT(seg.warnings, testing::ElementsAre(testing::Field(
                                &Warning::text, HasSubstr("1.25 mm, but frames lie 3.75 mm apart"))));
  expect_masks(seg);
}

TEST_F(StoredSeg, LeftOutSlicesAreSlicesAllTheSame) {
  labels.voxels.assign(labels.voxels.size(), 0);
  for (const int z : {1, 3, 6, 7}) labels.at(5, 5, z) = 1;
  SegmentationWriter writer(source, labels.grid);
  writer.add(*find_organ(standard_organs(), 1), labels, 1);
  writer.write(path);
  for (const bool said : {true, false}) {
    if (!said)
      edit(path, [](DcmDataset& d) {
        delete shared(d, DCM_PixelMeasuresSequence).remove(DCM_SpacingBetweenSlices);
      });
    const DicomSegmentation seg = read_segmentation(path);
    EXPECT_NEAR(seg.grid.spacing[2], 3.75, 1e-6) << said;
    EXPECT_EQ(seg.grid.size[2], 7);
    const LabelVolume mask = seg.mask(seg.segments.at(0));
    for (std::int64_t z = 0; z < 7; ++z) EXPECT_EQ(mask.at(5, 5, z), labels.at(5, 5, z + 1)) << z;
  }
  // Slices 1, 3 and 6: gaps of two and three, neither of which is the distance.
  edit(path, [](DcmDataset& d) {
    auto* sequence = new DcmSequenceOfItems(DCM_PerFrameFunctionalGroupsSequence);
    for (const long i : {0, 1, 2})
      sequence->append(new DcmItem(item_of(d, DCM_PerFrameFunctionalGroupsSequence, i)));
    d.insert(sequence, OFTrue);
    d.putAndInsertString(DCM_NumberOfFrames, "3");
  });
  EXPECT_THAT(error(), HasSubstr("give the CT it belongs to"));
  EXPECT_EQ(error(&labels.grid), "");
  edit(path, [](DcmDataset& d) {
    shared(d, DCM_PixelMeasuresSequence).putAndInsertString(DCM_SpacingBetweenSlices, "3.75");
  });
  EXPECT_NEAR(read_segmentation(path).grid.spacing[2], 3.75, 1e-6);
}

TEST_F(StoredSeg, OneSliceAloneIsAsFarFromTheNextAsItIsThickWithAWarning) {
  labels.voxels.assign(labels.voxels.size(), 0);
  labels.at(5, 5, 4) = 1;
  SegmentationWriter writer(source, labels.grid);
  writer.add(*find_organ(standard_organs(), 1), labels, 1);
  writer.write(path);
  edit(path,
       [](DcmDataset& d) { delete shared(d, DCM_PixelMeasuresSequence).remove(DCM_SpacingBetweenSlices); });
  EXPECT_THAT(read_segmentation(path).warnings,
              testing::ElementsAre(testing::Field(&Warning::text, HasSubstr("thickness of 3.75 mm"))));
  const DicomSegmentation on_ct = read_segmentation(path, &labels.grid);  // which knows better
  EXPECT_TRUE(on_ct.warnings.empty());
  EXPECT_EQ(on_ct.grid.spacing[2], 3.75);
  edit(path, [](DcmDataset& d) { delete shared(d, DCM_PixelMeasuresSequence).remove(DCM_SliceThickness); });
  EXPECT_THAT(error(), HasSubstr("how far slices are apart"));
  EXPECT_EQ(error(&labels.grid), "");
}

TEST_F(StoredSeg, RoundedPositionsAreAccepted) {
  Grid grid = odd_grid();
  grid.spacing[2] = 1.25;
  grid.origin = {-33.23, -140.68, 1024.55};
  write(grid);
  edit(path, [](DcmDataset& d) {
    for (long i = 0; i < 16; ++i) {
      DcmItem& plane = frame(d, i, DCM_PlanePositionSequence);
      std::string text;
      for (unsigned long k = 0; k < 3; ++k) {
        Float64 mm = 0;
        plane.findAndGetFloat64(DCM_ImagePositionPatient, mm, k);
        char rounded[32];
        std::snprintf(rounded, sizeof rounded, "%s%.1f", k ? "\\" : "", mm);
        text += rounded;
      }
      plane.putAndInsertString(DCM_ImagePositionPatient, text.c_str());
    }
  });
  for (const bool said : {true, false}) {
    const DicomSegmentation alone = read_segmentation(path);
    EXPECT_NEAR(alone.grid.spacing[2], 1.25, 0.02) << said;
    expect_masks(alone);
    const DicomSegmentation on_ct = read_segmentation(path, &labels.grid);
    EXPECT_EQ(on_ct.grid.spacing, grid.spacing);
    const Vec3 start = grid.to_world({0, 0, 2});
    for (int k = 0; k < 3; ++k) EXPECT_DOUBLE_EQ(on_ct.grid.origin[k], start[k]);
    expect_masks(on_ct);
    edit(path,
         [](DcmDataset& d) { delete shared(d, DCM_PixelMeasuresSequence).remove(DCM_SpacingBetweenSlices); });
  }
}

TEST_F(StoredSeg, FramesMatchACtWhoseAxesRunOtherwise) {
  Grid turned = labels.grid;  // the same voxels, x and z the other way round
  for (const std::size_t k : {std::size_t{0}, std::size_t{2}}) {
    const double far = double(turned.size[k] - 1) * turned.spacing[k];
    for (std::size_t r = 0; r < 3; ++r) {
      turned.origin[r] += turned.direction[r][k] * far;
      turned.direction[r][k] *= -1;
    }
  }
  expect_masks(read_segmentation(path, &turned));
}

TEST_F(StoredSeg, FramesBesideTheCtKeepTheirOwnGrid) {
  Grid other = labels.grid;
  other.origin[2] += 1.5;
  const DicomSegmentation seg = read_segmentation(path, &other);
  EXPECT_NEAR(seg.grid.origin[2], labels.grid.to_world({0, 0, 2})[2], 1e-6);
  expect_masks(seg);
}

TEST_F(StoredSeg, BinaryInBytesIsRead) {
  for (const int inside : {1, 255}) {
    write(odd_grid());
    spread(inside, "BINARY");
    expect_masks(read_segmentation(path));
  }
  edit(path, [](DcmDataset& d) { d.putAndInsertUint16(DCM_BitsAllocated, 1); });
  EXPECT_THAT(error(), AllOf(HasSubstr("a byte a pixel"), HasSubstr("BitsAllocated")));
  edit(path, [](DcmDataset& d) { d.putAndInsertUint16(DCM_BitsAllocated, 16); });
  EXPECT_NE(error(), "");
}

TEST_F(StoredSeg, SingleBitsInJpeg2000) {
  spread(1, "BINARY");
  std::vector<test::Code> fragments;
  edit(path, [&](DcmDataset& d) {
    for (const DcmTagKey& tag : {DCM_BitsAllocated, DCM_BitsStored}) d.putAndInsertUint16(tag, 1);
    d.putAndInsertUint16(DCM_HighBit, 0);
    const Uint8* bytes = nullptr;
    unsigned long count = 0;
    d.findAndGetUint8Array(DCM_PixelData, bytes, &count).good();
    constexpr unsigned long pixels = 31 * 23;
    for (unsigned long i = 0; i < count / pixels; ++i)
      fragments.push_back(
          test::encode_jpeg2000({bytes + i * pixels, bytes + (i + 1) * pixels}, 31, 23, {.bits = 1}));
  });
  test::refile(path.string(), EXS_JPEG2000LosslessOnly, fragments);
  expect_masks(read_segmentation(path));
}

TEST_F(StoredSeg, FractionalCompressedByRle) {
  spread(200, "FRACTIONAL");
  expect_masks(read_segmentation(path));
  DcmFileFormat format;
  ASSERT_TRUE(format.loadFile(path.c_str()).good());
  const Uint8* bytes = nullptr;
  unsigned long count = 0;
  ASSERT_TRUE(format.getDataset()->findAndGetUint8Array(DCM_PixelData, bytes, &count).good());
  const std::size_t pixels = 31 * 23;
  std::vector<test::Code> fragments;
  for (std::size_t i = 0; i < count / pixels; ++i)
    fragments.push_back(test::encode_rle({bytes + i * pixels, bytes + (i + 1) * pixels}, 8));
  test::refile(path.string(), EXS_RLELossless, fragments);
  expect_masks(read_segmentation(path));
  fragments[3].resize(fragments[3].size() / 2);
  test::refile(path.string(), EXS_RLELossless, fragments);
  EXPECT_THAT(error(), AllOf(HasSubstr("frame 4"), HasSubstr("truncated or damaged")));
}

TEST_F(StoredSeg, AFrameFarAwayIsRefused) {
  const auto move_last = [&](const std::string& height) {
    write(odd_grid());
    edit(path, [&](DcmDataset& d) {
      frame(d, 15, DCM_PlanePositionSequence)
          .putAndInsertString(DCM_ImagePositionPatient, ("-33.2\\-140.7\\" + height).c_str());
    });
  };
  for (const std::string height : {"18000000000", "1e300", "-5000"}) {
    move_last(height);
    EXPECT_THAT(error(), AllOf(HasSubstr("its frames lie"), HasSubstr("expected at most 3 m"))) << height;
    EXPECT_NE(error(&labels.grid), "") << height;
  }
  move_last("1399.55");  // 100 slices up: two organs far apart
  EXPECT_EQ(error(), "");
}

TEST_F(StoredSeg, LargeClaimsAreRefused) {
  edit(path, [](DcmDataset& d) {
    d.putAndInsertUint16(DCM_Rows, 20000);
    d.putAndInsertUint16(DCM_Columns, 20000);
  });
  EXPECT_THAT(error(), AllOf(HasSubstr("PixelData"), HasSubstr("truncated")));
  edit(path, [](DcmDataset& d) { d.putAndInsertString(DCM_NumberOfFrames, "1000000"); });
  EXPECT_NE(error(), "");
  write(odd_grid());
  spread(255, "FRACTIONAL");
  test::refile(path.string(), EXS_RLELossless, std::vector<test::Code>(16, test::encode_rle({0, 1, 2}, 8)));
  edit(path, [](DcmDataset& d) {
    d.putAndInsertUint16(DCM_Rows, 8000);
    d.putAndInsertUint16(DCM_Columns, 8000);
  });
  EXPECT_THAT(error(), HasSubstr("too much for a file of"));
}

TEST_F(StoredSeg, CutAtAnyPlaceIsRefused) {
  const std::string whole = test::read_bytes(path);
  for (std::size_t length = 0; length < whole.size(); length += length < 3000 ? 61 : 331) {
    test::write_bytes(path, whole.substr(0, length));
    ASSERT_NE(error(), "") << length;
  }
}

// The frames' heights: the slices 2 to 9 of `write`, each moved to `mm` above the lowest.
TEST_F(StoredSeg, BlocksOfDifferentDistancesAreSaid) {
  const auto warnings_at = [&](const std::vector<double>& mm) {
    write(odd_grid());
    edit(path, [&](DcmDataset& d) {
      delete shared(d, DCM_PixelMeasuresSequence).remove(DCM_SpacingBetweenSlices);
      for (long i = 0; i < 16; ++i)
        frame(d, i, DCM_PlanePositionSequence)
            .putAndInsertString(
                DCM_ImagePositionPatient,
                ("-33.2\\-140.7\\" + std::to_string(mm[static_cast<std::size_t>(i) % 8])).c_str());
    });
    return read_segmentation(path).warnings;
  };
  const auto said = warnings_at({0, 3, 6, 9, 15, 21, 27, 33});
  ASSERT_EQ(said.size(), 1u);
  EXPECT_EQ(said[0].code, "uneven-slices");
  EXPECT_THAT(said[0].text, AllOf(HasSubstr("1 to 4 every 3 mm, 4 to 8 every 6 mm"), HasSubstr("--ct")));
  // Two organs apart, and an organ on every second slice of an even CT, are no uneven slices.
  EXPECT_TRUE(warnings_at({0, 3, 6, 9, 60, 63, 66, 69}).empty());
  EXPECT_TRUE(warnings_at({0, 6, 12, 18, 24, 30, 36, 42}).empty());
}

TEST_F(StoredSeg, OfUnevenSlicesItLiesWhereTheImagesDo) {
  double height = 1024.55;
  for (std::size_t z = 0; z < source.slices.size(); ++z) {
    source.slices[z].position[2] = height;
    height += z < 6 ? 3 : 5;
  }
  SegmentationWriter writer(source, labels.grid);
  writer.add(*find_organ(standard_organs(), 1), labels, 1);
  writer.write(path);
  DcmFileFormat format;
  ASSERT_TRUE(format.loadFile(path.c_str()).good());
  DcmDataset& d = *format.getDataset();
  for (long i = 0; i < 8; ++i) {
    Float64 z = 0, thickness = 0;
    frame(d, i, DCM_PlanePositionSequence).findAndGetFloat64(DCM_ImagePositionPatient, z, 2);
    EXPECT_DOUBLE_EQ(z, source.slices[std::size_t(i) + 2].position[2]);
    DcmItem& measures = frame(d, i, DCM_PixelMeasuresSequence);
    measures.findAndGetFloat64(DCM_SliceThickness, thickness);
    EXPECT_DOUBLE_EQ(thickness, i < 4 ? 3 : i == 4 ? 4 : 5) << i;
    EXPECT_FALSE(measures.tagExists(DCM_SpacingBetweenSlices));
  }
  if (test::have_tool("dciodvfy")) {
    EXPECT_THAT(test::run("dciodvfy " + path.string()).output, testing::Not(HasSubstr("Error")));
  }
  EXPECT_THAT(error(), HasSubstr("give the CT it belongs to"));
}

}  // namespace
}  // namespace anatomynet::io
