// The same structures through label maps, masks in NIfTI and NRRD, and RTSTRUCT give the same figures.
#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"
#include "core/resample.h"
#include "evaluation/evaluate_cases.h"
#include "evaluation/protocol.h"
#include "geometry/contours.h"
#include "io/dicom/rtstruct.h"
#include "io/image/image_file.h"

namespace anatomynet::evaluation {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

void write_rtstruct_of(const fs::path& file, const Structures& structures) {
  io::DicomSource ct;
  ct.study_instance_uid = "1.2.826.0.1.3680043.10.1.1";
  ct.series_instance_uid = ct.study_instance_uid + ".2";
  ct.frame_of_reference_uid = ct.study_instance_uid + ".3";
  ct.sop_class_uid = "1.2.840.10008.5.1.4.1.1.2";
  for (std::int64_t z = 0; z < structures.grid.size[2]; ++z)
    ct.slices.push_back(
        {ct.series_instance_uid + "." + std::to_string(z + 1), structures.grid.to_world({0, 0, double(z)})});
  std::vector<io::RoiContours> rois;
  for (const auto& [name, mask] : structures.organs) {
    LabelVolume labels(structures.grid);
    paint(mask, 1, labels);
    auto contours = geometry::trace_contours(labels, 1);
    geometry::simplify(contours, labels.grid);
    io::RoiContours roi;
    roi.organ = *find_organ(standard_organs(), name);
    for (const geometry::SliceContour& contour : geometry::keyholed(contours)) {
      roi.polygons.push_back(geometry::to_patient(contour, labels.grid));
      roi.slice.push_back(static_cast<int>(contour.z));
    }
    rois.push_back(std::move(roi));
  }
  io::write_rtstruct(file, ct, rois);
}

void write_masks(const fs::path& folder, const Structures& structures, const char* extension) {
  fs::create_directories(folder);
  for (const auto& [name, mask] : structures.organs) {
    LabelVolume labels(structures.grid);
    paint(mask, 1, labels);
    io::write_labels(folder / (name + extension), labels);
  }
}

Evaluation evaluated(const fs::path& predicted, const fs::path& truth, const EvaluateOptions& options = {}) {
  const CaseFiles ours = find_cases({predicted}), theirs = find_cases({truth});
  return evaluate_cases(match_cases(ours, theirs), options, {}, [](const std::string&) {});
}

void expect_same(const Evaluation& a, const Evaluation& b, double tolerance) {
  ASSERT_EQ(a.rows.size(), b.rows.size());
  for (std::size_t i = 0; i < a.rows.size(); ++i) {
    EXPECT_EQ(a.rows[i].organ, b.rows[i].organ);
    EXPECT_EQ(a.rows[i].metrics.overlap_voxels, b.rows[i].metrics.overlap_voxels) << a.rows[i].organ;
    for (const Metric& metric : metrics()) {
      const double value = metric.of(a.rows[i].metrics).value();
      EXPECT_NEAR(value, metric.of(b.rows[i].metrics).value(), tolerance * (1 + std::abs(value)))
          << a.rows[i].organ << " " << metric.key;
    }
  }
}

TEST(Forms, TwoObserversAgreeEquallyInNrrdNiftiAndRtstruct) {
  const fs::path scan = ANATOMYNET_SHARED_DIR "/data/observers/0522c0251";
  if (!fs::exists(scan)) GTEST_SKIP() << "NOT CHECKED: real data is absent: " << scan;
  TemporaryFolder folder;
  const Evaluation nrrd = evaluated(scan / "radiographer", scan / "oncologist");
  ASSERT_EQ(nrrd.rows.size(), 8u);
  for (const char* who : {"radiographer", "oncologist"}) {
    const CaseFiles files = find_cases({scan / who});
    const Structures structures = read_structures(files.cases.at(0), {standard_organs()}, nullptr);
    write_masks(folder / "nifti" / who, structures, ".nii.gz");
    write_rtstruct_of(folder / (std::string(who) + ".dcm"), structures);
  }
  expect_same(nrrd, evaluated(folder / "nifti/radiographer", folder / "nifti/oncologist"), 1e-6);
  // contours against masks, and masks against contours: the grid is the masks'
  expect_same(nrrd, evaluated(folder / "radiographer.dcm", scan / "oncologist"), 1e-6);
  expect_same(nrrd, evaluated(folder / "nifti/radiographer", folder / "oncologist.dcm"), 1e-6);
}

Grid small_grid() {
  Grid grid;
  grid.size = {20, 18, 12};
  grid.spacing = {1, 1.5, 3};
  return grid;
}

LabelVolume two_organs(std::int64_t shift = 0) {
  LabelVolume labels(small_grid());
  for (std::int64_t z = 2; z < 8; ++z)
    for (std::int64_t y = 3; y < 12; ++y)
      for (std::int64_t x = 2; x < 8; ++x) {
        labels.at(x + shift, y, z) = 1;
        labels.at(x + 9, y, z) = 6;
      }
  return labels;
}

void write_organ(const fs::path& file, const LabelVolume& labels, int id) {
  fs::create_directories(file.parent_path());
  io::write_mask(file, labels, id);
}

TEST(Forms, CasesAreMatchedByIdAndMissingOrgansAreSaid) {
  TemporaryFolder folder;
  LabelVolume one_organ = two_organs();
  std::replace(one_organ.voxels.begin(), one_organ.voxels.end(), std::uint8_t{6}, std::uint8_t{0});
  fs::create_directories(folder / "truth");
  io::write_labels(folder / "truth/a_labels.nii.gz", two_organs());
  io::write_labels(folder / "truth/b_labels.nii.gz", one_organ);
  io::write_labels(folder / "truth/c_labels.nii.gz", two_organs());
  fs::create_directories(folder / "pred/a");
  fs::create_directories(folder / "pred/b");
  io::write_labels(folder / "pred/a/labels.nii.gz", one_organ);
  io::write_labels(folder / "pred/b/labels.nii.gz", two_organs(1));
  fs::create_directories(folder / "pred/d");
  io::write_labels(folder / "pred/d/labels.nii.gz", two_organs());

  const Evaluation e = evaluated(folder / "pred", folder / "truth");
  EXPECT_EQ(e.cases, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(e.without_truth, std::vector<std::string>{"d"});
  EXPECT_EQ(e.without_prediction, std::vector<std::string>{"c"});
  ASSERT_EQ(e.rows.size(), 4u);
  EXPECT_EQ(e.rows[1].state, EvaluationRow::State::missing_in_prediction);
  EXPECT_EQ(e.rows[3].state, EvaluationRow::State::missing_in_truth);
  const auto organs = summarise(e);
  EXPECT_EQ(organs[1].organ, "Parotid_L");
  EXPECT_EQ(organs[1].measured, 0u);
  EXPECT_EQ(organs[1].missing_in_prediction, std::vector<std::string>{"a"});
  EXPECT_TRUE(std::isnan(organs[1].figures[0].summary.mean));
  EXPECT_EQ(organs[0].figures[0].worst_case, "b");
  EXPECT_EQ(organs[0].figures[0].summary.high, 1);

  // An organ that was asked for and not found is missed, out loud.
  EvaluateOptions asked;
  asked.organs = {"Parotid_L"};
  const Evaluation missed = evaluated(folder / "pred", folder / "truth", asked);
  ASSERT_EQ(missed.rows.size(), 2u);
  EXPECT_EQ(missed.rows[0].metrics.presence, Presence::prediction_empty);
  EXPECT_EQ(missed.rows[0].metrics.dice, 0.0);

  // The same for what segment's summary lists.
  test::write_bytes(folder / "pred/a/summary.json",
                    R"({"organs": [{"name": "Brainstem"}, {"name": "Parotid_L"}]})");
  EXPECT_EQ(evaluated(folder / "pred", folder / "truth").rows[1].metrics.presence,
            Presence::prediction_empty);

  EvaluateOptions threads;
  threads.threads = 1;
  EXPECT_EQ(evaluated(folder / "pred", folder / "truth", threads).rows.size(), 4u);
}

TEST(Forms, RefuseWhatCannotBeCompared) {
  TemporaryFolder folder;
  io::write_labels(folder / "a.nii.gz", two_organs());
  LabelVolume shifted = two_organs();
  shifted.grid.origin = {4, 0, 0};
  io::write_labels(folder / "b.nii.gz", shifted);
  test::expect_refused(ErrorKind::input,
                       {"different grids", "from (4, 0, 0)", "from (0, 0, 0)", "--resample"},
                       [&] { evaluated(folder / "b.nii.gz", folder / "a.nii.gz"); });
  LabelVolume strange = two_organs();
  strange.voxels[0] = 77;
  io::write_labels(folder / "strange.nii.gz", strange);
  test::expect_refused(ErrorKind::input, {"strange.nii.gz", "77", "--label 77=NAME"},
                       [&] { evaluated(folder / "a.nii.gz", folder / "strange.nii.gz"); });
  EvaluateOptions named;
  Organ larynx;
  larynx.id = 77;
  larynx.name = "Larynx";
  named.labels.organs.push_back(larynx);
  EXPECT_EQ(evaluated(folder / "a.nii.gz", folder / "strange.nii.gz", named).rows.size(), 3u);

  fs::create_directories(folder / "masks");
  io::write_labels(folder / "masks/Brainstem.nii.gz", two_organs());
  test::expect_refused(ErrorKind::input, {"Brainstem.nii.gz", "binary", "1 and 6"},
                       [&] { evaluated(folder / "a.nii.gz", folder / "masks"); });
  write_organ(folder / "m2/Brainstem.nii.gz", two_organs(), 1);
  write_organ(folder / "m2/Parotid-Lt.nii.gz", shifted, 6);
  test::expect_refused(ErrorKind::input, {"Parotid-Lt.nii.gz", "another grid"},
                       [&] { evaluated(folder / "a.nii.gz", folder / "m2"); });

  fs::create_directories(folder / "x");
  fs::create_directories(folder / "y");
  for (const char* name : {"x/1.nii.gz", "x/2.nii.gz", "y/3.nii.gz", "y/4.nii.gz"})
    io::write_labels(folder / name, two_organs());
  test::expect_refused(ErrorKind::input, {"no case", "1, 2", "3, 4"},
                       [&] { evaluated(folder / "x", folder / "y"); });
  test::expect_refused(ErrorKind::input, {"two cases named 1"}, [&] {
    fs::create_directories(folder / "z/sub");
    io::write_labels(folder / "x/1_labels.nii.gz", two_organs());
    find_cases({folder / "x"});
  });
  fs::create_directories(folder / "empty");
  test::expect_refused(ErrorKind::input, {"empty", "holds no structures"},
                       [&] { find_cases({folder / "empty"}); });
}

TEST(Forms, ResampleBringsAPredictionOntoTheTruthsGrid) {
  TemporaryFolder folder;
  Grid fine = small_grid();
  fine.size = {60, 54, 36};
  fine.spacing = {1.0 / 3, 0.5, 1};
  fine.origin = {-1.0 / 3, -0.5, -1};
  io::write_labels(folder / "fine.nii.gz", resample_nearest(two_organs(), fine));
  io::write_labels(folder / "coarse.nii.gz", two_organs());
  EvaluateOptions options;
  options.resample = true;
  for (const EvaluationRow& row : evaluated(folder / "fine.nii.gz", folder / "coarse.nii.gz", options).rows)
    EXPECT_EQ(row.metrics.dice, 1.0) << row.organ;

  // stored the other way round, the same voxels are the same grid
  const LabelVolume upright = two_organs();
  Orientation turned;
  turned.axis = {1, 0, 2};
  turned.flipped = {true, false, true};
  io::write_labels(folder / "turned.nii.gz", reorient(upright, turned));
  for (const EvaluationRow& row : evaluated(folder / "turned.nii.gz", folder / "coarse.nii.gz").rows)
    EXPECT_EQ(row.metrics.dice, 1.0) << row.organ;
}

TEST(Protocol, TakesTheOffSiteTenOfAPddcaTree) {
  TemporaryFolder folder;
  for (const char* id : {"0522c0001", "0522c0555", "0522c0576", "0522c0746", "0522c0788"})
    for (const char* root : {"pddca", "pred"}) {
      write_organ(folder.path() / root / id / "structures/BrainStem.nrrd", two_organs(root[1] == 'r'), 1);
      write_organ(folder.path() / root / id / "structures/Parotid_L.nrrd", two_organs(), 6);
    }
  fs::remove(folder / "pred/0522c0576/structures/Parotid_L.nrrd");
  EvaluateOptions options;
  apply_protocol("miccai2015", options);
  CaseFiles truth = find_cases({folder / "pddca"});
  EXPECT_EQ(truth.cases.size(), 5u);
  keep_protocol_cases("miccai2015", truth);
  const CaseFiles predicted = find_cases({folder / "pred"});
  const Evaluation e = evaluate_cases(match_cases(predicted, truth), options, {}, [](const std::string&) {});
  EXPECT_EQ(e.cases, (std::vector<std::string>{"0522c0555", "0522c0576", "0522c0746"}));
  ASSERT_EQ(e.rows.size(), 6u);
  EXPECT_EQ(e.rows[0].organ, "Brainstem");
  EXPECT_DOUBLE_EQ(*e.rows[0].metrics.dice, 5.0 / 6);
  EXPECT_DOUBLE_EQ(*e.rows[0].metrics.hd95_mm, 1.0);
  EXPECT_EQ(e.rows[3].metrics.presence,
            Presence::prediction_empty);  // asked for by the protocol, not delivered
  EXPECT_THROW(apply_protocol("miccai2016", options), Error);
  CaseFiles none = find_cases({folder / "pddca/0522c0001"});
  EXPECT_THROW(keep_protocol_cases("miccai2015", none), Error);
}

}  // namespace
}  // namespace anatomynet::evaluation
