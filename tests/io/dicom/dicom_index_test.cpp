#include "io/dicom/dicom_index.h"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "io/dicom/dicom_ct_writer.h"
#include "io/dicom/rtstruct.h"
#include "io/support.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;
using test::TemporaryFolder;
using ::testing::HasSubstr;

DicomSource write_patient(const fs::path& folder, const std::string& id) {
  CtSeriesOptions options;
  options.patient_id = id;
  fs::create_directories(folder);
  return write_ct_series(folder, test::make_ct(test::small_grid()), options);
}

std::string reason_for(const DicomArchive& archive, const fs::path& file) {
  for (const auto& skipped : archive.skipped)
    if (skipped.file == file) return skipped.reason;
  return {};
}

TEST(DicomIndex, SortsAMixedTree) {
  const TemporaryFolder folder;
  const DicomSource a = write_patient(folder / "a/ct", "A");
  write_patient(folder / "b/deep/er/ct1", "B");
  write_patient(folder / "b/ct2", "B");
  write_rtstruct(folder / "a/rt.dcm", a, {});
  write_patient(folder / "a/pet", "A");
  for (const fs::path& file : test::files_in(folder / "a/pet"))
    test::edit(file, [](DcmDataset& data) {
      data.putAndInsertString(DCM_SOPClassUID, UID_PositronEmissionTomographyImageStorage);
      data.putAndInsertString(DCM_Modality, "PT");
    });
  test::write_bytes(folder / "notes.txt", "nothing to see here, and no DICOM at all");
  test::write_bytes(folder / "empty.dcm", "");
  test::write_bytes(folder / "junk.dcm", std::string(128, '\0') + "DICM" + std::string(300, '\xff'));
  const auto slices = static_cast<std::size_t>(test::small_grid().size[2]);

  const DicomArchive archive = index_dicom(folder.path(), 3);
  ASSERT_EQ(archive.cts.size(), 3U);
  EXPECT_EQ(archive.cts[0].patient_id, "A");
  EXPECT_EQ(archive.cts[1].patient_id, "B");
  EXPECT_EQ(archive.cts[0].series_uid, a.series_instance_uid);
  EXPECT_EQ(archive.cts[0].frame_of_reference_uid, a.frame_of_reference_uid);
  EXPECT_EQ(archive.cts[0].files.size(), slices);
  ASSERT_EQ(archive.structure_sets.size(), 1U);
  EXPECT_EQ(archive.structure_sets[0].patient_id, "A");
  EXPECT_EQ(archive.other_modalities.at("PT"), slices);
  EXPECT_EQ(archive.skipped.size(), 3U);
  EXPECT_THAT(reason_for(archive, folder / "notes.txt"), HasSubstr("not a DICOM"));
  EXPECT_THAT(reason_for(archive, folder / "empty.dcm"), HasSubstr("empty"));
  EXPECT_THAT(reason_for(archive, folder / "junk.dcm"), HasSubstr("damaged"));
  EXPECT_EQ(archive.files, 4 * slices + 4);

  const CtImage image = read_archived_ct(archive.cts[0]);
  EXPECT_EQ(image.volume.voxels, test::make_ct(test::small_grid()).voxels);
}

TEST(DicomIndex, DamagedSlicesAndSecondCopiesAreNamed) {
  const TemporaryFolder folder;
  write_patient(folder / "ct", "A");
  const auto files = test::files_in(folder / "ct");
  test::truncate_by(files.back(), 40);
  fs::copy_file(files.front(), folder / "copy.dcm");
  const DicomArchive archive = index_dicom(folder.path());
  ASSERT_EQ(archive.cts.size(), 1U);
  EXPECT_EQ(archive.cts[0].files.size(), files.size() - 1);
  ASSERT_EQ(archive.cts[0].damaged.size(), 1U);
  EXPECT_EQ(archive.cts[0].damaged[0].file, files.back());
  EXPECT_THAT(reason_for(archive, files.back()), HasSubstr("truncated"));
  EXPECT_THAT(reason_for(archive, files.front()), HasSubstr("copy.dcm"));
}

TEST(DicomIndex, LinksThatRunInACircleEndTheWalkOnce) {
  const TemporaryFolder folder;
  write_patient(folder / "ct", "A");
  fs::create_directory_symlink(folder.path(), folder / "ct/up");
  fs::create_directory_symlink(folder / "ct", folder / "again");
  fs::create_symlink(folder / "nowhere", folder / "dangling");
  const DicomArchive archive = index_dicom(folder.path());
  ASSERT_EQ(archive.cts.size(), 1U);
  EXPECT_EQ(archive.files, archive.cts[0].files.size());
  EXPECT_THAT(reason_for(archive, folder / "dangling"), HasSubstr("link"));
}

TEST(DicomIndex, NamesWhatCannotBeRead) {
  const TemporaryFolder folder;
  write_patient(folder / "ct", "A");
  fs::create_directory(folder / "closed");
  test::write_bytes(folder / "locked.dcm", "x");
  fs::permissions(folder / "closed", fs::perms::none);
  fs::permissions(folder / "locked.dcm", fs::perms::none);
  fs::permissions(folder.path(), fs::perms::all);
  {
    const test::WithoutPrivileges ordinary;
    const DicomArchive archive = index_dicom(folder.path(), 1);
    EXPECT_THAT(reason_for(archive, folder / "closed"), HasSubstr("ermission"));
    EXPECT_THAT(reason_for(archive, folder / "locked.dcm"), HasSubstr("ermission"));
    EXPECT_EQ(archive.cts.size(), 1U);
  }
  fs::permissions(folder / "closed", fs::perms::all);
  EXPECT_THAT(test::input_error([&] { index_dicom(folder / "absent"); }), HasSubstr("absent"));
}

// scripts/many-dicom makes the tree.
TEST(DicomIndex, CountsATreeOfManyFiles) {
  const char* tree = std::getenv("ANATOMYNET_DICOM_TREE");
  if (tree == nullptr)
    GTEST_SKIP() << "NOT CHECKED: set ANATOMYNET_DICOM_TREE to a tree that scripts/many-dicom made";
  std::size_t ct = 0, pt = 0, rt = 0, bad = 0;
  std::ifstream(std::string(tree) + ".expected") >> ct >> pt >> rt >> bad;
  const auto start = std::chrono::steady_clock::now();
  const DicomArchive archive = index_dicom(tree);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::size_t found = 0;
  for (const ArchivedCt& series : archive.cts) found += series.files.size();
  EXPECT_EQ(found, ct);
  EXPECT_EQ(archive.other_modalities.at("PT"), pt);
  EXPECT_EQ(archive.structure_sets.size(), rt);
  EXPECT_EQ(archive.skipped.size(), bad);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::cout << archive.files << " files in " << seconds << " s, peak " << usage.ru_maxrss / 1024 << " MiB\n";
}

}  // namespace
}  // namespace anatomynet::io
