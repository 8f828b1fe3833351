#include <algorithm>
#include <numeric>
#include <random>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/ct_image.h"
#include "io/dicom/dicom_ct_writer.h"
#include "io/dicom/encoded_frames.h"
#include "io/dicom/internal/jpeg2000.h"
#include "io/support.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

using test::TemporaryFolder;
using ::testing::HasSubstr;

DcmItem& new_item(DcmItem& parent, const DcmTagKey& sequence) {
  DcmItem* item = nullptr;
  if (parent.findOrCreateSequenceItem(sequence, item, -2).bad()) throw std::runtime_error("no item");
  return *item;
}

std::string text_of(DcmDataset& data, const DcmTagKey& tag) {
  OFString value;
  data.findAndGetOFStringArray(tag, value);
  return value.c_str();
}

// Moves what is the same in all slices into the shared groups, or repeats it in every frame's own ones.
enum class Groups { shared, per_frame };

void put_common_groups(DcmItem& groups, DcmDataset& slice) {
  new_item(groups, DCM_PlaneOrientationSequence)
      .putAndInsertString(DCM_ImageOrientationPatient, text_of(slice, DCM_ImageOrientationPatient).c_str());
  DcmItem& measures = new_item(groups, DCM_PixelMeasuresSequence);
  measures.putAndInsertString(DCM_PixelSpacing, text_of(slice, DCM_PixelSpacing).c_str());
  measures.putAndInsertString(DCM_SliceThickness, text_of(slice, DCM_SliceThickness).c_str());
}

// Turns the series of a folder into one multi-frame file, with frames in the given order.
fs::path make_enhanced(const fs::path& folder, const std::vector<std::size_t>& order, Groups where) {
  const auto files = test::files_in(folder);
  DcmFileFormat format;
  if (format.loadFile(files[0].c_str()).bad()) throw std::runtime_error("no file");
  format.loadAllDataIntoMemory();
  DcmDataset& data = *format.getDataset();
  if (where == Groups::shared) put_common_groups(new_item(data, DCM_SharedFunctionalGroupsSequence), data);
  std::vector<Uint16> cells;
  for (const std::size_t f : order) {
    DcmFileFormat slice;
    if (slice.loadFile(files[f].c_str()).bad()) throw std::runtime_error("no file");
    DcmDataset& s = *slice.getDataset();
    DcmItem& own = new_item(data, DCM_PerFrameFunctionalGroupsSequence);
    new_item(own, DCM_PlanePositionSequence)
        .putAndInsertString(DCM_ImagePositionPatient, text_of(s, DCM_ImagePositionPatient).c_str());
    DcmItem& rescale = new_item(own, DCM_PixelValueTransformationSequence);
    rescale.putAndInsertString(DCM_RescaleIntercept, text_of(s, DCM_RescaleIntercept).c_str());
    rescale.putAndInsertString(DCM_RescaleSlope, "1");
    if (where == Groups::per_frame) put_common_groups(own, s);
    const Uint16* values = nullptr;
    unsigned long count = 0;
    s.findAndGetUint16Array(DCM_PixelData, values, &count);
    cells.insert(cells.end(), values, values + count);
  }
  for (const DcmTagKey& tag : {DCM_ImagePositionPatient, DCM_ImageOrientationPatient, DCM_PixelSpacing,
                               DCM_SliceThickness, DCM_RescaleIntercept, DCM_RescaleSlope})
    data.findAndDeleteElement(tag);
  data.putAndInsertString(DCM_SOPClassUID, UID_EnhancedCTImageStorage);
  data.putAndInsertString(DCM_NumberOfFrames, std::to_string(order.size()).c_str());
  data.putAndInsertUint16Array(DCM_PixelData, cells.data(), static_cast<unsigned long>(cells.size()));
  for (const fs::path& file : files) fs::remove(file);
  if (format.saveFile((folder / "enhanced").c_str(), EXS_LittleEndianExplicit).bad())
    throw std::runtime_error("not saved");
  return folder / "enhanced";
}

struct EnhancedCase {
  Groups where;
  std::string tool;  // re-encodes the file; empty: none
  bool decodable = true;
};

class EnhancedCt : public testing::TestWithParam<EnhancedCase> {};

TEST_P(EnhancedCt, GivesTheSameVolumeAndReferences) {
  if (!GetParam().decodable) GTEST_SKIP() << "NOT CHECKED: built without OpenJPEG";
  const TemporaryFolder folder;
  Grid grid = test::small_grid();
  grid.direction = test::rotation(20, -30);
  const CtVolume ct = test::make_ct(grid);
  write_ct_series(folder.path(), ct);
  std::vector<std::size_t> order(std::size_t(grid.size[2]));
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), std::mt19937(5));
  const fs::path file = make_enhanced(folder.path(), order, GetParam().where);
  if (const std::string& tool = GetParam().tool; !tool.empty()) {
    REQUIRE_TOOL(tool.substr(0, tool.find(' ')));
    const auto result = test::run(tool + " " + file.string() + " " + file.string());
    ASSERT_EQ(result.status, 0) << result.output;
  }
  for (const fs::path& input : {folder.path(), file}) {  // a folder, or the file itself
    const CtImage image = read_ct(input);
    EXPECT_TRUE(same_grid(image.volume.grid, grid, 1e-4));
    EXPECT_EQ(image.volume.voxels, ct.voxels);
    ASSERT_TRUE(image.dicom);
    EXPECT_EQ(image.dicom->sop_class_uid, UID_EnhancedCTImageStorage);
    for (std::size_t z = 0; z < order.size(); ++z)
      EXPECT_EQ(order[std::size_t(image.dicom->slices[z].frame - 1)], z);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Forms, EnhancedCt,
    testing::Values(EnhancedCase{Groups::shared, ""}, EnhancedCase{Groups::per_frame, ""},
                    EnhancedCase{Groups::shared, "dcmcjpls"}, EnhancedCase{Groups::shared, "dcmcjpeg +fs 1"},
                    EnhancedCase{Groups::shared, "dcmcrle"}, EnhancedCase{Groups::shared, "dcmconv +tb"},
                    EnhancedCase{Groups::shared, ENCODE_JPEG2000, have_jpeg2000()}));

class BadEnhancedCt : public testing::Test {
 protected:
  BadEnhancedCt() {
    write_ct_series(folder.path(), test::make_ct(test::small_grid()));
    file = make_enhanced(folder.path(), {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, Groups::shared);
  }
  std::string error_after(const std::function<void(DcmDataset&)>& change) const {
    test::edit(file, change);
    return test::input_error([&] { read_ct(file); });
  }
  TemporaryFolder folder;
  fs::path file;
};

TEST_F(BadEnhancedCt, MissingGroupIsNamedWithItsFrame) {
  EXPECT_THAT(error_after([](DcmDataset& d) {
                DcmItem* frame = nullptr;
                d.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, frame, 4);
                frame->findAndDeleteElement(DCM_PlanePositionSequence);
              }),
              testing::AllOf(HasSubstr("frame 5"), HasSubstr("PlanePositionSequence")));
}

TEST_F(BadEnhancedCt, FewerGroupsThanFrames) {
  EXPECT_THAT(error_after([](DcmDataset& d) {
                d.findAndDeleteSequenceItem(DCM_PerFrameFunctionalGroupsSequence, 10);
              }),
              testing::AllOf(HasSubstr("frame 11"), HasSubstr("PerFrameFunctionalGroupsSequence")));
}

TEST_F(BadEnhancedCt, MoreFramesThanVoxels) {
  EXPECT_THAT(error_after([](DcmDataset& d) { d.putAndInsertString(DCM_NumberOfFrames, "5000000"); }),
              HasSubstr("truncated"));
}

TEST_F(BadEnhancedCt, FrameMissingInTheMiddle) {
  EXPECT_THAT(error_after([](DcmDataset& d) {
                DcmItem* frame = nullptr;
                d.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, frame, 4);
                new_item(*frame, DCM_CTImageFrameTypeSequence)
                    .putAndInsertString(DCM_FrameType, "ORIGINAL\\PRIMARY\\LOCALIZER\\NONE");
              }),
              HasSubstr("1 missing slice(s)"));
}

TEST_F(BadEnhancedCt, CompressedFramesCutShort) {
  REQUIRE_TOOL("dcmcjpls");
  ASSERT_EQ(test::run("dcmcjpls " + file.string() + " " + file.string()).status, 0);
  const std::string whole = test::read_bytes(file);
  for (std::size_t cut = 1; cut < 3000; cut += 83) {
    test::write_bytes(file, whole.substr(0, whole.size() - cut));
    ASSERT_NE(test::input_error([&] { read_ct(file); }), "") << cut;
  }
}

// Frames of JPEG-LS in several fragments each, by tables that are right, wrong or not there.
class FragmentedCt : public testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_TOOL("dcmcjpls");
    ct = test::make_ct(test::small_grid());
    write_ct_series(folder.path(), ct);
    file = make_enhanced(folder.path(), {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, Groups::shared);
    ASSERT_EQ(test::run("dcmcjpls " + file.string() + " " + file.string()).status, 0);
    DcmFileFormat format;
    ASSERT_TRUE(format.loadFile(file.c_str()).good());
    std::uint32_t place = 0;
    for (const test::Code& frame : test::fragments_of(*format.getDataset())) {
      offsets.push_back(place);
      const auto middle = frame.begin() + static_cast<std::ptrdiff_t>(frame.size() / 4 * 2);
      for (const test::Code& part : {test::Code(frame.begin(), middle), test::Code(middle, frame.end())}) {
        place += 8 + static_cast<std::uint32_t>(part.size() + part.size() % 2);
        parts.push_back(part);
      }
    }
  }
  void expect_read() const { EXPECT_EQ(read_ct(file).volume.voxels, ct.voxels); }
  void put(const std::vector<test::Code>& fragments, const std::vector<std::uint32_t>& table) const {
    test::refile(file.string(), EXS_JPEGLSLossless, fragments, table);
  }
  TemporaryFolder folder;
  CtVolume ct;
  fs::path file;
  std::vector<test::Code> parts;
  std::vector<std::uint32_t> offsets;
};

TEST_F(FragmentedCt, ByBasicOffsetTable) {
  put(parts, offsets);
  expect_read();
}

TEST_F(FragmentedCt, WithoutATable) {
  put(parts, {});
  expect_read();
}

TEST_F(FragmentedCt, WithAWrongTable) {
  std::vector<std::uint32_t> wrong = offsets;
  std::swap(wrong[3], wrong[4]);
  put(parts, wrong);
  expect_read();
  put(parts, std::vector<std::uint32_t>(offsets.size(), 0));
  expect_read();
  put(parts, {0, 4294967295U});
  expect_read();
}

TEST_F(FragmentedCt, OneFragmentAFrameWhateverTheTableSays) {
  std::vector<test::Code> frames;
  for (std::size_t i = 0; i < parts.size(); i += 2) {
    frames.push_back(parts[i]);
    frames.back().insert(frames.back().end(), parts[i + 1].begin(), parts[i + 1].end());
  }
  for (const auto& table : {std::vector<std::uint32_t>{}, std::vector<std::uint32_t>{7, 3}, offsets}) {
    put(frames, table);
    expect_read();
  }
}

TEST_F(FragmentedCt, ByExtendedOffsetTable) {
  put(parts, {});
  test::edit(file, [&](DcmDataset& d) {
    std::vector<Uint64> table(offsets.begin(), offsets.end());
    auto* element = new DcmOther64bitVeryLong(DCM_ExtendedOffsetTable);
    element->putUint64Array(table.data(), static_cast<unsigned long>(table.size()));
    d.insert(element, OFTrue);
  });
  expect_read();
}

TEST_F(FragmentedCt, AMissingFragmentIsRefused) {
  for (const std::size_t gone : {std::size_t{0}, std::size_t{6}, std::size_t{7}, parts.size() - 1}) {
    std::vector<test::Code> fewer = parts;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(gone));
    for (const auto& table : {std::vector<std::uint32_t>{}, offsets}) {
      put(fewer, table);
      EXPECT_THAT(test::input_error([&] { read_ct(file); }), HasSubstr("truncated")) << gone;
    }
  }
}

}  // namespace
}  // namespace anatomynet::io
