#include "study/study.h"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"
#include "study/study_table.h"
#include "training/cases.h"

namespace anatomynet::study {
namespace {

namespace fs = std::filesystem;

std::string numbered(std::string text, int i) {
  text += std::to_string(i);
  return text;
}

Study small_study() {
  Study study;
  study.name = "small";
  study.held_out = 0.4;
  study.held_out_seed = 3;
  study.reference = "se";
  training::TrainOptions options;
  options.phases = {training::Phase{.epochs = 1, .crop = {8, 8, 8}}};
  options.architecture = "baselineRes18Sum";
  study.variants.push_back({"residual", "blocks", options, {1, 2}});
  options.architecture = "baselineSERes18Sum";
  study.variants.push_back({"se", "blocks", options, {1}});
  return study;
}

TEST(Study, HoldsOutAShareOfTheCasesByTheirIdsAlone) {
  Study study = small_study();
  study.held_out = 0.2;
  int held = 0, other = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::string id = numbered("pt_", i);
    held += is_held_out(study, id);
    Study again = study;
    again.held_out_seed = 4;
    other += is_held_out(study, id) != is_held_out(again, id);
  }
  EXPECT_NEAR(held, 400, 60);
  EXPECT_NEAR(other, 640, 80);  // 2 x 0.2 x 0.8
  study.same_case_suffix = "_dm";
  for (int i = 0; i < 100; ++i) {
    const std::string id = numbered("pt_", i);
    EXPECT_EQ(is_held_out(study, id), is_held_out(study, id + "_dm")) << id;
  }
}

TEST(Study, HeldOutCasesAreNeitherTrainedOnNorSelectedBy) {
  const StudyData data = set_aside(small_study(), test::small_set(12, 2));
  EXPECT_EQ(data.fit.training.size() + data.held_out.validation.size(), 12u);
  EXPECT_EQ(data.fit.validation.size(), 2u);
  for (const training::TrainingCase& held : data.held_out.validation)
    for (const auto* part : {&data.fit.training, &data.fit.validation})
      for (const training::TrainingCase& c : *part) EXPECT_NE(c.id, held.id);
  EXPECT_EQ(data.held_out_grid, "CT");
  training::TrainingSet packed = test::small_set(12, 2);
  for (training::TrainingCase& c : packed.training) c.truth = dataset::no_truth();
  const StudyData coarse = set_aside(small_study(), packed);
  EXPECT_EQ(coarse.held_out_grid, "network");
  const training::TrainingCase held = training::loaded(coarse.held_out.validation.front());
  EXPECT_TRUE(same_grid(held.truth.grid, held.grid));
  EXPECT_EQ(std::count(held.truth.voxels.begin(), held.truth.voxels.end(), 1),
            (held.labels == 1).sum().item<int>());
  Study none = small_study();
  none.held_out = 0;
  test::expect_refused(ErrorKind::input, {"0 held-out cases"},
                       [&] { set_aside(none, test::small_set(4, 1)); });
  test::expect_refused(ErrorKind::input, {"0 validation"},
                       [&] { set_aside(small_study(), test::small_set(12, 0)); });
}

TEST(Study, StopsResumesAndGivesTheSameRecords) {
  const Study study = small_study();
  const StudyData data = set_aside(study, test::small_set(8, 1));
  test::TemporaryFolder folder;
  ASSERT_TRUE(run_study(study, data, folder / "straight", torch::kCPU, {}));

  int steps = 0;
  std::vector<std::string> begun;
  StudyEvents events;
  events.on_step = [&](const training::StepReport&) { ++steps; };
  events.on_run = [&](const Variant& v, std::uint64_t seed, std::size_t, std::size_t) {
    begun.push_back(v.name + std::to_string(seed));
  };
  events.stop = [&] { return steps >= 2; };
  EXPECT_FALSE(run_study(study, data, folder / "stopped", torch::kCPU, events));
  EXPECT_TRUE(read_records(folder / "stopped").empty());
  for (int session = 0; session < 10; ++session) {
    steps = 0;
    events.stop = [&] { return steps >= 3; };
    if (run_study(study, data, folder / "stopped", torch::kCPU, events)) break;
  }
  const auto a = read_records(folder / "straight"), b = read_records(folder / "stopped");
  ASSERT_EQ(a.size(), 3u);
  ASSERT_EQ(b.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(a[i].variant, b[i].variant);
    EXPECT_EQ(a[i].validation_dice, b[i].validation_dice);
    EXPECT_EQ(a[i].held_out_dice, b[i].held_out_dice);
    EXPECT_EQ(a[i].steps, b[i].steps);
    EXPECT_GT(a[i].parameters, 100000);
  }
  EXPECT_EQ(begun.front(), "residual1");

  // All done: nothing is begun again, and another definition is not taken for the same run.
  begun.clear();
  EXPECT_TRUE(run_study(study, data, folder / "straight", torch::kCPU, events));
  EXPECT_TRUE(begun.empty());
  Study longer = study;
  longer.variants[0].options.phases[0].epochs = 2;
  test::expect_refused(ErrorKind::input, {"residual", "another definition"},
                       [&] { run_study(longer, data, folder / "straight", torch::kCPU, {}); });
}

RunRecord record(const std::string& variant, std::uint64_t seed, double dice, double slope = 0.012) {
  RunRecord r;
  r.variant = variant;
  r.seed = seed;
  r.parameters = 1000;
  r.validation_dice = dice;
  r.seconds = 120;
  for (int i = 0; i < 10; ++i) {
    r.held_out_dice["Brainstem"][numbered("c", i)] = dice + slope * i;
    if (i % 2) r.held_out_dice["Parotid_L"][numbered("c", i)] = dice;
  }
  r.held_out_hd95_mm["Brainstem"]["c1"] = 4;
  return r;
}

TEST(StudyTable, IsMadeOfRecordsAloneAndHasNoCellWithoutARun) {
  const std::vector<TableRow> rows{
      {"plain", "depth", {1, 2}}, {"se", "blocks", {1}}, {"later", "loss", {1}}, {"odd", "loss", {9}}};
  const std::string table = study_table(rows, "plain",
                                        {record("plain", 1, 0.5), record("plain", 2, 0.6),
                                         record("se", 1, 0.7), record("se", 9, 0.1), record("odd", 9, 0.9)});
  // plain: both seeds averaged, mean of the organs' means (0.55 + 0.054 and 0.55)
  EXPECT_NE(table.find("| depth | plain | 1000 | 2 of 2 | 0.550 | 0.577 ("), std::string::npos) << table;
  EXPECT_NE(table.find("0.527 to 0.627"), std::string::npos) << table;  // over seeds
  EXPECT_NE(table.find("| blocks | se | 1000 | 1 of 1 | 0.700 | 0.727 ("), std::string::npos) << table;
  // of seed 1 alone, which both have
  EXPECT_NE(table.find("+0.200 (+0.200 to +0.200) | 0.0"), std::string::npos) << table;
  EXPECT_NE(table.find("one seed | 4.0 | - | - | 2.0 |"), std::string::npos) << table;  // odd: none in common
  EXPECT_NE(table.find("| loss | later | not run |"), std::string::npos) << table;
  EXPECT_NE(table.find("| se | 0.754 (10) | 0.700 (5) |"), std::string::npos) << table;
  EXPECT_EQ(table, study_table(rows, "plain",
                               {record("plain", 1, 0.5), record("plain", 2, 0.6), record("se", 1, 0.7),
                                record("odd", 9, 0.9)}));
}

TEST(StudyTable, GoesBetweenTheLinesOfAPage) {
  const std::string page = "# A\n<!-- study x -->\nold\n<!-- end of study -->\nrest\n";
  EXPECT_EQ(with_table(page, "x", "new\n"), "# A\n<!-- study x -->\nnew\n<!-- end of study -->\nrest\n");
  EXPECT_THROW(with_table(page, "y", "new\n"), Error);
}

TEST(Record, RefusesWhatIsNoFigure) {
  test::TemporaryFolder folder;
  RunRecord r = record("plain", 1, 0.5, 0);
  r.held_out_grid = "CT";
  write_record(folder / "record.json", r);
  EXPECT_EQ(read_record(folder / "record.json").held_out_dice, r.held_out_dice);
  std::string text = test::read_bytes(folder / "record.json");
  text.replace(text.find("\"c3\": 0.5"), 9, "\"c3\": null");
  test::write_bytes(folder / "record.json", text);
  test::expect_refused(ErrorKind::input, {"record.json", "c3", "null"},
                       [&] { read_record(folder / "record.json"); });
  for (const auto& [bytes, why] : {std::pair{"{", "no valid JSON"}, {"{}", "no record"}}) {
    test::write_bytes(folder / "record.json", bytes);
    test::expect_refused(ErrorKind::input, {"record.json", why},
                         [&] { read_record(folder / "record.json"); });
  }
}

}  // namespace
}  // namespace anatomynet::study
