#include <algorithm>
#include <cmath>
#include <random>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/refusal.h"
#include "io/ct_image.h"
#include "io/dicom/dicom_ct_writer.h"
#include "io/dicom/internal/jpeg2000.h"
#include "io/support.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

using test::edit;
using test::files_in;
using test::make_ct;
using test::small_grid;
using test::TemporaryFolder;
using ::testing::HasSubstr;

void put_cells(DcmDataset& data, const std::vector<std::uint16_t>& cells) {
  data.putAndInsertUint16Array(DCM_PixelData, cells.data(), static_cast<unsigned long>(cells.size()));
}

TEST(DicomCt, ReadsBackWhatTheWriterWroteInAnyOrientation) {
  for (const auto& [about_x, about_z] :
       {std::pair{0.0, 0.0}, {0.0, 180.0}, {90.0, 0.0}, {-90.0, 90.0}, {17.0, -33.0}}) {
    const TemporaryFolder folder;
    Grid grid = small_grid();
    grid.direction = test::rotation(about_x, about_z);
    const CtVolume ct = make_ct(grid);
    const DicomSource written = write_ct_series(folder.path(), ct);
    const CtImage image = read_ct(folder.path());
    EXPECT_TRUE(same_grid(image.volume.grid, grid, 1e-4));
    EXPECT_EQ(image.volume.voxels, ct.voxels);
    EXPECT_TRUE(image.warnings.empty());
    ASSERT_TRUE(image.dicom);
    EXPECT_EQ(image.dicom->series_instance_uid, written.series_instance_uid);
    EXPECT_EQ(image.dicom->frame_of_reference_uid, written.frame_of_reference_uid);
    ASSERT_EQ(image.dicom->slices.size(), written.slices.size());
    for (std::size_t z = 0; z < written.slices.size(); ++z)
      EXPECT_EQ(image.dicom->slices[z].sop_instance_uid, written.slices[z].sop_instance_uid);
  }
}

TEST(DicomCt, OrdersByPositionNotByNameOrInstanceNumber) {
  const TemporaryFolder folder;
  const CtVolume ct = make_ct(small_grid());
  write_ct_series(folder.path(), ct);
  // names and instance numbers in an order of their own, in subfolders, with and without extension, beside
  // other files
  std::mt19937 random(3);
  std::vector<fs::path> files = files_in(folder.path());
  std::shuffle(files.begin(), files.end(), random);
  fs::create_directories(folder / "a/b");
  for (std::size_t i = 0; i < files.size(); ++i) {
    edit(files[i],
         [&](DcmDataset& d) { d.putAndInsertString(DCM_InstanceNumber, std::to_string(100 - i).c_str()); });
    fs::rename(files[i], folder / ((i % 2 ? "a/b/IM" : "x") + std::to_string(i) + (i % 3 ? "" : ".DCM")));
  }
  test::write_bytes(folder / "readme.txt", "not DICOM, and short");
  test::write_bytes(folder / "a/picture.png", std::string(500, 'p'));
  test::write_bytes(folder / "a/._IM1.dcm", "AppleDouble");
  const CtImage image = read_ct(folder.path());
  EXPECT_TRUE(same_grid(image.volume.grid, ct.grid));
  EXPECT_EQ(image.volume.voxels, ct.voxels);
}

TEST(DicomCt, CarriesPatientAndStudyAsBytes) {
  const TemporaryFolder folder;
  write_ct_series(folder.path(), make_ct(small_grid()));
  for (const fs::path& file : files_in(folder.path()))
    edit(file, [](DcmDataset& d) {
      d.putAndInsertString(DCM_SpecificCharacterSet, "ISO_IR 100");
      d.putAndInsertString(DCM_PatientName, "M\xfcller^J\xf6rg");
      d.putAndInsertString(DCM_PatientID, "42 ");
      d.putAndInsertString(DCM_AccessionNumber, "A7");
      d.putAndInsertString(DCM_StudyDate, "20260304");
    });
  const DicomSource source = *read_ct(folder.path()).dicom;
  EXPECT_EQ(source.specific_character_set, "ISO_IR 100");
  EXPECT_EQ(source.patient_name, "M\xfcller^J\xf6rg");
  EXPECT_EQ(source.patient_id, "42");
  EXPECT_EQ(source.accession_number, "A7");
  EXPECT_EQ(source.study_date, "20260304");
}

TEST(DicomCt, RescalesEachSliceByItsOwnSlopeAndRounds) {
  const TemporaryFolder folder;
  Grid grid = small_grid();
  grid.size = {4, 3, 2};
  write_ct_series(folder.path(), make_ct(grid));
  const std::vector<std::uint16_t> stored{0, 1, 2, 3, 500, 1000, 1001, 2000, 3000, 4000, 4094, 4095};
  const double slope[2] = {0.5, 1.37}, intercept[2] = {-1000.25, -1024};
  const auto files = files_in(folder.path());
  for (std::size_t z = 0; z < 2; ++z)
    edit(files[z], [&](DcmDataset& d) {
      d.putAndInsertString(DCM_RescaleSlope, std::to_string(slope[z]).c_str());
      d.putAndInsertString(DCM_RescaleIntercept, std::to_string(intercept[z]).c_str());
      put_cells(d, stored);
    });
  const CtVolume volume = read_ct(folder.path()).volume;
  for (std::size_t z = 0; z < 2; ++z)
    for (std::size_t i = 0; i < stored.size(); ++i)
      EXPECT_EQ(volume.slice(std::int64_t(z))[i], std::lround(stored[i] * slope[z] + intercept[z]))
          << z << " " << i;
}

// One way of storing voxels, and the HU that the cells mean.
struct StorageCase {
  const char* name;
  int bits_stored, high_bit, is_signed;
  std::vector<std::uint16_t> cells;
  std::vector<int> hu;  // slope 1, intercept -1000
};

TEST(DicomCt, UnpacksBitsSignAndPlaceOfStoredValues) {
  const std::vector<StorageCase> cases = {
      {"12 bits unsigned, junk above", 12, 11, 0, {0x0000, 0x0fff, 0xf3e8, 0x83e9}, {-1000, 3095, 0, 1}},
      {"12 bits signed", 12, 11, 1, {0x0fff, 0x0f9c, 0x07ff, 0x0001}, {-1001, -1024, 1047, -999}},
      {"12 bits at the top of the cell", 12, 15, 0, {0x0000, 0xfff0, 0x3e8f, 0x0010}, {-1000, 3095, 0, -999}},
      {"16 bits signed", 16, 15, 1, {0xffff, 0xfff0, 0x7fff, 0x03e8}, {-1001, -1016, 31767, 0}},
      {"16 bits unsigned", 16, 15, 0, {0x83e7, 0x8000, 0x0000, 0x03e8}, {32767, 31768, -1000, 0}},
  };
  for (const StorageCase& c : cases) {
    const TemporaryFolder folder;
    Grid grid = small_grid();
    grid.size = {2, 2, 2};
    write_ct_series(folder.path(), make_ct(grid));
    for (const fs::path& file : files_in(folder.path()))
      edit(file, [&](DcmDataset& d) {
        d.putAndInsertUint16(DCM_BitsStored, Uint16(c.bits_stored));
        d.putAndInsertUint16(DCM_HighBit, Uint16(c.high_bit));
        d.putAndInsertUint16(DCM_PixelRepresentation, Uint16(c.is_signed));
        d.putAndInsertString(DCM_RescaleIntercept, "-1000");
        put_cells(d, c.cells);
      });
    const CtVolume volume = read_ct(folder.path()).volume;
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(volume.voxels[i], c.hu[i]) << c.name << " " << i;
  }
}

TEST(DicomCt, TakesDeclaredPaddingAsAirUnlessItLiesInTissue) {
  const auto read_padded = [](std::uint16_t padding, int intercept, const std::vector<std::uint16_t>& cells) {
    const TemporaryFolder folder;
    Grid grid = small_grid();
    grid.size = {2, 2, 2};
    write_ct_series(folder.path(), make_ct(grid));
    for (const fs::path& file : files_in(folder.path()))
      edit(file, [&](DcmDataset& d) {
        d.putAndInsertUint16(DCM_PixelRepresentation, 1);
        d.putAndInsertUint16(DCM_BitsStored, 16);
        d.putAndInsertUint16(DCM_HighBit, 15);
        d.putAndInsertString(DCM_RescaleIntercept, std::to_string(intercept).c_str());
        d.putAndInsertUint16(DcmTag(DCM_PixelPaddingValue, DcmVR(EVR_US)), padding);
        put_cells(d, cells);
      });
    return read_ct(folder.path());
  };
  // -2000 written as unsigned 63536, as some scanners do; 32767 as padding at the top
  EXPECT_THAT(read_padded(63536, -1024, {63536, 1024, 1064, 3000}).volume.slice(0),
              testing::ElementsAre(-1024, 0, 40, 1976));
  EXPECT_THAT(read_padded(32767, -1024, {32767, 1024, 1064, 3000}).volume.slice(0),
              testing::ElementsAre(-1024, 0, 40, 1976));
  const CtImage water = read_padded(0, 0, {0, 64536, 40, 1976});
  EXPECT_THAT(water.volume.slice(0), testing::ElementsAre(0, -1000, 40, 1976));
  EXPECT_THAT(water.warnings,
              testing::Contains(testing::ResultOf(with_files, HasSubstr("not taken as padding"))));
}

// Re-encodes all files of a folder with a DCMTK tool.
void reencode(const fs::path& folder, const std::string& tool) {
  for (const fs::path& file : files_in(folder)) {
    const auto result = test::run(tool + " " + file.string() + " " + file.string() + ".new");
    ASSERT_EQ(result.status, 0) << result.output;
    fs::rename(file.string() + ".new", file);
  }
}

class CompressedCt : public testing::TestWithParam<const char*> {};

TEST_P(CompressedCt, GivesTheSameVoxels) {
  const std::string tool = GetParam();
  REQUIRE_TOOL(tool.substr(0, tool.find(' ')));
  // 12-bit storage, and 16-bit signed storage
  for (const std::int16_t highest : {std::int16_t{2900}, std::int16_t{9000}}) {
    const TemporaryFolder folder;
    CtVolume ct = make_ct(small_grid());
    ct.voxels[5] = highest;
    write_ct_series(folder.path(), ct);
    reencode(folder.path(), tool);
    EXPECT_EQ(read_ct(folder.path()).volume.voxels, ct.voxels);
  }
}

INSTANTIATE_TEST_SUITE_P(TransferSyntaxes, CompressedCt,
                         testing::Values("dcmcjpeg +e1", "dcmcjpeg +el", "dcmcjpls +el", "dcmcrle",
                                         "dcmconv +td", "dcmconv +tb", "dcmconv +ti"));

TEST(DicomCt, DecodesLossyJpegWithinItsLoss) {
  REQUIRE_TOOL("dcmcjpeg");
  const TemporaryFolder folder;
  Grid grid = small_grid();
  grid.size = {64, 64, 3};
  CtVolume ct(grid);
  for (std::int64_t i = 0; i < grid.voxel_count(); ++i) ct.voxels[i] = std::int16_t(i % 64 * 20 - 1000);
  write_ct_series(folder.path(), ct);
  reencode(folder.path(), "dcmcjpeg +ee +q 95 +sr +rm +un");
  const CtVolume back = read_ct(folder.path()).volume;
  for (std::size_t i = 0; i < ct.voxels.size(); ++i) ASSERT_NEAR(back.voxels[i], ct.voxels[i], 30);
}

TEST(DicomCt, DecodesJpeg2000) {
  if (!have_jpeg2000()) GTEST_SKIP() << "NOT CHECKED: built without OpenJPEG";
  for (const std::int16_t highest : {std::int16_t{2900}, std::int16_t{9000}}) {
    const TemporaryFolder folder;
    CtVolume ct = make_ct(small_grid());
    ct.voxels[5] = highest;
    write_ct_series(folder.path(), ct);
    reencode(folder.path(), ENCODE_JPEG2000);
    EXPECT_EQ(read_ct(folder.path()).volume.voxels, ct.voxels);
    test::truncate_by(files_in(folder.path())[4], 150);
    EXPECT_THAT(test::input_error([&] { read_ct(folder.path()); }),
                HasSubstr("CT0005.dcm: truncated or damaged"));
  }
}

TEST(DicomCt, ReadsFilesWithoutPreamble) {
  const TemporaryFolder folder;
  const CtVolume ct = make_ct(small_grid());
  write_ct_series(folder.path(), ct);
  for (const fs::path& file : files_in(folder.path())) {
    DcmFileFormat format;
    ASSERT_TRUE(format.loadFile(file.c_str()).good());
    format.loadAllDataIntoMemory();
    ASSERT_TRUE(format.getDataset()->saveFile(file.c_str(), EXS_LittleEndianImplicit).good());
  }
  EXPECT_EQ(read_ct(folder.path()).volume.voxels, ct.voxels);
}

TEST(DicomCt, ChoosesTheSeriesThatIsAskedFor) {
  const TemporaryFolder folder;
  const CtVolume first = make_ct(small_grid());
  Grid grid = small_grid();
  grid.size = {6, 5, 4};
  const CtVolume second = make_ct(grid);
  const DicomSource a = write_ct_series(folder / "a", first, {.series_description = "Neck C+"});
  const DicomSource b = write_ct_series(folder / "b", second, {.series_description = "Bone"});
  const std::string error = test::input_error([&] { read_ct(folder.path()); });
  EXPECT_THAT(error, HasSubstr(a.series_instance_uid + " 'Neck C+' 11 slices"));
  EXPECT_THAT(error, HasSubstr(b.series_instance_uid + " 'Bone' 4 slices"));
  EXPECT_THAT(error, HasSubstr("--series UID"));
  EXPECT_EQ(read_ct(folder.path(), {.series_uid = b.series_instance_uid}).volume.voxels, second.voxels);
  EXPECT_EQ(read_ct(folder.path(), {.series_uid = a.series_instance_uid}).volume.voxels, first.voxels);
  EXPECT_THAT(test::input_error([&] { read_ct(folder.path(), {.series_uid = "1.2.3"}); }),
              HasSubstr("no CT series 1.2.3"));
}

TEST(DicomCt, LeavesLocalizersAndOtherObjectsAside) {
  const TemporaryFolder folder;
  const CtVolume ct = make_ct(small_grid());
  write_ct_series(folder / "ct", ct);
  Grid grid = small_grid();
  grid.size = {30, 40, 2};
  write_ct_series(folder / "scout", make_ct(grid));
  for (const fs::path& file : files_in(folder / "scout"))
    edit(file, [](DcmDataset& d) { d.putAndInsertString(DCM_ImageType, "ORIGINAL\\PRIMARY\\LOCALIZER"); });
  write_ct_series(folder / "pet", make_ct(grid));
  for (const fs::path& file : files_in(folder / "pet"))
    edit(file, [](DcmDataset& d) {
      d.putAndInsertString(DCM_SOPClassUID, UID_PositronEmissionTomographyImageStorage);
      d.putAndInsertString(DCM_Modality, "PT");
    });
  EXPECT_EQ(read_ct(folder.path()).volume.voxels, ct.voxels);
}

TEST(DicomCt, ShearsATiltedGantryBackOntoItsPlanes) {
  // HU as a linear function of the place in the patient: linear interpolation must give it exactly.
  const auto hu_at = [](const Vec3& p) { return 3 * p[0] - 5 * p[1] + 2 * p[2]; };
  const TemporaryFolder folder;
  Grid grid;
  grid.size = {24, 20, 9};
  grid.spacing = {1, 1, 3};
  grid.origin = {10, -20, 30};
  grid.direction = test::rotation(12, 0);
  CtVolume ct(grid);
  const DicomSource source = write_ct_series(folder.path(), ct);
  const auto files = files_in(folder.path());
  for (std::size_t z = 0; z < files.size(); ++z) {
    const Vec3 first{10, -20, 30 + 3.0 * double(z)};
    std::vector<std::uint16_t> cells;
    for (int y = 0; y < 20; ++y)
      for (int x = 0; x < 24; ++x) {
        Vec3 p = first;
        for (int r = 0; r < 3; ++r) p[r] += x * grid.direction[r][0] + y * grid.direction[r][1];
        cells.push_back(static_cast<std::uint16_t>(std::lround(hu_at(p)) + 1024));
      }
    edit(files[z], [&](DcmDataset& d) {
      d.putAndInsertString(DCM_ImagePositionPatient, ("10\\-20\\" + std::to_string(first[2])).c_str());
      d.putAndInsertString(DCM_GantryDetectorTilt, "12");
      put_cells(d, cells);
    });
  }
  const CtImage image = read_ct(folder.path());
  ASSERT_EQ(image.warnings.size(), 1u);
  EXPECT_THAT(with_files(image.warnings[0]), HasSubstr("gantry tilt of 12.00 degrees"));
  const Grid& g = image.volume.grid;
  EXPECT_GT(g.size[1], 20);
  std::size_t inside = 0;
  for (std::int64_t z = 0; z < g.size[2]; ++z)
    for (std::int64_t y = 0; y < g.size[1]; ++y)
      for (std::int64_t x = 0; x < g.size[0]; ++x) {
        const Vec3 p = g.to_world({double(x), double(y), double(z)});
        const Vec3& first = image.dicom->slices[std::size_t(z)].position;
        double u = 0, v = 0, off = 0;  // where the voxel lies within its slice
        for (int r = 0; r < 3; ++r) {
          u += (p[r] - first[r]) * grid.direction[r][0];
          v += (p[r] - first[r]) * grid.direction[r][1];
          off += (p[r] - first[r]) * grid.direction[r][2];
        }
        ASSERT_NEAR(off, 0, 1e-6) << "grid slices must lie on the scanned planes";
        if (u < 0 || v < 0 || u > 23 || v > 19) {
          if (u < -1 || v < -1 || u > 24 || v > 20) {
            ASSERT_EQ(image.volume.at(x, y, z), lowest_hu);
          }
          continue;
        }
        ++inside;
        ASSERT_NEAR(image.volume.at(x, y, z), hu_at(p), 1.01) << x << " " << y << " " << z;
      }
  EXPECT_GT(inside, std::size_t(24 * 18 * 9));
}

TEST(DicomCt, ReadsTheSameOnAnyNumberOfThreads) {
  const TemporaryFolder folder;
  write_ct_series(folder.path(), make_ct(small_grid()));
  const CtImage one = read_ct(folder.path(), {.threads = 1});
  for (const int threads : {0, 3, 40}) {
    const CtImage many = read_ct(folder.path(), {.threads = threads});
    EXPECT_EQ(many.volume.voxels, one.volume.voxels) << threads;
    EXPECT_EQ(many.warnings, one.warnings);
  }
  const auto files = files_in(folder.path());
  for (const std::size_t i : {files.size() - 1, std::size_t{1}})
    edit(files[i], [](DcmDataset& data) { put_cells(data, {1, 2, 3}); });
  for (const int threads : {1, 4})  // the first bad file is named, whichever thread comes first
    test::expect_refused(ErrorKind::input, {files[1].filename().string()},
                         [&] { read_ct(folder.path(), {.threads = threads}); });
}

TEST(DicomCt, PrintsNothing) {
  const TemporaryFolder folder;
  write_ct_series(folder.path(), make_ct(small_grid()));
  edit(files_in(folder.path())[2],
       [](DcmDataset& d) { d.putAndInsertString(DCM_PatientBirthDate, "no date at all"); });
  test::write_bytes(folder / "noise", std::string(128, '\0') + "DICM" + std::string(200, '\x7f'));
  EXPECT_EQ(test::printed_by([&] { test::input_error([&] { read_ct(folder.path()); }); }), "");
}

}  // namespace
}  // namespace anatomynet::io
