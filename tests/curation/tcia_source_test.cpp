#include <fstream>
#include <functional>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"
#include "core/error.h"
#include "core/resample.h"
#include "curation/source.h"
#include "curation/trees.h"
#include "io/dicom/dicom_ct_writer.h"
#include "io/dicom/rtstruct.h"
#include "io/image/image_file.h"

namespace anatomynet::curation {
namespace {
namespace fs = std::filesystem;
using test::all_of;
using test::said;
using test::why;
using ::testing::HasSubstr;

// The outline of a box, one contour a slice.
io::RoiContours box(const std::string& name, const Vec3& centre, const Vec3& half) {
  io::RoiContours roi;
  roi.organ.id = 1;
  roi.organ.name = name;
  const Grid grid = test::patient_grid();
  for (int z = 0; z < grid.size[2]; ++z) {
    const double mm = grid.to_world({0, 0, double(z)})[2];
    if (std::abs(mm - centre[2]) > half[2]) continue;
    const double x = half[0] + 0.5, y = half[1] + 0.5;
    roi.polygons.push_back({{centre[0] - x, centre[1] - y, mm},
                            {centre[0] + x, centre[1] - y, mm},
                            {centre[0] + x, centre[1] + y, mm},
                            {centre[0] - x, centre[1] + y, mm}});
    roi.slice.push_back(z);
  }
  return roi;
}

io::RoiContours left(const std::string& name = "Parotide G") { return box(name, {40, 0, 0}, {12, 10, 12}); }
io::RoiContours right(const std::string& name = "Parotide D") { return box(name, {-40, 0, 0}, {12, 10, 12}); }

void edit(const fs::path& file, const std::function<void(DcmDataset&)>& change) {
  DcmFileFormat format;
  ASSERT_TRUE(format.loadFile(file.c_str()).good());
  ASSERT_TRUE(format.loadAllDataIntoMemory().good());
  change(*format.getDataset());
  ASSERT_TRUE(format.saveFile(file.c_str(), EXS_LittleEndianExplicit).good());
}

void set_date(const fs::path& file, const char* date) {
  edit(file, [&](DcmDataset& data) { data.putAndInsertString(DCM_StructureSetDate, date); });
}

class TciaSource : public ::testing::Test {
 protected:
  io::DicomSource add_ct(const std::string& patient, const std::string& name = "ct") {
    io::CtSeriesOptions options;
    options.patient_id = patient;
    fs::create_directories(folder / (patient + "/" + name));
    return io::write_ct_series(folder / (patient + "/" + name), test::patient_ct(), options);
  }
  fs::path add_set(const std::string& path, const io::DicomSource& ct,
                   const std::vector<io::RoiContours>& rois) {
    std::vector<io::RoiContours> numbered = rois;
    for (std::size_t i = 0; i < numbered.size(); ++i) numbered[i].organ.id = static_cast<int>(i) + 1;
    fs::create_directories((folder / path).parent_path());
    io::write_rtstruct(folder / path, ct, numbered);
    return folder / path;
  }
  std::vector<CaseRef> list() {
    SourceOptions options;
    options.name = "tcia";
    options.path = folder.path();
    source = make_source("tcia", options);
    notes.clear();
    return source->list(notes, {});
  }
  LoadedCase load(const CaseRef& ref) { return source->load(ref, RoiNames::shipped()); }

  test::TemporaryFolder folder;
  std::unique_ptr<Source> source;
  std::vector<Note> notes;
};

TEST_F(TciaSource, TurnsATreeIntoCases) {
  const io::DicomSource a = add_ct("0522c0009"), b = add_ct("HN-CHUM-001");
  add_set("somewhere/else/rs.dcm", a,
          {left("Lt Parotid"), right("Rt Parotid"), left("Lt Parotid PTV"), left("Thing")});
  add_set("HN-CHUM-001/rs/rs.dcm", b, {left()});
  add_ct("HN-CHUM-002");
  std::ofstream(folder / "readme.txt") << "nothing of DICOM is in here at all";
  const auto refs = list();
  ASSERT_EQ(refs.size(), 2U) << all_of(notes);
  EXPECT_EQ(refs[0].id, "0522c0009");
  EXPECT_EQ(refs[0].aliases, std::vector<std::string>{"0522c0009"});
  EXPECT_EQ(refs[0].files.size(), 25U);
  EXPECT_THAT(refs[0].dicom_uids, ::testing::Contains(a.series_instance_uid));
  EXPECT_TRUE(said(notes, "HN-CHUM-002")) << all_of(notes);
  EXPECT_TRUE(said(notes, "readme.txt")) << all_of(notes);
  const LoadedCase loaded = load(refs[0]);
  EXPECT_EQ(loaded.annotated, (std::vector<int>{6, 7}));
  EXPECT_EQ(test::voxels_of(loaded.labels, 6), test::left_parotid().voxels);
  EXPECT_EQ(test::voxels_of(loaded.labels, 7), test::right_parotid().voxels);
  EXPECT_EQ(why(loaded, "Lt Parotid PTV"), "|decoy: ptv");
  EXPECT_EQ(why(loaded, "Thing"), "|unknown");
  EXPECT_THAT(loaded.correspondence, HasSubstr("ReferencedSOPInstanceUID"));
  EXPECT_EQ(load(refs[1]).annotated, std::vector<int>{6});
}

TEST_F(TciaSource, OfTwoSetsTheNewerHasTheOrganAndTheDiceIsSaid) {
  const io::DicomSource ct = add_ct("P");
  set_date(add_set("P/old.dcm", ct, {box("Parotide G", {44, 0, 0}, {12, 10, 12}), right()}), "20070101");
  set_date(add_set("P/new.dcm", ct, {left()}), "20070102");
  const auto refs = list();
  ASSERT_EQ(refs.size(), 1U) << all_of(notes);
  const LoadedCase loaded = load(refs[0]);
  EXPECT_EQ(test::voxels_of(loaded.labels, 6), test::left_parotid().voxels);
  EXPECT_EQ(test::voxels_of(loaded.labels, 7), test::right_parotid().voxels) << "only the older set has it";
  const double dice = test::dice_of(test::left_parotid().voxels,
                                    test::box_mask(test::patient_grid(), {44, 0, 0}, {12, 10, 12}).voxels);
  char expected[32];
  std::snprintf(expected, sizeof expected, "Dice %.3f", dice);
  EXPECT_TRUE(said(loaded.notes, expected)) << expected << "\n" << all_of(loaded.notes);
}

TEST_F(TciaSource, ASetWithoutItsCtIsRejectedAndNamed) {
  const io::DicomSource ct = add_ct("P");
  add_set("P/lost.dcm", ct, {left()});
  fs::remove_all(folder / "P/ct");
  EXPECT_TRUE(list().empty());
  EXPECT_TRUE(said(notes, "lost.dcm")) << all_of(notes);
  EXPECT_TRUE(said(notes, "its CT is not there")) << all_of(notes);
}

TEST_F(TciaSource, ASetDrawnOnThePetIsMatchedThroughTheFrameOfReference) {
  const io::DicomSource ct = add_ct("P"), pet = add_ct("P", "pet");
  add_set("P/set.dcm", pet, {left()});
  for (const auto& entry : fs::directory_iterator(folder / "P/pet"))
    edit(entry.path(), [&](DcmDataset& data) {
      data.putAndInsertString(DCM_SOPClassUID, UID_PositronEmissionTomographyImageStorage);
      data.putAndInsertString(DCM_Modality, "PT");
    });
  EXPECT_TRUE(list().empty()) << "another frame of reference";
  const std::string frame = ct.frame_of_reference_uid, old = pet.frame_of_reference_uid;
  edit(folder / "P/set.dcm", [&](DcmDataset& data) {
    for (const DcmTagKey& sequence : {DCM_ReferencedFrameOfReferenceSequence, DCM_StructureSetROISequence}) {
      DcmItem* item = nullptr;
      if (data.findAndGetSequenceItem(sequence, item).good()) {
        const DcmTagKey tag = sequence == DCM_StructureSetROISequence ? DCM_ReferencedFrameOfReferenceUID
                                                                      : DCM_FrameOfReferenceUID;
        item->putAndInsertString(tag, frame.c_str());
      }
    }
  });
  const auto refs = list();
  ASSERT_EQ(refs.size(), 1U) << all_of(notes);
  EXPECT_TRUE(said(notes, "files of PT")) << all_of(notes);
  const LoadedCase loaded = load(refs[0]);
  EXPECT_THAT(loaded.correspondence, HasSubstr("FrameOfReferenceUID"));
  EXPECT_TRUE(said(loaded.notes, "another series")) << all_of(loaded.notes);
  EXPECT_EQ(test::voxels_of(loaded.labels, 6), test::left_parotid().voxels);
}

TEST_F(TciaSource, SaysWhichContoursLieOnMissingSlices) {
  const io::DicomSource ct = add_ct("P");
  add_set("P/set.dcm", ct, {left()});
  for (const char* slice :
       {"CT0018.dcm", "CT0019.dcm", "CT0020.dcm", "CT0021.dcm", "CT0022.dcm", "CT0023.dcm", "CT0024.dcm"})
    fs::remove(folder / (std::string("P/ct/") + slice));
  const auto refs = list();
  ASSERT_EQ(refs.size(), 1U);
  const LoadedCase loaded = load(refs[0]);
  EXPECT_EQ(loaded.ct.grid.size[2], 17);
  EXPECT_TRUE(said(loaded.notes, "not in the CT")) << all_of(loaded.notes);
  EXPECT_TRUE(said(loaded.notes, "may be cut")) << all_of(loaded.notes);
}

TEST_F(TciaSource, DamageIsNamedAndTheRestGoesOn) {
  const io::DicomSource a = add_ct("A"), b = add_ct("B");
  add_set("A/set.dcm", a, {left()});
  add_set("A/cut.dcm", a, {left()});
  fs::resize_file(folder / "A/cut.dcm", fs::file_size(folder / "A/cut.dcm") - 20);
  add_set("B/set.dcm", b, {left()});
  fs::resize_file(folder / "B/ct/CT0010.dcm", 700);
  const auto refs = list();
  ASSERT_EQ(refs.size(), 2U) << all_of(notes);
  EXPECT_TRUE(said(notes, "cut.dcm")) << all_of(notes);
  EXPECT_TRUE(said(notes, "CT0010.dcm")) << all_of(notes);
  EXPECT_EQ(load(refs[0]).annotated, std::vector<int>{6});
  test::expect_refused(ErrorKind::input, {"CT0010.dcm", "--accept-damaged"}, [&] { load(refs[1]); });
}

TEST_F(TciaSource, ACaseWithoutAnyOrganSaysWhatItHas) {
  const io::DicomSource ct = add_ct("P");
  add_set("P/set.dcm", ct, {left("GTV"), left("Lung")});
  const auto refs = list();
  const LoadedCase none = load(refs.at(0));
  EXPECT_TRUE(none.annotated.empty());
  ASSERT_EQ(none.rois.size(), 2U);
  EXPECT_EQ(none.rois[0].why, "decoy: gtv");
  EXPECT_EQ(none.rois[1].why, "unknown");
}

// Contours that another program drew from the label maps of these cases.
TEST(TciaSourceOnRealCts, AgreesWithTheLabelMaps) {
  const fs::path shared = fs::path(ANATOMYNET_SHARED_DIR) / "data";
  if (!fs::exists(shared / "dicom")) GTEST_SKIP() << "NOT CHECKED: no " << shared / "dicom";
  SourceOptions options;
  options.name = "dicom";
  options.path = shared / "dicom";
  const auto source = make_source("tcia", options);
  std::vector<Note> notes;
  std::size_t checked = 0;
  for (const CaseRef& ref : source->list(notes, {})) {
    const fs::path truth = shared / "openkbp/validation" /
                           ("pt_" + ref.patient.substr(ref.patient.find('_') + 1) + "_labels.nii.gz");
    if (!ref.patient.starts_with("PT_") || !fs::exists(truth)) continue;
    const LoadedCase loaded = source->load(ref, RoiNames::shipped());
    const LabelVolume map = io::read_labels(truth);
    const Grid lps = reoriented(map.grid, nearest_orientation(map.grid));
    const LabelVolume expected = reorient(map, nearest_orientation(map.grid));
    const Orientation turn = nearest_orientation(loaded.labels.grid);
    const LabelVolume got = reorient(loaded.labels, turn);
    ASSERT_EQ(got.grid.size, lps.size) << ref.patient;
    EXPECT_FALSE(said(loaded.notes, "laterality")) << ref.patient << all_of(loaded.notes);
    for (const int id : {1, 3, 6, 7}) {
      const auto reference = test::voxels_of(expected, id);
      const auto size = std::count(reference.begin(), reference.end(), 1);
      const bool annotated = std::count(loaded.annotated.begin(), loaded.annotated.end(), id) > 0;
      EXPECT_EQ(size > 0, annotated) << ref.patient << " organ " << id;
      if (size == 0 || !annotated) continue;
      const double dice = test::dice_of(test::voxels_of(got, id), reference);
      std::cout << ref.patient << " organ " << id << " Dice " << dice << " of " << size << " voxels\n";
      EXPECT_GT(dice, 0.9) << ref.patient << " organ " << id;
      ++checked;
    }
  }
  EXPECT_GE(checked, 12U) << all_of(notes);
}

}  // namespace
}  // namespace anatomynet::curation
