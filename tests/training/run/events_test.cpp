// What a run tells of itself, in order: positions, steps, validated cases, scores.
#include <limits>

#include <gtest/gtest.h>

#include "common/temporary_folder.h"
#include "training/cases.h"
#include "training/run/trainer.h"

namespace anatomynet::training {
namespace {

TrainOptions two_epochs() {
  TrainOptions options;
  options.augment = no_augmentation({});
  options.phases = {{.learning_rate = 1e-3, .final_learning_rate = 1e-4, .epochs = 2, .crop = {8, 8, 8}}};
  return options;
}

// A run as a line of words; `keep_going`: steps before it is stopped.
std::string told(const TrainingSet& set, const TrainOptions& options, const std::filesystem::path& folder,
                 bool resume, int keep_going) {
  std::string out;
  TrainEvents events;
  events.on_position = [&](const RunPosition& p) {
    out += "at" + std::to_string(p.step) + "/" + std::to_string(p.steps) + "," + std::to_string(p.epoch) +
           "/" + std::to_string(p.epochs) + " ";
  };
  events.on_step = [&](const StepReport& r) {
    EXPECT_GT(r.gradient_norm, 0);
    out += "step" + std::to_string(r.step) + " ";
  };
  events.on_validation_case = [&](const TrainingCase& c, const LabelVolume& predicted) {
    EXPECT_TRUE(same_grid(predicted.grid, c.truth.grid));
    EXPECT_EQ(predicted.voxels.size(), c.truth.voxels.size());
    out += c.id + " ";
  };
  events.on_validation = [&](std::int64_t epoch, const Scores&, bool) {
    out += "scores" + std::to_string(epoch) + " ";
  };
  events.stop = [&] { return keep_going-- == 0; };
  train(set, options, folder, resume, torch::kCPU, events);
  return out;
}

TEST(TrainEvents, TellWhereARunStandsWhenItStartsAndGoesOn) {
  const test::TemporaryFolder folder;
  const TrainingSet set = test::small_set(2, 2);
  EXPECT_EQ(told(set, two_epochs(), folder.path(), false, 3),
            "at0/4,0/2 step1 step2 valid0 valid1 scores1 step3 ");
  EXPECT_EQ(told(set, two_epochs(), folder.path(), true, -1), "at3/4,1/2 step4 valid0 valid1 scores2 ");
  EXPECT_EQ(told(set, two_epochs(), folder.path(), true, -1), "at4/4,2/2 ");
}

TEST(TrainEvents, TellThatARunWasTakenBackToItsCheckpoint) {
  const test::TemporaryFolder folder;
  TrainingSet set = test::small_set(4, 0);
  set.training[2].image = torch::full({12, 12, 12}, std::numeric_limits<float>::quiet_NaN());
  TrainOptions options = two_epochs();
  options.phases[0].crop = {12, 12, 12};
  const std::string text = told(set, options, folder.path(), false, -1);
  std::int64_t at = 0, last = 0, back = 0;
  for (std::size_t from = 0; from < text.size(); from = text.find(' ', from) + 1) {
    if (text.compare(from, 2, "at") == 0) {
      at = last = std::stoll(text.substr(from + 2));
      back += from > 0;
    } else if (text.compare(from, 4, "step") == 0) {
      const std::int64_t step = std::stoll(text.substr(from + 4));
      EXPECT_GT(step, last) << text;
      EXPECT_LE(step, last + 2) << text;  // the case left out is the only gap
      last = step;
    }
  }
  EXPECT_EQ(back, 2) << text;  // once an epoch
  EXPECT_GE(at, 4) << text;
  EXPECT_GE(last, 7) << text;
}

}  // namespace
}  // namespace anatomynet::training
