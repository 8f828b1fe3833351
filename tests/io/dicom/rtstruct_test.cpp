#include "io/dicom/rtstruct.h"

#include <cmath>
#include <numbers>
#include <sstream>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/dicom/dicom_ct_writer.h"
#include "io/image/image_file.h"
#include "io/support.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

using test::TemporaryFolder;
using ::testing::HasSubstr;
using ::testing::Not;

// An ellipse of radii a, b (voxels) round a voxel, in the plane of slice z.
std::vector<Vec3> ellipse(const Grid& grid, double x, double y, double a, double b, int z, int points = 72) {
  std::vector<Vec3> polygon;
  for (int k = 0; k < points; ++k) {
    const double angle = 2 * std::numbers::pi * k / points;
    polygon.push_back(grid.to_world({x + a * std::cos(angle), y + b * std::sin(angle), double(z)}));
  }
  return polygon;
}

Grid ct_grid() {
  Grid grid;
  grid.size = {60, 50, 12};
  grid.spacing = {1.171875, 1.171875, 2.5};
  grid.origin = {-33.2, -140.7, 1024.55};
  return grid;
}

std::vector<RoiContours> some_rois(const Grid& grid) {
  const OrganTable& organs = standard_organs();
  std::vector<RoiContours> rois;
  for (const int id : {3, 6, 7}) {
    RoiContours roi{*find_organ(organs, id), {}, {}};
    for (int z = 2; z < 9; ++z) {
      roi.polygons.push_back(ellipse(grid, 12 + 5 * id, 20 + id, 8 + id / 2.0, 10, z));
      roi.slice.push_back(z);
    }
    rois.push_back(roi);
  }
  rois.push_back({*find_organ(organs, 2), {}, {}});  // found nowhere
  return rois;
}

class RtStruct : public testing::Test {
 protected:
  RtStruct() : ct(test::make_ct(ct_grid())), source(write_ct_series(folder / "ct", ct)) {}
  void write(const std::vector<RoiContours>& rois,
             const RtStructOptions& options = {.algorithm = "model 1", .software_version = "0.1"}) {
    write_rtstruct(path, source, rois, options);
  }
  TemporaryFolder folder;
  CtVolume ct;
  DicomSource source;
  fs::path path = folder / "rtstruct.dcm";
};

TEST_F(RtStruct, IsValidForDciodvfy) {
  REQUIRE_TOOL("dciodvfy");
  write(some_rois(ct.grid));
  const std::string output = test::run("dciodvfy " + path.string()).output;
  EXPECT_THAT(output, HasSubstr("RTStructureSet"));
  EXPECT_THAT(output, Not(HasSubstr("Error")));
  EXPECT_THAT(output, Not(HasSubstr("Warning")));
}

TEST_F(RtStruct, CtSeriesIsValidForDciodvfy) {
  REQUIRE_TOOL("dciodvfy");
  CtVolume wide = ct;
  wide.voxels[0] = 9000;  // 16-bit storage
  wide.grid.direction = test::rotation(11, 29);
  write_ct_series(folder / "wide", wide);
  for (const char* file : {"ct/CT0001.dcm", "ct/CT0012.dcm", "wide/CT0007.dcm"}) {
    const std::string output = test::run("dciodvfy " + (folder / file).string()).output;
    EXPECT_THAT(output, HasSubstr("CTImage"));
    EXPECT_THAT(output, Not(HasSubstr("Error")));
  }
}

TEST_F(RtStruct, SaysToPydicomWhatWasMeant) {
  if (test::run("/usr/bin/python3 -c 'import pydicom'").status != 0)
    GTEST_SKIP() << "NOT CHECKED: python3-pydicom is not installed";
  source.patient_name = "Doe^Jane";
  source.patient_id = "4711";
  const std::vector<RoiContours> rois = some_rois(ct.grid);
  write(rois);
  const auto result = test::run(
      "/usr/bin/python3 " ANATOMYNET_SOURCE_DIR "/tests/io/dicom/read_rtstruct.py " + path.string());
  ASSERT_EQ(result.status, 0) << result.output;
  std::string slices = "slices";
  for (const DicomSlice& slice : source.slices) slices += " " + slice.sop_instance_uid;
  for (const std::string& line :
       {std::string("class 1.2.840.10008.5.1.4.1.1.481.3"), std::string("patient Doe^Jane 4711"),
        "study " + source.study_instance_uid, std::string("label AnatomyNet"),
        "frame " + source.frame_of_reference_uid + " " + source.frame_of_reference_uid,
        "reference " + source.study_instance_uid + " " + source.series_instance_uid, slices,
        std::string("roi 3 Bone_Mandible AUTOMATIC 255 220 60 ORGAN SCT 91609006\n"),
        std::string("roi 6 Parotid_L AUTOMATIC 80 120 255 ORGAN SCT 45289007 Left\n"),
        std::string("roi 7 Parotid_R AUTOMATIC 255 80 80 ORGAN SCT 45289007 Right\n"),
        std::string("roi 2 OpticChiasm AUTOMATIC 255 128 255 ORGAN SCT 244453006\n")})
    EXPECT_THAT(result.output, HasSubstr(line));

  std::istringstream lines(result.output);
  std::size_t read = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word, type, uid;
    std::size_t number = 0, points = 0;
    if (!(words >> word) || word != "contour") continue;
    words >> number >> type >> points >> uid;
    const RoiContours& roi = rois.at(read / 7);
    const std::size_t i = read++ % 7;
    EXPECT_EQ(int(number), roi.organ.id);
    EXPECT_EQ(type, "CLOSED_PLANAR");
    EXPECT_EQ(uid, source.slices.at(std::size_t(roi.slice[i])).sop_instance_uid);
    ASSERT_EQ(points, roi.polygons[i].size());
    for (const Vec3& point : roi.polygons[i])
      for (const double expected : point) {
        double value = 0;
        ASSERT_TRUE(words >> value);
        ASSERT_NEAR(value, expected, 5.1e-5);
      }
  }
  EXPECT_EQ(read, 21u);
}

TEST_F(RtStruct, BecomesTheSameMasksInPlastimatch) {
  REQUIRE_TOOL("plastimatch");
  for (const double angle : {0.0, 180.0}) {
    ct.grid.direction = test::rotation(0, angle);
    source = write_ct_series(folder / "turned", ct);
    const std::vector<RoiContours> rois = some_rois(ct.grid);
    write(rois);
    const auto result = test::run("cd " + folder.path().string() +
                                  " && plastimatch convert --input rtstruct.dcm --referenced-ct turned "
                                  "--output-prefix masks --prefix-format nii.gz");
    ASSERT_EQ(result.status, 0) << result.output;
    for (const RoiContours& roi : rois) {
      if (roi.polygons.empty()) continue;
      const LabelVolume mask = read_labels(folder / ("masks/" + roi.organ.name + ".nii.gz"));
      const int id = roi.organ.id;
      std::size_t both = 0, ours = 0, theirs = 0;
      for (std::int64_t z = 0; z < ct.grid.size[2]; ++z)
        for (std::int64_t y = 0; y < ct.grid.size[1]; ++y)
          for (std::int64_t x = 0; x < ct.grid.size[0]; ++x) {
            const double u = (double(x) - 12 - 5 * id) / (8 + id / 2.0), v = (double(y) - 20 - id) / 10;
            const bool inside = z >= 2 && z < 9 && u * u + v * v < 1;
            // plastimatch may order axes its own way: compare at the place in the patient
            const Vec3 at = mask.grid.to_index(ct.grid.to_world({double(x), double(y), double(z)}));
            const bool set = mask.at(std::lround(at[0]), std::lround(at[1]), std::lround(at[2])) != 0;
            ours += inside;
            theirs += set;
            both += inside && set;
          }
      EXPECT_GT(2.0 * double(both) / double(ours + theirs), 0.985) << roi.organ.name << " at " << angle;
    }
    fs::remove_all(folder / "masks");
    fs::remove_all(folder / "turned");
  }
}

TEST_F(RtStruct, RepeatsThePatientsNameInItsCharacterSet) {
  source.specific_character_set = "ISO_IR 100";
  source.patient_name = "M\xfcller^J\xf6rg";
  source.referring_physician = "\xc5ngstr\xf6m";
  write(some_rois(ct.grid));
  DcmFileFormat file;
  ASSERT_TRUE(file.loadFile(path.c_str()).good());
  OFString value;
  file.getDataset()->findAndGetOFString(DCM_SpecificCharacterSet, value);
  EXPECT_EQ(value, "ISO_IR 100");
  file.getDataset()->findAndGetOFString(DCM_PatientName, value);
  EXPECT_EQ(value, "M\xfcller^J\xf6rg");
  file.getDataset()->findAndGetOFString(DCM_ReferringPhysicianName, value);
  EXPECT_EQ(value, "\xc5ngstr\xf6m");
}

// Contours of the first ROI as DCMTK reads them: points a contour.
std::vector<int> points_written(const fs::path& path) {
  DcmFileFormat file;
  file.loadFile(path.c_str());
  DcmItem* roi = nullptr;
  file.getDataset()->findAndGetSequenceItem(DCM_ROIContourSequence, roi, 0);
  std::vector<int> points;
  DcmItem* contour = nullptr;
  for (int i = 0; roi && roi->findAndGetSequenceItem(DCM_ContourSequence, contour, i).good(); ++i) {
    Sint32 n = 0;
    contour->findAndGetSint32(DCM_NumberOfContourPoints, n);
    points.push_back(n);
  }
  return points;
}

TEST_F(RtStruct, LeavesOutWhatIsNoPolygon) {
  RoiContours roi{standard_organs()[0], {}, {}};
  const Vec3 a{0, 0, 1024.55}, b{3, 0, 1024.55}, c{0, 4, 1024.55}, a_again{0.00001, 0, 1024.55};
  roi.polygons = {{a, b}, {a, b, c, a}, {a, b, a, b}, {}, {a, a_again, b, b, c}, {a, b, a_again}};
  roi.slice.assign(roi.polygons.size(), 0);
  write({roi});
  EXPECT_THAT(points_written(path), testing::ElementsAre(3, 3));
}

TEST_F(RtStruct, KeepsContoursOfThousandsOfPoints) {
  RoiContours roi{standard_organs()[0], {ellipse(ct.grid, 30, 25, 20, 20, 3, 9000)}, {3}};
  write({roi});  // 250 kB of text, past the 16-bit length of explicit VR
  EXPECT_THAT(points_written(path), testing::ElementsAre(9000));
}

TEST_F(RtStruct, RefersToFramesOfAnEnhancedCt) {
  source.sop_class_uid = UID_EnhancedCTImageStorage;
  for (std::size_t z = 0; z < source.slices.size(); ++z) source.slices[z].frame = int(z) + 1;
  write(some_rois(ct.grid));
  DcmFileFormat file;
  ASSERT_TRUE(file.loadFile(path.c_str()).good());
  DcmItem *roi = nullptr, *contour = nullptr, *image = nullptr;
  ASSERT_TRUE(file.getDataset()->findAndGetSequenceItem(DCM_ROIContourSequence, roi, 0).good());
  ASSERT_TRUE(roi->findAndGetSequenceItem(DCM_ContourSequence, contour, 3).good());
  ASSERT_TRUE(contour->findAndGetSequenceItem(DCM_ContourImageSequence, image, 0).good());
  Sint32 frame = 0;
  ASSERT_TRUE(image->findAndGetSint32(DCM_ReferencedFrameNumber, frame).good());
  EXPECT_EQ(frame, 6);  // slices from 2 on, frames from 1 on
}

TEST_F(RtStruct, SameSeedSameBytesOtherSeedOtherUids) {
  write(some_rois(ct.grid), {.uid_seed = "a"});
  const std::string first = test::read_bytes(path);
  write(some_rois(ct.grid), {.uid_seed = "a"});
  EXPECT_EQ(test::read_bytes(path), first);
  write(some_rois(ct.grid), {.uid_seed = "b"});
  EXPECT_NE(test::read_bytes(path), first);

  write_ct_series(folder / "s1", ct, {.uid_seed = "a"});
  write_ct_series(folder / "s2", ct, {.uid_seed = "a"});
  EXPECT_EQ(test::read_bytes(folder / "s1/CT0003.dcm"), test::read_bytes(folder / "s2/CT0003.dcm"));
}

TEST_F(RtStruct, RefusesWhatCannotBeReferredTo) {
  const auto error_with = [&](auto change) {
    DicomSource other = source;
    change(other);
    return test::input_error([&] { write_rtstruct(path, other, {}); });
  };
  EXPECT_THAT(error_with([](DicomSource& s) { s.frame_of_reference_uid.clear(); }),
              HasSubstr("Frame of Reference UID (0020,0052)"));
  EXPECT_THAT(error_with([](DicomSource& s) { s.slices.clear(); }), HasSubstr("no DICOM slices"));
  RoiContours off{standard_organs()[0], {ellipse(ct.grid, 30, 25, 9, 9, 3)}, {12}};
  EXPECT_THROW(write({off}), Error);
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(RtStruct, UnwritablePlaceIsAnOutputError) {
  try {
    write_rtstruct(folder / "ct" / "CT0001.dcm" / "x.dcm", source, {});
    FAIL() << "wrote into a file";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::output);
  }
}

}  // namespace
}  // namespace anatomynet::io
