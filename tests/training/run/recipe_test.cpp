#include <algorithm>

#include <gtest/gtest.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"
#include "network/weights.h"
#include "training/cases.h"
#include "training/data/sampler.h"
#include "training/run/checkpoint.h"
#include "training/run/trainer.h"
#include "training/run/warm_start.h"

namespace anatomynet::training {
namespace {

using torch::Tensor;

// 8 cases; organ 1 in all, organ 2 in two of them.
TrainingSet unevenly_annotated() {
  TrainingSet set = test::small_set(8, 0);
  for (std::size_t i = 0; i < 8; ++i)
    set.training[i].annotated = torch::tensor({i < 2 ? 1.0f : 0.0f, 1.0f, i < 2 ? 1.0f : 0.0f});
  return set;
}

TEST(Sampler, CountsAnnotations) {
  EXPECT_EQ(annotation_counts(unevenly_annotated()), (std::vector<std::int64_t>{2, 8, 2}));
}

TEST(Sampler, WeighsByCounts) {
  EXPECT_EQ(weights_by_counts(unevenly_annotated(), false), (std::vector<double>{4, 1, 4}));
  EXPECT_EQ(weights_by_counts(unevenly_annotated(), true), (std::vector<double>{1, 1, 4}));
  TrainingSet none = unevenly_annotated();
  for (auto& c : none.training) c.annotated[2] = 0;
  test::expect_refused(ErrorKind::input, {"Parotid_R", "no training case"},
                       [&] { weights_by_counts(none, true); });
}

TEST(Sampler, RepeatsRareAnnotations) {
  const TrainingSet set = unevenly_annotated();
  const auto count = [](const std::vector<std::size_t>& visits, std::size_t i) {
    return std::count(visits.begin(), visits.end(), i);
  };
  const auto once = visits_of(set, 0), more = visits_of(set, 1);
  EXPECT_EQ(once.size(), 8u);
  EXPECT_EQ(more.size(), 2u * 2 + 6);  // sqrt(1 / (2/8)) = 2
  EXPECT_EQ(count(more, 1), 2);
  EXPECT_EQ(count(more, 5), 1);
}

TEST(Sampler, ShufflesEveryEpochAnew) {
  const auto a = order_of(1, 0, 50), b = order_of(1, 1, 50), c = order_of(2, 0, 50);
  EXPECT_EQ(a, order_of(1, 0, 50));
  EXPECT_NE(a, b);
  EXPECT_NE(a, c);
  auto sorted = b;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(sorted[i], i);
}

class WarmStarts : public testing::Test {
 protected:
  // Written by a network of Parotid_L, Parotid_R.
  model::Model source(const std::string& architecture = "AnatomyNet") {
    torch::manual_seed(3);
    const auto network = network::make_network(architecture, 3);
    model::ModelInfo info;
    info.name = "source";
    info.architecture = architecture;
    info.organs = test::small_set(1, 0).organs;
    model::write_model(folder_ / "source.safetensors", info, network::weights_of(*network));
    return model::read_model(folder_ / "source.safetensors");
  }
  test::TemporaryFolder folder_;
};

TEST_F(WarmStarts, KeepsOrgansByNameWhereverTheyStand) {
  const model::Model model = source();
  const OrganTable all = test::three_organs();
  const OrganTable organs{all[2], all[1]};  // a new one, then Parotid_R, which was the second too
  torch::manual_seed(4);
  const auto network = network::make_network("AnatomyNet", 3);
  const Tensor fresh = network->output_bias()[1].clone();
  const WarmStart start = start_from(*network, organs, model);
  EXPECT_EQ(start.organs_kept, (std::vector<std::string>{"background", "Parotid_R"}));
  EXPECT_EQ(start.organs_fresh, std::vector<std::string>{"Brainstem"});
  EXPECT_TRUE(start.tensors_fresh.empty());
  const Tensor bias = network::to_torch(*model.weights.find("layer11.0.bias"));
  EXPECT_TRUE(torch::equal(network->output_bias()[0], bias[0]));
  EXPECT_TRUE(torch::equal(network->output_bias()[1], fresh));
  EXPECT_TRUE(torch::equal(network->output_bias()[2], bias[2]));
  for (const auto& [name, tensor] : network::state_of(*network)) {
    const model::NamedTensor* theirs = model.weights.find(name);
    if (theirs && name.rfind("layer11", 0) != 0) {
      EXPECT_TRUE(torch::equal(tensor, network::to_torch(*theirs))) << name;
    }
  }
}

TEST_F(WarmStarts, SaysWhatAnotherVariantDoesNotHave) {
  const auto network = network::make_network("baselineRes18Conc", 3);
  const WarmStart start = start_from(*network, test::small_set(1, 0).organs, source());
  EXPECT_GT(start.kept, 0u);
  EXPECT_FALSE(start.tensors_fresh.empty());
  const auto plain = network::make_network("baseline", 3);
  const model::Model model = source();
  const auto text = [&] { return start_from(*plain, test::small_set(1, 0).organs, model).text(); };
  test::expect_refused(ErrorKind::model, {"source", "not one tensor fits"}, text);
}

class Recipe : public testing::Test {
 protected:
  TrainOptions options() {
    TrainOptions o;
    o.augment = no_augmentation({});
    o.phases = {{.learning_rate = 1e-3, .final_learning_rate = 1e-3, .epochs = 1, .crop = {12, 12, 12}}};
    return o;
  }
  std::shared_ptr<network::Network> trained(const TrainingSet& set, const TrainOptions& o,
                                            const std::string& name, const TrainEvents& events = {}) {
    EXPECT_TRUE(train(set, o, folder_ / name, false, torch::kCPU, events));
    return network::make_network(model::read_model(folder_ / name / "best.safetensors"));
  }
  test::TemporaryFolder folder_;
};

TEST_F(Recipe, AccumulatesTheMeanGradient) {
  // Twice the same case a step is, to rounding, the case alone: but for the running statistics.
  TrainingSet one = test::small_set(1, 0), two = one;
  two.training.push_back(two.training[0]);
  TrainOptions o = options();
  o.phases[0].optimiser = "sgd";
  TrainOptions pairs = o;
  pairs.accumulate = 2;
  int steps = 0;
  TrainEvents events;
  events.on_step = [&](const StepReport& r) {
    ++steps;
    EXPECT_EQ(r.case_id, "train0,train0");
    EXPECT_GT(r.gradient_norm, 0);
  };
  const auto a = trained(one, o, "one"), b = trained(two, pairs, "two", events);
  EXPECT_EQ(steps, 1);
  const auto x = a->named_parameters(), y = b->named_parameters();
  for (const auto& item : x)
    EXPECT_TRUE(torch::allclose(item.value(), y[item.key()], 1e-4, 1e-6)) << item.key();
}

TEST_F(Recipe, GoesOnWithoutACaseThatFails) {
  TrainingSet set = test::small_set(6, 1);
  // Float images only in this test: HU that are not numbers reach the loss.
  set.training[2].image = torch::full({12, 12, 12}, std::numeric_limits<float>::quiet_NaN());
  TrainOptions o = options();
  o.phases[0].epochs = 2;
  o.phases[0].optimiser = "adamw";
  std::vector<std::string> messages;
  TrainEvents events;
  events.on_message = [&](const std::string& text) { messages.push_back(text); };
  const auto network = trained(set, o, "run", events);
  ASSERT_EQ(messages.size(), 2u);  // once an epoch
  EXPECT_NE(messages[0].find("train2"), std::string::npos) << messages[0];
  EXPECT_NE(messages[0].find("not finite"), std::string::npos) << messages[0];
  for (const auto& [name, tensor] : network::state_of(*network))
    EXPECT_TRUE(torch::isfinite(tensor.to(torch::kDouble)).all().item<bool>()) << name;

  // The same weights as from a run that never saw the case, but for its place in the order: so resume too.
  TrainEvents stop;
  stop.stop = [n = 0]() mutable { return n++ == 7; };
  EXPECT_FALSE(train(set, o, folder_ / "stopped", false, torch::kCPU, stop));
  EXPECT_TRUE(train(set, o, folder_ / "stopped", true, torch::kCPU, {}));
  EXPECT_EQ(test::read_bytes(folder_ / "stopped/best.safetensors"),
            test::read_bytes(folder_ / "run/best.safetensors"));
}

// The loader's samples stay with their positions: after the way back the pairs are those of the epoch's
// order.
TEST_F(Recipe, KeepsItsPairsWithoutACaseThatFails) {
  TrainingSet set = test::small_set(5, 0);
  set.training[2].image = torch::full({12, 12, 12}, std::numeric_limits<float>::quiet_NaN());
  TrainOptions o = options();
  o.accumulate = 2;
  std::vector<std::string> steps, expected;
  TrainEvents events;
  events.on_message = [&](const std::string&) { steps.clear(); };
  events.on_step = [&](const StepReport& r) { steps.push_back(r.case_id); };
  trained(set, o, "run", events);
  const auto order = order_of(o.seed, 0, 5);
  for (std::size_t at = 0; at < 5; at += 2) {
    std::string pair;
    for (std::size_t i = at; i < std::min<std::size_t>(5, at + 2); ++i)
      if (order[i] != 2) pair += (pair.empty() ? "" : ",") + set.training[order[i]].id;
    if (!pair.empty()) expected.push_back(pair);
  }
  EXPECT_EQ(steps, expected);
}

TEST_F(Recipe, KeepsTheCheckpointBefore) {
  const TrainingSet set = test::small_set(2, 0);
  TrainOptions o = options();
  o.checkpoint_minutes = 0;  // before every step
  trained(set, o, "run");
  for (const char* name : {"checkpoint.pt", "checkpoint.previous.pt"}) {
    const auto network = network::make_network("AnatomyNet", 3),
               average = network::make_network("AnatomyNet", 3);
    const auto optimiser = make_optimiser(o.phases[0], network->parameters());
    RunState state;
    load_checkpoint(folder_ / "run" / name, *network, *average, *optimiser, state);
    EXPECT_EQ(state.updates, std::string(name) == "checkpoint.pt" ? 2 : 1) << name;
  }
}

TEST_F(Recipe, StartsFromOtherWeights) {
  const TrainingSet two = test::small_set(2, 0), three = test::small_set(2, 0, 3);
  trained(two, options(), "two");
  TrainOptions o = options();
  o.start_from = folder_ / "two" / "best.safetensors";
  std::string said;
  TrainEvents events;
  events.on_message = [&](const std::string& text) { said += text; };
  trained(three, o, "three", events);
  EXPECT_NE(said.find("outputs initialised: Brainstem"), std::string::npos) << said;
}

}  // namespace
}  // namespace anatomynet::training
