// What contours of a structure set mean: their types, the images they were drawn on, and files that are too
// much.
#include <fstream>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "core/organs.h"
#include "io/dicom/closed_contours.h"
#include "io/dicom/dicom_ct_writer.h"
#include "io/dicom/image_references.h"
#include "io/dicom/internal/rtstruct_memory.h"
#include "io/dicom/rtstruct.h"
#include "io/support.h"

namespace anatomynet::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using enum ContourKind;

TEST(ContourTypes, AreReadByTheirSense) {
  struct Case {
    const char* text;
    ContourKind kind;
    bool as_written;
  };
  const Case cases[] = {{"CLOSED_PLANAR", closed_planar, true},
                        {"CLOSED_PLANAR ", closed_planar, true},
                        {"  CLOSED_PLANAR   ", closed_planar, true},
                        {"CLOSEDPLANAR_XOR", closed_planar_xor, true},
                        {"POINT", open, true},
                        {"OPEN_PLANAR ", open, true},
                        {"OPEN_NONPLANAR", open, true},
                        {"CLOSED PLANAR", closed_planar, false},
                        {"closed_planar", closed_planar, false},
                        {"CLOSEDPLANAR", closed_planar, false},
                        {"Closed-Planar", closed_planar, false},
                        {"CLOSED", closed_planar, false},
                        {"INTERPOLATED_PLANAR", closed_planar, false},
                        {"interpolated planar ", closed_planar, false},
                        {"CLOSED_PLANAR_XOR", closed_planar_xor, false},
                        {"closedplanar xor", closed_planar_xor, false},
                        {"", closed_planar, false},
                        {"    ", closed_planar, false},
                        {"open planar", open, false},
                        {"Point", open, false},
                        {"CLOSED_NONPLANAR", unknown, true},
                        {"PLANAR", unknown, true},
                        {"CLOSED_PLANER", unknown, true},
                        {"CLOSED_PLANAR\\CLOSED_PLANAR", unknown, true},
                        {"INTERPOLATED", unknown, true},
                        {"\x01\xff", unknown, true}};
  for (const Case& c : cases) {
    const ContourTypeReading reading = read_contour_type(c.text);
    EXPECT_EQ(reading.kind, c.kind) << c.text;
    EXPECT_EQ(reading.as_written, c.as_written) << c.text;
  }
}

TEST(ContourTypes, OddOnesAreCountedAndShownShort) {
  ContourTypeCounts counts;
  const auto add = [&](const std::string& text) { counts.add(text, read_contour_type(text)); };
  add("CLOSED_PLANAR");
  add("POINT");
  add("closed planar");
  add("");
  add("closed planar");
  for (int i = 0; i < 100000; ++i) add("JUNK" + std::to_string(i));
  add(std::string(5000, 'x') + "\n\x1b");
  std::vector<std::string> said;
  counts.say(said);
  ASSERT_EQ(said.size(), 2U);
  EXPECT_EQ(said[0],
            "3 contours whose Contour Geometric Type (3006,0042) is 'closed planar' or none, read as the "
            "standard's term of the same sense");
  EXPECT_THAT(said[1], HasSubstr("100001 contours"));
  EXPECT_LT(said[1].size(), 250U);
}

TEST(ClosedContours, AreThoseThatEncloseSomething) {
  StoredRoi roi;
  const std::vector<Vec3> square{{0, 0, 0}, {1, 0, 0}, {1, 1, 0}};
  for (const char* type :
       {"CLOSED_PLANAR", "POINT", "OPEN_PLANAR", "CLOSEDPLANAR_XOR", "WHAT", "closed planar"}) {
    StoredContour contour;
    contour.type = type;
    contour.kind = read_contour_type(type).kind;
    contour.points = square;
    roi.contours.push_back(contour);
  }
  const std::vector<geometry::PatientContour> contours = closed_contours(roi);
  ASSERT_EQ(contours.size(), 3U);
  EXPECT_FALSE(contours[0].exclusive_or);
  EXPECT_TRUE(contours[1].exclusive_or);
  EXPECT_THAT(roi.warnings, ElementsAre(HasSubstr("2 contours of type POINT or OPEN"),
                                        HasSubstr("1 contour of unknown type"),
                                        HasSubstr("1 contour of type CLOSEDPLANAR_XOR among others")));
  StoredRoi empty;
  EXPECT_THAT(closed_contours(empty), IsEmpty());
  EXPECT_THAT(empty.warnings, ElementsAre("no contours"));
}

class DrawnOn : public testing::Test {
 protected:
  DrawnOn() : ct(test::make_ct(test::small_grid())) {
    CtSeriesOptions other;
    other.patient_id = "SECRET-2";
    source = write_ct_series(folder / "a", ct);
    const DicomSource second = write_ct_series(folder / "b", ct, other);
    write_rtstruct(folder / "a.dcm", source, rois());
    write_rtstruct(folder / "b.dcm", second, rois());
  }
  static std::vector<RoiContours> rois(double at = 0) {
    RoiContours roi{*find_organ(standard_organs(), 3), {}, {}};
    const Grid grid = test::small_grid();
    const Vec3 p = grid.to_world({2, 2, 1}), q = grid.to_world({5, 4, 1});
    roi.polygons = {{{p[0] + at, p[1], p[2]}, {q[0] + at, p[1], p[2]}, {q[0] + at, q[1], p[2]}}};
    roi.slice = {1};
    return {roi};
  }
  CtImage image() const {
    CtImage out;
    out.volume = ct;
    out.dicom = source;
    out.source = "the CT";
    return out;
  }

  test::TemporaryFolder folder;
  CtVolume ct;
  DicomSource source;
};

TEST_F(DrawnOn, TheSameScanIsFoundByImagesSeriesOrFrame) {
  const ImageReferences on = references_of(image());
  const ImageReferences whole = references_of(read_structure_set(folder / "a.dcm"));
  EXPECT_THAT(check_same_scan(whole, on), IsEmpty());
  ImageReferences part = whole;
  part.images.insert("1.2.3");
  EXPECT_THAT(check_same_scan(part, on), ElementsAre(HasSubstr("1 of")));
  ImageReferences series = whole;
  series.images = {"1.2.3"};
  EXPECT_THAT(check_same_scan(series, on), ElementsAre(HasSubstr("for the series' sake")));
  ImageReferences frame = series;
  frame.series = {"1.2.4"};
  EXPECT_THAT(check_same_scan(frame, on), ElementsAre(HasSubstr("frame of reference")));
  ImageReferences none;
  EXPECT_THAT(check_same_scan(none, on), ElementsAre(HasSubstr("refers to no image")));
  EXPECT_THAT(check_same_scan(whole, none), ElementsAre(HasSubstr("nothing shows")));
}

TEST_F(DrawnOn, AnotherScanIsRefusedWithoutThePatientsId) {
  const ImageReferences other = references_of(read_structure_set(folder / "b.dcm"));
  const std::string said = test::input_error([&] { check_same_scan(other, references_of(image())); });
  EXPECT_THAT(said, HasSubstr("drawn on another scan"));
  EXPECT_THAT(said, testing::Not(HasSubstr("SECRET")));
  ImageReferences renamed = references_of(read_structure_set(folder / "a.dcm"));
  renamed.patient_id = "SECRET-3";
  ImageReferences on = references_of(image());
  on.patient_id = "SECRET-1";
  EXPECT_THAT(check_same_scan(renamed, on),
              ElementsAre(testing::AllOf(HasSubstr("Patient ID"), testing::Not(HasSubstr("SECRET")))));
}

TEST_F(DrawnOn, FilesSayWhatTheyWereMadeOn) {
  const ImageReferences set = references_in(folder / "a.dcm");
  EXPECT_TRUE(set.series.contains(source.series_instance_uid));
  EXPECT_TRUE(set.images.contains(source.slices[1].sop_instance_uid));
  EXPECT_TRUE(references_in(folder / "none").none());
  std::ofstream(folder / "text") << "no DICOM";
  EXPECT_TRUE(references_in(folder / "text").none());
}

TEST_F(DrawnOn, ContoursMustLieInTheVolume) {
  check_position(read_structure_set(folder / "a.dcm"), ct.grid, "the CT");
  write_rtstruct(folder / "far.dcm", source, rois(400));
  const StructureSet far = read_structure_set(folder / "far.dcm");
  EXPECT_THAT(test::input_error([&] { check_position(far, ct.grid, "the CT"); }),
              testing::AllOf(HasSubstr("far.dcm"), HasSubstr("none of its 1 contours lies in the CT")));
  // Points and contours without numbers say nothing.
  StructureSet points = far;
  points.rois[0].contours[0].kind = open;
  check_position(points, ct.grid, "the CT");
  StructureSet junk = far;
  for (Vec3& p : junk.rois[0].contours[0].points) p[0] = std::nan("");
  check_position(junk, ct.grid, "the CT");
}

TEST_F(DrawnOn, ContoursBesideTheImageThatTheyReferToAreCounted) {
  CtImage on_ct = image();
  StructureSet set = read_structure_set(folder / "a.dcm");
  const auto said = [&] { return check_same_scan(references_of(set), references_of(on_ct)); };
  EXPECT_THAT(said(), IsEmpty());
  StoredContour& contour = set.rois[0].contours[0];
  ASSERT_EQ(contour.image_uids.size(), 1U);
  const double gap = ct.grid.spacing[2];
  for (Vec3& point : contour.points) point[2] += 0.45 * gap;  // within its slice
  EXPECT_THAT(said(), IsEmpty());
  for (Vec3& point : contour.points) point[2] += 0.55 * gap;
  EXPECT_THAT(said(), ElementsAre(testing::AllOf(HasSubstr("1 of"), HasSubstr("(3006,0016)"))));
  // Points, unknown images and several images say nothing.
  contour.image_uids.push_back(contour.image_uids.front());
  EXPECT_THAT(said(), IsEmpty());
  on_ct.dicom.reset();
  EXPECT_EQ(planes_in_doubt(references_of(set), references_of(on_ct)), "");
}

TEST_F(DrawnOn, ItemsAreCountedBeforeTheyAreRead) {
  const std::string bytes = test::read_bytes(folder / "a.dcm");
  std::int64_t items = 0;
  for (std::size_t at = bytes.find("\xfe\xff\x00\xe0", 0, 4); at != std::string::npos;
       at = bytes.find("\xfe\xff\x00\xe0", at + 1, 4))
    ++items;
  ASSERT_GT(items, 5);
  EXPECT_EQ(item_load(folder / "a.dcm").items, items);
  // Deflated: a thousand times as many items as bytes would show.
  DcmFileFormat format;
  ASSERT_TRUE(format.loadFile((folder / "a.dcm").c_str()).good());
  ASSERT_TRUE(format.loadAllDataIntoMemory().good());
  DcmItem* roi = nullptr;
  ASSERT_TRUE(format.getDataset()->findAndGetSequenceItem(DCM_ROIContourSequence, roi).good());
  for (int i = 0; i < 30000; ++i) {
    DcmItem* contour = nullptr;
    ASSERT_TRUE(roi->findOrCreateSequenceItem(DCM_ContourSequence, contour, -2).good());
    contour->putAndInsertString(DCM_ContourData, "1\\2\\3");
  }
  ASSERT_TRUE(format.saveFile((folder / "deflated.dcm").c_str(), EXS_DeflatedLittleEndianExplicit).good());
  const ItemLoad load = item_load(folder / "deflated.dcm");
  EXPECT_EQ(load.items, items + 30000);
  EXPECT_GT(load.inflated, 30000 * 20);
  EXPECT_GT(load.bytes(), 39000000);
  EXPECT_EQ(read_structure_set(folder / "deflated.dcm").rois[0].contours.size(), 30001U);
}

TEST_F(DrawnOn, RoisWithoutEndAreRefused) {
  test::edit(folder / "a.dcm", [](DcmDataset& data) {
    for (int i = 0; i < 10001; ++i) {
      DcmItem* roi = nullptr;
      data.findOrCreateSequenceItem(DCM_StructureSetROISequence, roi, -2);
      roi->putAndInsertString(DCM_ROINumber, std::to_string(100 + i).c_str());
    }
  });
  EXPECT_THAT(test::input_error([&] { read_structure_set(folder / "a.dcm"); }), HasSubstr("10002 ROIs"));
}

}  // namespace
}  // namespace anatomynet::io
