#include <algorithm>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "io/ct_image.h"
#include "io/dicom/dicom_ct_writer.h"
#include "io/dicom/dicom_index.h"
#include "io/support.h"

// What lies in folders of CTs beside whole slices.
namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;
using test::edit;
using test::files_in;
using test::input_error;
using test::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::size_t slices = 11;

class DicomFolder : public testing::Test {
 protected:
  DicomFolder() {
    fs::create_directory(ct);
    write_ct_series(ct, volume);
  }
  static CtImage accepting(const fs::path& path) {
    ReadOptions options;
    options.accept_damaged = true;
    return read_ct(path, options);
  }
  static std::string all_of(const std::vector<Warning>& warnings) {
    std::string text;
    for (const Warning& warning : warnings) text += with_files(warning) + "\n";
    return text;
  }
  fs::path slice(std::size_t i) const { return files_in(ct).at(i); }

  TemporaryFolder folder;
  fs::path ct = folder / "ct";
  CtVolume volume = test::make_ct(test::small_grid());
};

TEST_F(DicomFolder, NamesOfFilesDoNotMatter) {
  const auto files = files_in(ct);
  fs::rename(files[0], ct / "CT0001.DCM");
  fs::rename(files[1], ct / "I0002");
  fs::rename(files[2], ct / "1.2.840.3");
  fs::rename(files[3], ct / "scan.txt");
  EXPECT_EQ(read_ct(ct).volume.voxels, volume.voxels);
}

TEST_F(DicomFolder, AFileNamedAsDicomThatIsNoneIsLeftOutAndNamed) {
  test::write_bytes(ct / "notes.dcm", "Contours of the left side were drawn twice, see the letter.");
  test::write_bytes(ct / "more.DCM", std::string(500, 'm'));
  const CtImage image = read_ct(ct);
  EXPECT_EQ(image.volume.voxels, volume.voxels);
  ASSERT_EQ(image.warnings.size(), 1U) << all_of(image.warnings);
  EXPECT_THAT(with_files(image.warnings[0]),
              AllOf(HasSubstr("2 files"), HasSubstr("notes.dcm"), HasSubstr("more.DCM")));
  for (const fs::path& file : files_in(ct))
    if (file.filename().string().starts_with("CT")) fs::remove(file);
  EXPECT_THAT(input_error([&] { read_ct(ct); }), AllOf(HasSubstr("more.DCM"), HasSubstr("named as DICOM")));
}

TEST_F(DicomFolder, LinksAreFollowed) {
  fs::create_directory(folder / "linked");
  fs::create_directory_symlink(ct, folder / "linked/ct");
  fs::create_directory_symlink(folder / "linked", folder / "linked/loop");
  EXPECT_EQ(read_ct(folder / "linked").volume.voxels, volume.voxels);
  const DicomArchive archive = index_dicom(folder.path());
  ASSERT_EQ(archive.cts.size(), 1U);
  EXPECT_EQ(archive.cts[0].files.size(), slices);
}

TEST_F(DicomFolder, HiddenFilesPipesAndDevicesAreNoSlices) {
  fs::copy_file(slice(4), ct / ".CT0005.dcm");
  edit(ct / ".CT0005.dcm", [](DcmDataset& d) { d.putAndInsertString(DCM_SOPInstanceUID, "1.2.3"); });
  ASSERT_EQ(::mkfifo((ct / "pipe.dcm").c_str(), 0600), 0);
  fs::create_symlink("/dev/zero", ct / "zero.dcm");
  EXPECT_EQ(read_ct(ct).volume.voxels, volume.voxels);
  EXPECT_THAT(input_error([&] { read_ct(ct / "pipe.dcm"); }), HasSubstr("neither a file nor a folder"));
}

TEST_F(DicomFolder, ADamagedSliceIsRefusedUnlessThatIsAccepted) {
  const fs::path last = slice(slices - 1);
  const std::string whole = test::read_bytes(last);
  for (const std::size_t length : {std::size_t{0}, std::size_t{200}, std::size_t{700}, whole.size() - 1}) {
    test::write_bytes(last, whole.substr(0, length));
    EXPECT_THAT(input_error([&] { read_ct(ct); }),
                AllOf(HasSubstr("CT0011.dcm"), HasSubstr("--accept-damaged")))
        << length;
    const CtImage image = accepting(ct);
    EXPECT_EQ(image.volume.grid.size[2], 10) << length;
    EXPECT_TRUE(std::equal(image.volume.voxels.begin(), image.volume.voxels.end(), volume.voxels.begin()));
    ASSERT_EQ(image.warnings.size(), 1U) << length << all_of(image.warnings);
    EXPECT_THAT(with_files(image.warnings[0]),
                AllOf(HasSubstr("CT0011.dcm"), HasSubstr("damaged slice left out")));
    ASSERT_TRUE(image.dicom);
    EXPECT_EQ(image.dicom->slices.size(), slices - 1);
  }
  test::write_bytes(last, std::string(whole.size(), '\0'));
  EXPECT_THAT(input_error([&] { read_ct(ct); }), HasSubstr("CT0011.dcm: filled with zeros"));
}

TEST_F(DicomFolder, AHoleThatDamageLeavesIsRefusedAllTheSame) {
  test::truncate_by(slice(5), 30);
  EXPECT_THAT(input_error([&] { accepting(ct); }), HasSubstr("missing slice"));
}

TEST_F(DicomFolder, VoxelsThatCannotBeDecodedAreDamageToo) {
  REQUIRE_TOOL("dcmcjpls");
  for (const fs::path& file : files_in(ct))
    ASSERT_EQ(test::run("dcmcjpls " + file.string() + " " + file.string()).status, 0);
  test::truncate_by(slice(0), 200);
  EXPECT_THAT(input_error([&] { read_ct(ct); }), HasSubstr("CT0001.dcm"));
  const CtImage image = accepting(ct);
  EXPECT_EQ(image.volume.grid.size[2], 10);
  EXPECT_TRUE(std::equal(image.volume.voxels.rbegin(), image.volume.voxels.rend(), volume.voxels.rbegin()));
  EXPECT_THAT(all_of(image.warnings), HasSubstr("CT0001.dcm: damaged slice left out"));
}

TEST_F(DicomFolder, ACtWithoutAnyWholeSliceIsNamed) {
  for (const fs::path& file : files_in(ct)) test::truncate_by(file, 30);
  EXPECT_THAT(input_error([&] { accepting(ct); }),
              AllOf(HasSubstr("CT0001.dcm: truncated"), HasSubstr("no slice")));
  EXPECT_EQ(index_dicom(folder.path()).cts.size(), 1U);
}

TEST_F(DicomFolder, TreeAndFolderGiveTheSameCt) {
  // a file of which nothing tells where it belongs counts for the CT of its folder, in both
  test::write_bytes(ct / "junk.dcm", std::string(128, '\0') + "DICM" + std::string(300, '\xff'));
  const DicomArchive archive = index_dicom(folder.path());
  ASSERT_EQ(archive.cts.size(), 1U);
  const std::string one = input_error([&] { read_ct(ct); });
  EXPECT_THAT(one, HasSubstr("junk.dcm"));
  EXPECT_EQ(input_error([&] { read_archived_ct(archive.cts[0]); }), one);
}

TEST_F(DicomFolder, DamageOfOtherPatientsDoesNotMatter) {
  fs::create_directory(folder / "other");
  write_ct_series(folder / "other", volume);
  test::truncate_by(files_in(folder / "other").front(), 30);
  test::write_bytes(folder / "junk.dcm", std::string(128, '\0') + "DICM" + std::string(300, '\xff'));
  const DicomArchive archive = index_dicom(folder.path());
  ASSERT_EQ(archive.cts.size(), 2U);
  std::size_t refused = 0;
  for (const ArchivedCt& one : archive.cts) {
    const bool damaged = one.files.front().parent_path() == folder / "other";
    EXPECT_EQ(one.damaged.size(), damaged ? 1U : 0U);
    refused += !input_error([&] { read_archived_ct(one); }).empty();
  }
  EXPECT_EQ(refused, 1U);
}

TEST_F(DicomFolder, ASecondCopyOfASliceIsLeftOut) {
  fs::create_directory(folder / "ct/again");
  fs::copy_file(slice(0), folder / "ct/again/copy");
  const CtImage image = read_ct(ct);
  EXPECT_EQ(image.volume.voxels, volume.voxels);
  EXPECT_THAT(all_of(image.warnings), HasSubstr("second copy"));
}

TEST_F(DicomFolder, TwoImagesOfOneUidAreRefused) {
  fs::copy_file(slice(3), ct / "edited.dcm");
  edit(ct / "edited.dcm", [](DcmDataset& d) { d.putAndInsertString(DCM_ImagePositionPatient, "0\\0\\900"); });
  EXPECT_THAT(input_error([&] { read_ct(ct); }),
              AllOf(HasSubstr("SOP Instance UID"), HasSubstr("edited.dcm")));
}

TEST_F(DicomFolder, SlicesOfTwoPatientsInOneFolderAreRefusedWhoeverReadsThem) {
  edit(slice(slices - 1), [](DcmDataset& d) { d.putAndInsertString(DCM_PatientID, "ANOTHER"); });
  const std::string one = input_error([&] { read_ct(ct); });
  EXPECT_THAT(one, AllOf(HasSubstr("Patient ID (0010,0020) differs"), ::testing::Not(HasSubstr("ANOTHER"))));
  for (const ArchivedCt& series : index_dicom(folder.path()).cts)
    EXPECT_EQ(input_error([&] { read_archived_ct(series); }), one);
}

TEST_F(DicomFolder, WhatIsThereInsteadOfDicomIsSaid) {
  const TemporaryFolder other;
  EXPECT_THAT(input_error([&] { read_ct(other.path()); }), HasSubstr("no DICOM files"));
  test::write_bytes(other / "scan.zip", "PK\3\4" + std::string(400, 'z'));
  EXPECT_THAT(input_error([&] { read_ct(other.path()); }), AllOf(HasSubstr("scan.zip"), HasSubstr("unpack")));
  EXPECT_THAT(input_error([&] { read_ct(other / "scan.zip"); }),
              AllOf(HasSubstr("ZIP"), HasSubstr("unpack")));
  fs::remove(other / "scan.zip");
  test::write_bytes(other / "scan.nii.gz", "\x1f\x8b");
  EXPECT_THAT(input_error([&] { read_ct(other.path()); }), HasSubstr("give the file itself"));
}

TEST_F(DicomFolder, ADicomdirStandsForItsFolder) {
  REQUIRE_TOOL("dcmmkdir");
  const auto files = files_in(ct);
  for (std::size_t i = 0; i < files.size(); ++i)
    fs::rename(files[i], ct / (std::string("IM") + char('A' + int(i))));
  const auto made =
      test::run("cd " + ct.string() + " && dcmmkdir +r +id . --general-purpose +D DICOMDIR -Nxc");
  ASSERT_EQ(made.status, 0) << made.output;
  EXPECT_EQ(read_ct(ct).volume.voxels, volume.voxels);
  EXPECT_EQ(read_ct(ct / "DICOMDIR").volume.voxels, volume.voxels);
  fs::create_directory(folder / "alone");
  fs::copy_file(ct / "DICOMDIR", folder / "alone/DICOMDIR");
  EXPECT_THAT(input_error([&] { read_ct(folder / "alone"); }),
              AllOf(HasSubstr("DICOMDIR"), HasSubstr("copy")));
}

TEST_F(DicomFolder, ZerosBehindTheVoxelsArePadding) {
  for (const std::size_t zeros : {2U, 4U, 6U, 8U, 12U, 512U}) {
    const std::string whole = test::read_bytes(slice(4));
    test::write_bytes(slice(4), whole + std::string(zeros, '\0'));
    EXPECT_EQ(read_ct(ct).volume.voxels, volume.voxels) << zeros;
    test::write_bytes(slice(4), whole);
  }
  test::write_bytes(slice(4), test::read_bytes(slice(4)) + "\x01\x02\x03\x04");
  EXPECT_THAT(input_error([&] { read_ct(ct); }), HasSubstr("CT0005.dcm"));
}

TEST_F(DicomFolder, PixelDataOfUnknownVrIsRead) {
  for (const fs::path& file : files_in(ct)) {
    std::string bytes = test::read_bytes(file);
    const std::size_t at = bytes.find(std::string("\xe0\x7f\x10\x00OW", 6));
    ASSERT_NE(at, std::string::npos);
    test::write_bytes(file, bytes.replace(at + 4, 2, "UN"));
  }
  EXPECT_EQ(read_ct(ct).volume.voxels, volume.voxels);
}

}  // namespace
}  // namespace anatomynet::io
