#include <fstream>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"
#include "core/error.h"
#include "curation/source.h"
#include "curation/source_common.h"
#include "curation/trees.h"
#include "io/image/image_file.h"

namespace anatomynet::curation {
namespace {
namespace fs = std::filesystem;
using test::all_of;
using test::said;
using test::TemporaryFolder;
using test::why;
using ::testing::HasSubstr;

SourceOptions options(const fs::path& path) {
  SourceOptions made;
  made.name = "here";
  made.path = path;
  return made;
}

std::vector<CaseRef> list(Source& source, std::vector<Note>* said_of_it = nullptr) {
  std::vector<Note> notes;
  auto refs = source.list(notes, {});
  if (said_of_it) *said_of_it = notes;
  return refs;
}

void write_pddca(const fs::path& folder) {
  fs::create_directories(folder / "structures");
  io::write_ct(folder / "img.nrrd", test::patient_ct());
  io::write_labels(folder / "structures/Parotid_L.nrrd", test::left_parotid());
  io::write_labels(folder / "structures/BrainStem.nrrd", test::brainstem());
}

TEST(PddcaSource, SplitsByTheChallengesIds) {
  const TemporaryFolder folder;
  const std::map<std::string, Split> expected{{"0522c0001", Split::training}, {"0522c0328", Split::training},
                                              {"0522c0329", Split::training}, {"0522c0479", Split::training},
                                              {"0522c0555", Split::test},     {"0522c0746", Split::test},
                                              {"0522c0788", Split::training}, {"0522c0878", Split::training}};
  for (const auto& [id, split] : expected)
    write_pddca(folder / ("part" + std::to_string(split == Split::test)) / id);
  write_pddca(folder / "0522c0500");
  fs::create_directories(folder / "0522c0002/structures");
  std::vector<Note> notes;
  const auto source = make_source("pddca", options(folder.path()));
  const auto refs = list(*source, &notes);
  ASSERT_EQ(refs.size(), expected.size());
  for (const CaseRef& ref : refs) {
    EXPECT_EQ(ref.split, expected.at(ref.id)) << ref.id;
    EXPECT_EQ(ref.aliases, std::vector<std::string>{ref.id});
  }
  EXPECT_TRUE(said(notes, "0522c0500"));
  EXPECT_TRUE(said(notes, "0522c0002: no img.nrrd"));
  const LoadedCase loaded = source->load(refs[0], RoiNames::shipped());
  EXPECT_EQ(loaded.annotated, (std::vector<int>{1, 6}));
  EXPECT_EQ(test::voxels_of(loaded.labels, 6), test::left_parotid().voxels);
  EXPECT_EQ(loaded.ct.voxels, test::patient_ct().voxels);
}

TEST(PddcaSource, RefusesMasksThatAreNone) {
  const TemporaryFolder folder;
  write_pddca(folder / "0522c0001");
  const fs::path masks = folder / "0522c0001/structures";
  LabelVolume shades = test::right_parotid();
  shades.voxels[0] = 200;
  io::write_labels(masks / "Parotid_R.nrrd", shades);
  Grid other = test::patient_grid();
  other.spacing[2] = 2;
  io::write_labels(masks / "Mandible.nrrd", test::brainstem(other));
  io::write_labels(masks / "Submandibular_L.nrrd", LabelVolume(test::patient_grid()));
  std::ofstream(masks / "Chiasm.nrrd") << "NRRD0004\ntype: un";
  io::write_labels(masks / "Heart.nrrd", test::brainstem());
  io::write_labels(masks / "Brainstem_PRV.nrrd", test::brainstem());
  const auto source = make_source("pddca", options(folder.path()));
  const LoadedCase loaded = source->load(list(*source).at(0), RoiNames::shipped());
  EXPECT_EQ(loaded.annotated, (std::vector<int>{1, 6}));
  EXPECT_THAT(why(loaded, "Parotid_R"), HasSubstr("the values 1 and 200"));
  EXPECT_THAT(why(loaded, "Mandible"), HasSubstr("another grid"));
  EXPECT_THAT(why(loaded, "Submandibular_L"), HasSubstr("empty"));
  EXPECT_THAT(why(loaded, "Chiasm"), HasSubstr("rejected"));
  EXPECT_EQ(why(loaded, "Heart"), "|unknown");
  EXPECT_EQ(why(loaded, "Brainstem_PRV"), "|decoy: prv");
  EXPECT_TRUE(said(loaded.notes, "Parotid_R"));
}

TEST(Sources, IdsAreOneNameOfAFile) {
  EXPECT_EQ(safe_id("../../../stolen"), "_._.._.._stolen");
  EXPECT_EQ(safe_id("/etc/passwd"), "_etc_passwd");
  EXPECT_EQ(safe_id(".."), "_.");
  EXPECT_EQ(safe_id(""), "unnamed");
  const std::string longer(100, 'x');
  EXPECT_EQ(safe_id(longer), longer);
  EXPECT_EQ(safe_id(longer + "a").size(), 100u);
  EXPECT_NE(safe_id(longer + "a"), safe_id(longer + "b"));
}

TEST(Sources, OnlyExceptAndSplitAreHonoured) {
  const TemporaryFolder folder;
  for (const char* id : {"0522c0001", "0522c0002", "0522c0555"}) write_pddca(folder / id);
  SourceOptions some = options(folder.path());
  some.only = {"0522c00*", "absent"};
  some.except = {"0522c0002"};
  some.split = Split::validation;
  std::vector<Note> notes;
  const auto refs = list(*make_source("pddca", some), &notes);
  ASSERT_EQ(refs.size(), 1U);
  EXPECT_EQ(refs[0].id, "0522c0001");
  EXPECT_EQ(refs[0].split, Split::validation);
  EXPECT_TRUE(said(notes, "2 of 3 cases left out")) << all_of(notes);
  EXPECT_TRUE(said(notes, "of \"only\" matches no case")) << all_of(notes);
}

TEST(Sources, UnknownKindsAndPathsAreRefused) {
  const TemporaryFolder folder;
  test::expect_refused(ErrorKind::usage, {"'pdca'", "pddca", "tcia"},
                       [&] { make_source("pdca", options(folder.path())); });
  test::expect_refused(ErrorKind::input, {"absent"},
                       [&] { make_source("tcia", options(folder / "absent")); });
  SourceOptions bad = options(folder.path());
  bad.observer = "student";
  test::expect_refused(ErrorKind::usage, {"student", "radiographer"}, [&] { make_source("deepmind", bad); });
}

TEST(DeepMindSource, TakesOneObserverOrBoth) {
  const TemporaryFolder folder;
  for (const std::string who : {"oncologist", "radiographer"})
    for (const std::string split : {"test", "validation"}) {
      const fs::path patient =
          folder / "set/nrrds" / split / who / (split == "test" ? "0522c0576" : "TCGA-CV-5978");
      fs::create_directories(patient / "segmentations");
      io::write_ct(patient / "CT_IMAGE.nrrd", test::patient_ct());
      io::write_labels(patient / "segmentations/Parotid-Lt.nrrd", test::left_parotid());
      io::write_labels(patient / "segmentations/Cochlea-Lt.nrrd", test::left_parotid());
    }
  SourceOptions set = options(folder / "set");
  auto refs = list(*make_source("deepmind", set));
  ASSERT_EQ(refs.size(), 2U);
  EXPECT_EQ(refs[0].split, Split::test);
  EXPECT_EQ(refs[0].aliases, std::vector<std::string>{"0522c0576"});
  EXPECT_EQ(refs[1].split, Split::validation);
  EXPECT_THAT(refs[0].files[0].string(), HasSubstr("oncologist"));
  set.observer = "both";
  set.path = folder / "set/nrrds";
  const auto both = make_source("deepmind", set);
  refs = list(*both);
  ASSERT_EQ(refs.size(), 4U);
  EXPECT_EQ(refs[0].id, "0522c0576_oncologist");
  EXPECT_EQ(refs[0].patient, refs[1].patient);
  const LoadedCase loaded = both->load(refs[3], RoiNames::shipped());
  EXPECT_EQ(loaded.annotated, std::vector<int>{6});
  EXPECT_EQ(why(loaded, "Cochlea-Lt"), "|unknown");
}

// Voxel (back, left, feet) of OpenKBP's cube.
std::string row(int back, int left, int feet, const std::string& value = "") {
  return std::to_string((back * 128 + left) * 128 + feet) + "," + value + "\n";
}

TEST(OpenKbpSource, ReadsSparseFoldersTheRightWayRound) {
  const TemporaryFolder folder;
  const fs::path patient = folder / "validation-pats/pt_7";
  fs::create_directories(patient);
  std::ofstream(patient / "voxel_dimensions.csv") << "3.906\n3.906\n2.5e+00\n";
  std::ofstream(patient / "ct.csv") << ",data\n" << row(60, 90, 10, "1040.0") << row(61, 30, 100, "2500");
  std::ofstream(patient / "LeftParotid.csv") << ",data\n" << row(60, 90, 10);
  std::ofstream(patient / "RightParotid.csv") << ",data\n" << row(60, 30, 10);
  std::ofstream(patient / "Larynx.csv") << ",data\n" << row(60, 64, 70);
  std::ofstream(patient / "possible_dose_mask.csv") << ",data\n" << row(60, 64, 70);
  std::ofstream(patient / "PTV70.csv") << ",data\n" << row(60, 64, 70);
  std::ofstream(patient / "Mandible.csv") << ",data\n2097152,\n";
  const auto source = make_source("openkbp", options(folder.path()));
  const auto refs = list(*source);
  ASSERT_EQ(refs.size(), 1U);
  EXPECT_EQ(refs[0].split, Split::validation);
  const LoadedCase loaded = source->load(refs[0], RoiNames::shipped());
  EXPECT_EQ(loaded.annotated, (std::vector<int>{6, 7}));
  EXPECT_EQ(loaded.ct.at(90, 60, 117), 40);
  EXPECT_EQ(loaded.ct.at(30, 61, 27), 1500);
  EXPECT_EQ(loaded.ct.at(0, 0, 0), -1000);
  EXPECT_EQ(loaded.labels.at(90, 60, 117), 6);
  EXPECT_GT(loaded.ct.grid.to_world({90, 60, 117})[0], 0) << "a left organ lies at positive x";
  EXPECT_GT(loaded.ct.grid.to_world({90, 60, 117})[2], loaded.ct.grid.to_world({30, 61, 27})[2]);
  EXPECT_DOUBLE_EQ(loaded.ct.grid.spacing[2], 2.5);
  EXPECT_EQ(why(loaded, "PTV70"), "|decoy: ptv");
  EXPECT_THAT(why(loaded, "Mandible"), HasSubstr("Mandible.csv:2"));
  EXPECT_EQ(why(loaded, "possible_dose_mask"), "absent");
}

TEST(OpenKbpSource, NamesDamagedFiles) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "pt_1");
  fs::create_directories(folder / "pt_2");
  std::ofstream(folder / "pt_1/ct.csv") << ",data\n12,abc\n";
  std::ofstream(folder / "pt_1/voxel_dimensions.csv") << "3\n3\n2\n";
  std::vector<Note> notes;
  const auto source = make_source("openkbp", options(folder.path()));
  const auto refs = list(*source, &notes);
  ASSERT_EQ(refs.size(), 1U);
  EXPECT_TRUE(said(notes, "pt_2: no ct.csv"));
  test::expect_refused(ErrorKind::input, {"ct.csv:2"}, [&] { source->load(refs[0], RoiNames::shipped()); });
  // sizes of voxels that nothing could be resampled from
  for (const char* bad :
       {"3\n3\n", "1e-300\n1e-300\n1e-300\n", "3\n3\n0.01\n", "3\n3\n60\n", "3\n3\nnan\n"}) {
    std::ofstream(folder / "pt_1/voxel_dimensions.csv") << bad;
    test::expect_refused(ErrorKind::input, {"voxel_dimensions.csv", "0.1 to 50 mm"},
                         [&] { source->load(refs[0], RoiNames::shipped()); });
  }
}

TEST(NnUnetSource, ReadsADataSetFolder) {
  const TemporaryFolder folder;
  for (const char* part : {"imagesTr", "labelsTr"}) fs::create_directories(folder / part);
  const LabelVolume left = test::left_parotid(), stem = test::brainstem();
  LabelVolume labels(test::patient_grid());
  for (std::size_t i = 0; i < labels.voxels.size(); ++i)
    labels.voxels[i] = left.voxels[i] ? 2 : stem.voxels[i] ? 1 : 0;
  for (const std::string id : {"a", "b"}) {
    io::write_ct(folder / ("imagesTr/" + id + "_0000.nii.gz"), test::patient_ct());
    io::write_labels(folder / ("labelsTr/" + id + ".nii.gz"), labels);
  }
  std::ofstream(folder / "dataset.json")
      << R"({"channel_names": {"0": "CT"}, "numTraining": 2, "file_ending": ".nii.gz",
    "labels": {"background": 0, "Brainstem": 1, "Lt Parotid": 2, "Cord": 3}, "annotated": {"b": ["Lt Parotid"]}})";
  std::ofstream(folder / "splits_final.json") << R"([{"train": ["a"], "val": ["b"]}])";
  const auto source = make_source("nnunet", options(folder.path()));
  const auto refs = list(*source);
  ASSERT_EQ(refs.size(), 2U);
  EXPECT_EQ(refs[1].split, Split::validation);
  const LoadedCase a = source->load(refs[0], RoiNames::shipped()),
                   b = source->load(refs[1], RoiNames::shipped());
  EXPECT_EQ(a.annotated, (std::vector<int>{1, 6}));
  EXPECT_EQ(b.annotated, std::vector<int>{6});
  EXPECT_EQ(test::voxels_of(a.labels, 6), test::left_parotid().voxels);
  EXPECT_EQ(why(a, "Cord"), "|unknown");
}

class FolderSource : public ::testing::Test {
 protected:
  FolderSource() {
    io::write_ct(folder / "ct.nii.gz", test::patient_ct());
    io::write_labels(folder / "left.nii.gz", test::left_parotid());
    io::write_labels(folder / "right.nii.gz", test::right_parotid());
    io::write_labels(folder / "stem.nii.gz", test::brainstem());
  }
  LoadedCase load(const std::string& rest) const {
    std::ofstream(folder / "cases.json")
        << R"({"cases": [{"id": "p", "image": "ct.nii.gz", )" << rest << "}]}";
    const auto source = make_source("folder", options(folder.path()));
    return source->load(list(*source).at(0), RoiNames::shipped());
  }
  TemporaryFolder folder;
};

TEST_F(FolderSource, SettlesASideThatNoNameSays) {
  const LoadedCase loaded = load(R"("masks": {"parotid": "left.nii.gz", "Parotide": "right.nii.gz"})");
  EXPECT_EQ(loaded.annotated, (std::vector<int>{6, 7}));
  EXPECT_EQ(test::voxels_of(loaded.labels, 6), test::left_parotid().voxels);
  EXPECT_TRUE(said(loaded.notes, "'parotid' says no side; Parotid_L")) << all_of(loaded.notes);
  EXPECT_TRUE(said(loaded.notes, "right of the midline")) << all_of(loaded.notes);
}

TEST_F(FolderSource, SettlesSidesOfTheUsersOwnOrgansToo) {
  std::ofstream(folder / "mine.toml")
      << "[[organ]]\nleft = \"Eye_L\"\nright = \"Eye_R\"\nnames = [\"eye\"]\n";
  RoiNames names = RoiNames::shipped();
  names.add(folder / "mine.toml");
  std::ofstream(folder / "cases.json")
      << R"({"cases": [{"id": "p", "image": "ct.nii.gz", "masks": {"eye": "right.nii.gz"}}]})";
  const auto source = make_source("folder", options(folder.path()));
  const LoadedCase loaded = source->load(list(*source).at(0), names);
  EXPECT_EQ(loaded.annotated, std::vector<int>{find_organ(names.organs(), "Eye_R")->id});
}

TEST_F(FolderSource, RejectsBothSidesInOneMask) {
  LabelVolume both = test::left_parotid();
  const LabelVolume right = test::right_parotid();
  for (std::size_t i = 0; i < both.voxels.size(); ++i) both.voxels[i] |= right.voxels[i];
  io::write_labels(folder / "both.nii.gz", both);
  const LoadedCase loaded = load(R"("masks": {"parotid": "both.nii.gz", "Brainstem": "stem.nii.gz"})");
  EXPECT_EQ(loaded.annotated, std::vector<int>{1});
  EXPECT_THAT(why(loaded, "parotid"), HasSubstr("both sides"));
}

TEST_F(FolderSource, FlagsSwappedSidesAndChangesNothing) {
  const LoadedCase loaded = load(R"("masks": {"Parotid_L": "right.nii.gz", "Parotid_R": "left.nii.gz"})");
  EXPECT_EQ(test::voxels_of(loaded.labels, 6), test::right_parotid().voxels);
  EXPECT_TRUE(said(loaded.notes, "laterality: Parotid_L")) << all_of(loaded.notes);
  EXPECT_TRUE(said(loaded.notes, "laterality: Parotid_R")) << all_of(loaded.notes);
  const LoadedCase good = load(R"("masks": {"Parotid_R": "right.nii.gz", "Parotid_L": "left.nii.gz"})");
  EXPECT_FALSE(said(good.notes, "laterality")) << all_of(good.notes);
}

TEST_F(FolderSource, GivesSharedVoxelsToTheSmallerOrgan) {
  const LabelVolume chiasm = test::box_mask(test::patient_grid(), {0, 0, 0}, {6, 6, 4});
  io::write_labels(folder / "chiasm.nii.gz", chiasm);
  const LoadedCase loaded = load(R"("masks": {"Chiasm": "chiasm.nii.gz", "Brainstem": "stem.nii.gz"})");
  EXPECT_EQ(test::voxels_of(loaded.labels, 2), chiasm.voxels);
  const LabelVolume stem = test::brainstem();
  std::size_t shared = 0;
  for (std::size_t i = 0; i < chiasm.voxels.size(); ++i) shared += chiasm.voxels[i] && stem.voxels[i];
  ASSERT_GT(shared, 0U);
  EXPECT_TRUE(said(loaded.notes, "share " + std::to_string(shared) + " voxels")) << all_of(loaded.notes);
}

TEST_F(FolderSource, RefusesAnotherGridUnlessAsked) {
  Grid finer = test::patient_grid();
  finer.size = {100, 80, 48};
  finer.spacing = {2, 2, 1.5};
  finer.origin = {-99, -79, -40.75};
  io::write_labels(folder / "fine.nii.gz", test::left_parotid(finer));
  const LoadedCase refused = load(R"("masks": {"Parotid_L": "fine.nii.gz"})");
  EXPECT_TRUE(refused.annotated.empty());
  EXPECT_THAT(refused.rois.at(0).why, testing::HasSubstr("another grid"));
  const LoadedCase asked = load(R"("masks": {"Parotid_L": "fine.nii.gz"}, "resample": true)");
  EXPECT_GT(test::dice_of(test::voxels_of(asked.labels, 6), test::left_parotid().voxels), 0.75);
  const std::string map = R"("labels": "fine.nii.gz", "values": {"1": "Parotid_L"})";
  test::expect_refused(ErrorKind::input, {"fine.nii.gz", "another grid"}, [&] { load(map); });
  EXPECT_EQ(load(map + R"(, "resample": true)").annotated, std::vector<int>{6});
  test::expect_refused(ErrorKind::input, {"stem.nii.gz", "value 1"},
                       [&] { load(R"("labels": "stem.nii.gz", "values": {"2": "Brainstem"})"); });
}

TEST_F(FolderSource, NamesWhatIsWrongWithCasesJson) {
  test::expect_refused(ErrorKind::input, {"cases.json", "neither"}, [&] { load(R"("patient": "x")"); });
  test::expect_refused(ErrorKind::input, {"cases.json", "split 'train'"},
                       [&] { load(R"("masks": {"a": "left.nii.gz"}, "split": "train")"); });
  test::expect_refused(ErrorKind::input, {"cases.json"}, [&] { load(R"("masks": [)"); });
  test::expect_refused(ErrorKind::input, {"cases.json", "value '256'"},
                       [&] { load(R"("labels": "stem.nii.gz", "values": {"256": "Brainstem"})"); });
  std::ofstream(folder / "cases.json")
      << R"({"cases": [{"id": "q", "image": "gone.nii.gz", "masks": {"a": "left.nii.gz"}}]})";
  std::vector<Note> notes;
  EXPECT_TRUE(list(*make_source("folder", options(folder.path())), &notes).empty());
  EXPECT_TRUE(said(notes, "gone.nii.gz"));
}

}  // namespace
}  // namespace anatomynet::curation
