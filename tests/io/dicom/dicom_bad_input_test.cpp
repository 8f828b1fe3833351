#include <algorithm>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/ct_image.h"
#include "io/dicom/dicom_ct_writer.h"
#include "io/support.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

using test::edit;
using test::files_in;
using test::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;

// A good series to spoil.
class BadDicom : public testing::Test {
 protected:
  BadDicom() { write_ct_series(folder.path(), test::make_ct(test::small_grid())); }
  std::string error() const {
    return test::input_error([&] { read_ct(folder.path()); });
  }
  fs::path file(std::size_t i) const { return files_in(folder.path()).at(i); }
  void edit_all(const std::function<void(DcmDataset&)>& change) const {
    for (const fs::path& f : files_in(folder.path())) edit(f, change);
  }
  TemporaryFolder folder;
};

TEST_F(BadDicom, IsGoodAtFirst) { EXPECT_EQ(error(), ""); }

TEST_F(BadDicom, PathDoesNotExist) {
  EXPECT_THAT(test::input_error([&] { read_ct(folder / "nowhere"); }),
              HasSubstr("nowhere: no such file or folder"));
}

TEST_F(BadDicom, FolderWithoutDicom) {
  const TemporaryFolder other;
  EXPECT_THAT(test::input_error([&] { read_ct(other.path()); }), HasSubstr("no DICOM files"));
  test::write_bytes(other / "notes.txt", std::string(1000, 'n'));
  EXPECT_THAT(test::input_error([&] { read_ct(other.path()); }), HasSubstr("no DICOM files"));
  EXPECT_THAT(test::input_error([&] { read_ct(other / "notes.txt"); }), HasSubstr("notes.txt"));
}

TEST_F(BadDicom, OtherModalitiesAreNamed) {
  edit_all([](DcmDataset& d) {
    d.putAndInsertString(DCM_SOPClassUID, UID_MRImageStorage);
    d.putAndInsertString(DCM_Modality, "MR");
  });
  edit(file(0), [](DcmDataset& d) {
    d.putAndInsertString(DCM_SOPClassUID, UID_RTStructureSetStorage);
    d.putAndInsertString(DCM_Modality, "RTSTRUCT");
  });
  EXPECT_THAT(error(), HasSubstr("no CT series; found MR (10 files), RTSTRUCT (1 file)"));
}

TEST_F(BadDicom, FileCutWithinTheVoxels) {
  test::truncate_by(file(3), 100);
  EXPECT_THAT(error(), HasSubstr("CT0004.dcm: truncated"));
}

TEST_F(BadDicom, FileCutBarelyWithinTheVoxels) {
  test::truncate_by(file(3), 1);
  EXPECT_THAT(error(), AllOf(HasSubstr("CT0004.dcm"), HasSubstr("truncated")));
}

TEST_F(BadDicom, FileCutWithinTheHeader) {
  fs::resize_file(file(3), 701);
  EXPECT_THAT(error(), HasSubstr("CT0004.dcm: truncated"));
}

TEST_F(BadDicom, FilesCutAtAnyPlaceNeverPass) {
  const std::string whole = test::read_bytes(file(10));
  fs::remove(file(10));
  // the last slice, so that no gap gives it away, and a name that says nothing
  for (std::size_t length = 1; length < whole.size(); length += length < 1200 ? 7 : 31) {
    test::write_bytes(folder / (length < 132 ? "x.dcm" : "x"), whole.substr(0, length));
    ASSERT_NE(error(), "") << length;
    fs::remove(folder / "x.dcm");
  }
}

TEST_F(BadDicom, CompressedFilesCutAtAnyPlaceNeverPass) {
  for (const std::string tool : {"dcmcjpeg", "dcmcjpls", "dcmcrle"}) {
    REQUIRE_TOOL(tool);
    ASSERT_EQ(test::run(tool + " " + file(6).string() + " " + file(5).string()).status, 0);
    edit(file(5), [](DcmDataset& d) {
      d.putAndInsertString(DCM_SOPInstanceUID, "1.2.3.4");
      d.putAndInsertString(DCM_ImagePositionPatient, "-120.5\\-98.25\\323.25");
    });
    ASSERT_EQ(error(), "") << tool;
    const std::string whole = test::read_bytes(file(5));
    for (std::size_t length = 1200; length < whole.size(); length += 13) {
      test::write_bytes(file(5), whole.substr(0, length));
      ASSERT_NE(error(), "") << tool << " " << length << " of " << whole.size();
    }
  }
}

TEST_F(BadDicom, EmptyFilesAreNotOverlooked) {
  fs::resize_file(file(10), 0);
  EXPECT_THAT(error(), AllOf(HasSubstr("CT0011.dcm: empty file"), HasSubstr("--accept-damaged")));
}

TEST_F(BadDicom, EmptyFileOfAnotherNameIsAWarning) {
  test::write_bytes(folder / "DONE", "");
  const CtImage image = read_ct(folder.path());
  ASSERT_EQ(image.warnings.size(), 1u);
  EXPECT_THAT(with_files(image.warnings[0]), HasSubstr("DONE: empty file"));
}

TEST_F(BadDicom, MissingSlice) {
  fs::remove(file(4));
  EXPECT_THAT(error(), AllOf(HasSubstr("1 missing slice(s): 5 mm instead of 2.5 mm"), HasSubstr("CT0004.dcm"),
                             HasSubstr("CT0006.dcm")));
}

TEST_F(BadDicom, SliceTwice) {
  fs::copy_file(file(4), folder / "copy.dcm");
  edit(folder / "copy.dcm", [](DcmDataset& d) { d.putAndInsertString(DCM_SOPInstanceUID, "1.2.3.4"); });
  EXPECT_THAT(error(), AllOf(HasSubstr("two slices at the same position"), HasSubstr("CT0005.dcm"),
                             HasSubstr("copy.dcm")));
}

TEST_F(BadDicom, OneSlice) {
  EXPECT_THAT(test::input_error([&] { read_ct(file(0)); }), HasSubstr("a single slice"));
}

TEST_F(BadDicom, SlicesOfAnotherFrameOfReference) {
  edit(file(7), [](DcmDataset& d) { d.putAndInsertString(DCM_FrameOfReferenceUID, "1.2.3"); });
  EXPECT_THAT(error(), AllOf(HasSubstr("CT0008.dcm"), HasSubstr("Frame of Reference UID")));
}

TEST_F(BadDicom, RequiredAttributesAreNamed) {
  const std::vector<std::pair<DcmTagKey, const char*>> required = {
      {DCM_ImagePositionPatient, "ImagePositionPatient (0020,0032)"},
      {DCM_ImageOrientationPatient, "ImageOrientationPatient (0020,0037)"},
      {DCM_PixelSpacing, "PixelSpacing (0028,0030)"},
      {DCM_Rows, "Rows (0028,0010)"},
      {DCM_BitsStored, "BitsStored (0028,0101)"},
      {DCM_RescaleSlope, "RescaleSlope (0028,1053)"},
      {DCM_RescaleIntercept, "RescaleIntercept (0028,1052)"},
      {DCM_SOPInstanceUID, "SOPInstanceUID (0008,0018)"},
      {DCM_SeriesInstanceUID, "SeriesInstanceUID (0020,000e)"},
      {DCM_FrameOfReferenceUID, "FrameOfReferenceUID (0020,0052)"},
      {DCM_PixelData, "truncated"},
  };
  const std::string whole = test::read_bytes(file(2));
  for (const auto& [tag, name] : required) {
    edit(file(2), [removed = tag](DcmDataset& d) { d.findAndDeleteElement(removed); });
    EXPECT_THAT(error(), AllOf(HasSubstr("CT0003.dcm"), HasSubstr(name)));
    test::write_bytes(file(2), whole);
  }
}

TEST_F(BadDicom, PatientPositionMayBeMissing) {
  edit_all([](DcmDataset& d) { d.findAndDeleteElement(DCM_PatientPosition); });
  EXPECT_EQ(error(), "");
}

TEST_F(BadDicom, NumbersThatAreNone) {
  edit(file(2), [](DcmDataset& d) { d.putAndInsertString(DCM_PixelSpacing, "1.0\\wide"); });
  EXPECT_THAT(error(), HasSubstr("PixelSpacing (0028,0030) 'wide' is not a number"));
  edit(file(2), [](DcmDataset& d) { d.putAndInsertString(DCM_PixelSpacing, "1.0"); });
  EXPECT_THAT(error(), HasSubstr("PixelSpacing (0028,0030) has 1 value(s), expected 2"));
  edit(file(2), [](DcmDataset& d) { d.putAndInsertString(DCM_PixelSpacing, "0\\0"); });
  EXPECT_THAT(error(), HasSubstr("PixelSpacing (0028,0030) is not positive"));
  edit(file(2), [](DcmDataset& d) { d.putAndInsertString(DCM_ImagePositionPatient, "nan\\0\\0"); });
  EXPECT_THAT(error(), HasSubstr("'nan' is not a number"));
}

TEST_F(BadDicom, ColourAndInvertedImages) {
  edit_all([](DcmDataset& d) { d.putAndInsertUint16(DCM_SamplesPerPixel, 3); });
  EXPECT_THAT(error(), HasSubstr("SamplesPerPixel (0028,0002) is 3, expected 1"));
  edit_all([](DcmDataset& d) {
    d.putAndInsertUint16(DCM_SamplesPerPixel, 1);
    d.putAndInsertString(DCM_PhotometricInterpretation, "MONOCHROME1");
  });
  EXPECT_THAT(error(),
              HasSubstr("PhotometricInterpretation (0028,0004) is MONOCHROME1, expected MONOCHROME2"));
}

TEST_F(BadDicom, ValuesThatAreNoHounsfieldUnits) {
  edit_all([](DcmDataset& d) { d.putAndInsertString(DCM_RescaleType, "Z_EFF"); });
  EXPECT_THAT(error(), HasSubstr("RescaleType (0028,1054) is Z_EFF, expected HU"));
}

TEST_F(BadDicom, AModalityLutBesideTheRescaleIsNamed) {
  edit_all([](DcmDataset& d) {
    DcmItem* table = nullptr;
    d.findOrCreateSequenceItem(DCM_ModalityLUTSequence, table, -2);
    table->putAndInsertString(DCM_ModalityLUTType, "HU");
  });
  const CtImage image = read_ct(folder.path());
  ASSERT_EQ(image.warnings.size(), 1U);
  EXPECT_THAT(image.warnings[0].text, HasSubstr("Modality LUT Sequence (0028,3000)"));
  EXPECT_EQ(image.warnings[0].files.size(), image.dicom->slices.size());
}

TEST_F(BadDicom, NeitherAirNorBoneIsNoCt) {
  edit_all([](DcmDataset& d) { d.putAndInsertString(DCM_RescaleIntercept, "0"); });
  EXPECT_THAT(error(), AllOf(HasSubstr("values from 0 to"), HasSubstr("no air")));
  edit_all([](DcmDataset& d) { d.putAndInsertString(DCM_RescaleIntercept, "-5000"); });
  EXPECT_THAT(error(), HasSubstr("nothing denser than water"));
}

TEST_F(BadDicom, ValuesThatNoCtHas) {
  edit(file(3), [](DcmDataset& d) { d.putAndInsertString(DCM_RescaleSlope, "20"); });
  EXPECT_THAT(error(), AllOf(HasSubstr("CT0004.dcm: values up to"), HasSubstr("which no CT has")));
}

TEST_F(BadDicom, RowsThatDisagreeWithTheVoxels) {
  edit_all([](DcmDataset& d) { d.putAndInsertUint16(DCM_Rows, 15); });
  EXPECT_THAT(error(), HasSubstr("truncated"));
}

TEST_F(BadDicom, ImpossibleBits) {
  edit_all([](DcmDataset& d) { d.putAndInsertUint16(DCM_BitsStored, 17); });
  EXPECT_THAT(error(), HasSubstr("Bits Allocated 16, Stored 17"));
}

TEST_F(BadDicom, TransferSyntaxWithoutDecoderIsNamed) {
  REQUIRE_TOOL("dcmcjpls");
  for (const fs::path& f : files_in(folder.path())) {
    ASSERT_EQ(test::run("dcmcjpls " + f.string() + " " + f.string()).status, 0);
    std::string bytes = test::read_bytes(f);
    const std::string jpeg_ls = "1.2.840.10008.1.2.4.80", jpeg_2000_part_2 = "1.2.840.10008.1.2.4.92";
    test::write_bytes(f, bytes.replace(bytes.find(jpeg_ls), jpeg_ls.size(), jpeg_2000_part_2));
  }
  EXPECT_THAT(error(), AllOf(HasSubstr("CT0001.dcm: transfer syntax"), HasSubstr("1.2.840.10008.1.2.4.92"),
                             HasSubstr("gdcmconv")));
}

TEST_F(BadDicom, UnreadableFileAndFolder) {
  fs::permissions(folder.path(), fs::perms(0755));
  fs::permissions(file(4), fs::perms::none);
  {
    const test::WithoutPrivileges nobody;
    EXPECT_THAT(error(), AllOf(HasSubstr("CT0005.dcm: cannot open"), HasSubstr("Permission denied")));
  }
  fs::permissions(file(4), fs::perms(0644));
  fs::create_directory(folder / "locked");
  fs::permissions(folder / "locked", fs::perms(0700));
  const test::WithoutPrivileges nobody;
  EXPECT_THAT(error(), AllOf(HasSubstr("cannot read the folder"), HasSubstr("Permission denied")));
}

TEST_F(BadDicom, DamagedFilesOfOtherKindsDoNotMatter) {
  fs::copy_file(file(0), folder / "rtss");
  edit(folder / "rtss", [](DcmDataset& d) {
    d.putAndInsertString(DCM_SOPClassUID, UID_RTStructureSetStorage);
    d.putAndInsertString(DCM_Modality, "RTSTRUCT");
    d.findAndDeleteElement(DCM_PixelData);
  });
  test::truncate_by(folder / "rtss", 11);
  EXPECT_EQ(error(), "");
}

}  // namespace
}  // namespace anatomynet::io
