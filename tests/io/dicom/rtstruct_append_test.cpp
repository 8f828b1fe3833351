#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmrt/drtstrct.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/dicom/dicom_ct_writer.h"
#include "io/dicom/rtstruct.h"
#include "io/dicom/structure_set.h"
#include "io/support.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

using test::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

RoiContours square(int id, const std::string& name, int z, const DicomSource& ct) {
  RoiContours roi{standard_organs()[0], {}, {}};
  roi.organ.id = id;
  roi.organ.name = name;
  const double height = ct.slices[static_cast<std::size_t>(z)].position[2];
  roi.polygons.push_back({{0, 0, height}, {9, 0, height}, {9, 9, height}, {0, 9, height}});
  roi.slice.push_back(z);
  return roi;
}

class Append : public testing::Test {
 protected:
  Append() : source(write_ct_series(folder / "ct", test::make_ct(test::small_grid()))) {
    write_rtstruct(old, source, {square(4, "GTV", 1, source), square(9, "Parotid_L", 2, source)},
                   {.generation_algorithm = "MANUAL"});
    test::edit(old, [](DcmDataset& data) {
      data.putAndInsertString(DCM_ApprovalStatus, "APPROVED");
      data.putAndInsertString(DCM_ReviewDate, "20240102");
      data.putAndInsertString(DCM_ReviewTime, "1200");
      data.putAndInsertString(DCM_ReviewerName, "Reviewer^A");
      data.putAndInsertString(DcmTag(0x3007, 0x0010, EVR_LO), "SOMEONE");
      data.putAndInsertString(DcmTag(0x3007, 0x1001, EVR_LO), "private");
    });
  }
  static DcmItem* item(DcmFileFormat& file, const DcmTagKey& sequence, long i) {
    DcmItem* out = nullptr;
    file.getDataset()->findAndGetSequenceItem(sequence, out, i).good();
    return out;
  }
  TemporaryFolder folder;
  DicomSource source;
  fs::path old = folder / "old.dcm", path = folder / "new.dcm";
};

TEST_F(Append, KeepsEverythingAndAdds) {
  const std::string before = test::read_bytes(old);
  const auto warnings = append_to_rtstruct(
      path, old, source, {square(6, "Parotid_L", 3, source), square(7, "Parotid_R", 3, source)});
  EXPECT_EQ(test::read_bytes(old), before);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0], HasSubstr("Parotid_L_auto"));

  const StructureSet set = read_structure_set(path), was = read_structure_set(old);
  std::vector<std::string> names;
  std::vector<int> numbers;
  for (const StoredRoi& roi : set.rois) {
    names.push_back(roi.name);
    numbers.push_back(roi.number);
    EXPECT_TRUE(roi.warnings.empty());
  }
  EXPECT_THAT(names, ElementsAre("GTV", "Parotid_L", "Parotid_L_auto", "Parotid_R"));
  EXPECT_THAT(numbers, ElementsAre(4, 9, 10, 11));
  EXPECT_NE(set.sop_instance_uid, was.sop_instance_uid);
  EXPECT_EQ(set.study_uid, was.study_uid);
  EXPECT_EQ(set.referenced_images, was.referenced_images);
  DcmFileFormat first, second;
  ASSERT_TRUE(first.loadFile(old.c_str()).good());
  ASSERT_TRUE(second.loadFile(path.c_str()).good());
  for (const DcmTagKey& tag :
       {DCM_StructureSetROISequence, DCM_ROIContourSequence, DCM_RTROIObservationsSequence}) {
    for (const long i : {0, 1}) EXPECT_EQ(item(first, tag, i)->compare(*item(second, tag, i)), 0) << i;
    EXPECT_EQ(item(first, tag, 2), nullptr);
    EXPECT_NE(item(second, tag, 3), nullptr);
    EXPECT_EQ(item(second, tag, 4), nullptr);
  }
}

TEST_F(Append, TheCopyIsAnObjectOfItsOwnThatNobodyApproved) {
  append_to_rtstruct(path, old, source, {square(6, "Parotid_R", 3, source)});
  DcmFileFormat file;
  ASSERT_TRUE(file.loadFile(path.c_str()).good());
  DcmDataset& data = *file.getDataset();
  OFString value;
  data.findAndGetOFString(DCM_ApprovalStatus, value);
  EXPECT_EQ(value, "UNAPPROVED");
  EXPECT_FALSE(data.tagExists(DCM_ReviewerName));
  DcmItem* predecessor = nullptr;
  ASSERT_TRUE(data.findAndGetSequenceItem(DCM_PredecessorStructureSetSequence, predecessor, 0).good());
  predecessor->findAndGetOFString(DCM_ReferencedSOPInstanceUID, value);
  EXPECT_EQ(value.c_str(), read_structure_set(old).sop_instance_uid);
  EXPECT_TRUE(data.tagExists(DcmTagKey(0x3007, 0x1001)));
  if (!test::have_tool("dciodvfy")) GTEST_SKIP() << "NOT CHECKED: dciodvfy is not installed";
  const std::string output = test::run("dciodvfy " + path.string()).output;
  EXPECT_THAT(output, Not(HasSubstr("Error")));
}

TEST_F(Append, TwiceIsFine) {
  append_to_rtstruct(path, old, source, {square(6, "Parotid_L", 3, source)});
  append_to_rtstruct(folder / "third.dcm", path, source, {square(6, "parotid_l", 3, source)});
  const StructureSet set = read_structure_set(folder / "third.dcm");
  ASSERT_EQ(set.rois.size(), 4u);
  EXPECT_EQ(set.rois[3].name, "parotid_l_auto2");
}

TEST_F(Append, AddsTheSlicesThatWereNotReferredTo) {
  test::edit(old, [](DcmDataset& data) {
    DcmItem *frame = nullptr, *study = nullptr, *series = nullptr;
    data.findAndGetSequenceItem(DCM_ReferencedFrameOfReferenceSequence, frame, 0);
    frame->findAndGetSequenceItem(DCM_RTReferencedStudySequence, study, 0);
    study->findAndGetSequenceItem(DCM_RTReferencedSeriesSequence, series, 0);
    DcmSequenceOfItems* images = nullptr;
    series->findAndGetSequence(DCM_ContourImageSequence, images);
    while (images->card() > 2) delete images->remove(images->card() - 1);
  });
  append_to_rtstruct(path, old, source, {square(6, "Parotid_R", 3, source)});
  DcmFileFormat file;
  file.loadFile(path.c_str());
  DcmItem *frame = nullptr, *study = nullptr, *series = nullptr, *image = nullptr;
  file.getDataset()->findAndGetSequenceItem(DCM_ReferencedFrameOfReferenceSequence, frame, 0);
  frame->findAndGetSequenceItem(DCM_RTReferencedStudySequence, study, 0);
  study->findAndGetSequenceItem(DCM_RTReferencedSeriesSequence, series, 0);
  ASSERT_TRUE(series->findAndGetSequenceItem(DCM_ContourImageSequence, image, 2).good());
  OFString uid;
  image->findAndGetOFString(DCM_ReferencedSOPInstanceUID, uid);
  EXPECT_EQ(uid.c_str(), source.slices[3].sop_instance_uid);
}

TEST_F(Append, AnotherCtIsRefused) {
  const auto refused = [&](auto change) {
    DicomSource other = source;
    change(other);
    return test::input_error([&] { append_to_rtstruct(path, old, other, {}); });
  };
  EXPECT_THAT(refused([](DicomSource& s) { s.frame_of_reference_uid = "1.2.3"; }),
              HasSubstr("another CT: its Frame of Reference UID"));
  EXPECT_THAT(refused([](DicomSource& s) { s.series_instance_uid = "1.2.3"; }),
              HasSubstr("refers to series"));
  EXPECT_THAT(refused([](DicomSource& s) {
                for (DicomSlice& slice : s.slices) slice.sop_instance_uid += ".1";
              }),
              HasSubstr("none of the CT's images"));
  const std::string patient = refused([](DicomSource& s) { s.patient_id = "SECRET"; });
  EXPECT_THAT(patient, HasSubstr("Patient ID"));
  EXPECT_THAT(patient, Not(HasSubstr("SECRET")));
  EXPECT_THAT(test::input_error([&] { append_to_rtstruct(path, folder / "ct" / "CT0001.dcm", source, {}); }),
              HasSubstr("expected an RTSTRUCT"));
  test::truncate_by(old, 200);
  EXPECT_THAT(test::input_error([&] { append_to_rtstruct(path, old, source, {}); }), HasSubstr("old.dcm"));
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(Append, ANameThatItsCharacterSetCannotHoldIsRefused) {
  test::edit(old, [](DcmDataset& data) { data.putAndInsertString(DCM_SpecificCharacterSet, "ISO_IR 100"); });
  append_to_rtstruct(path, old, source, {square(6, "Ohrspeicheldrüse", 3, source)});
  EXPECT_EQ(read_structure_set(path).rois.back().name, "Ohrspeicheldrüse");
  EXPECT_THAT(test::input_error(
                  [&] { append_to_rtstruct(folder / "x.dcm", old, source, {square(6, "腮腺", 3, source)}); }),
              HasSubstr("ISO_IR 100"));
}

TEST_F(Append, DcmtksRtClassesReadWhatIsWritten) {
  append_to_rtstruct(path, old, source, {square(6, "Parotid_R", 3, source)});
  for (const fs::path& file_name : {old, path}) {
    DcmFileFormat file;
    ASSERT_TRUE(file.loadFile(file_name.c_str()).good());
    DRTStructureSetIOD set;
    ASSERT_TRUE(set.read(*file.getDataset()).good());
    OFString value;
    set.getStructureSetLabel(value);
    EXPECT_EQ(value, "AnatomyNet");
    DRTROIContourSequence& rois = set.getROIContourSequence();
    ASSERT_TRUE(rois.gotoFirstItem().good());
    DRTContourSequence& contours = rois.getCurrentItem().getContourSequence();
    ASSERT_TRUE(contours.gotoFirstItem().good());
    contours.getCurrentItem().getNumberOfContourPoints(value);
    EXPECT_EQ(value, "4");
    DcmDataset again;
    EXPECT_TRUE(set.write(again).good());
  }
}

TEST_F(Append, NamesBecomeDifferentAndFitTheirType) {
  const std::string lengthy(80, 'x');
  write_rtstruct(path, source,
                 {square(1, lengthy + "a", 1, source), square(2, lengthy + "b", 1, source),
                  square(3, "a\\b\nc", 1, source), square(4, "PAROTID_L", 1, source),
                  square(5, "Parotid_L", 1, source), square(6, "腮腺", 1, source)});
  const StructureSet set = read_structure_set(path);
  std::vector<std::string> names;
  for (const StoredRoi& roi : set.rois) names.push_back(roi.name);
  EXPECT_THAT(names, ElementsAre(lengthy.substr(0, 64), lengthy.substr(0, 59) + "_auto", "a_b_c", "PAROTID_L",
                                 "Parotid_L_auto", "腮腺"));
}

}  // namespace
}  // namespace anatomynet::io
