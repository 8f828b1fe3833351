#include "training/run/trainer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"
#include "network/weights.h"
#include "training/cases.h"
#include "training/run/checkpoint.h"

namespace anatomynet::training {
namespace {

namespace fs = std::filesystem;
using torch::Tensor;

TrainOptions quick(std::int64_t epochs = 2) {
  TrainOptions options;
  options.augment = {.rotation = 5, .scale = 0.05, .blank = 0.2, .organ_centred = 0.5};
  options.phases = {
      {.learning_rate = 2e-3, .final_learning_rate = 1e-3, .epochs = epochs, .crop = {10, 12, 10}}};
  return options;
}

bool run(const TrainingSet& set, const TrainOptions& options, const fs::path& folder, bool resume = false,
         const TrainEvents& events = {}) {
  return train(set, options, folder, resume, torch::kCPU, events);
}

// Stops before step `n` of this call (from 0).
TrainEvents stop_at(int n) {
  TrainEvents events;
  events.stop = [n, asked = 0]() mutable { return asked++ == n; };
  return events;
}

struct Loaded {
  std::shared_ptr<network::Network> network, average;
  RunState state;
};

template <class Optimiser = torch::optim::RMSprop, class Options = torch::optim::RMSpropOptions>
Loaded checkpoint_of(const fs::path& folder, const TrainingSet& set) {
  const auto classes = static_cast<std::int64_t>(set.organs.size()) + 1;
  Loaded c{network::make_network("AnatomyNet", classes), network::make_network("AnatomyNet", classes), {}};
  Optimiser optimiser(c.network->parameters(), Options(1e-3));
  load_checkpoint(folder / "checkpoint.pt", *c.network, *c.average, optimiser, c.state);
  return c;
}

void expect_same_checkpoint(const fs::path& a, const fs::path& b, const TrainingSet& set) {
  using torch::optim::SGD, torch::optim::SGDOptions;
  const Loaded one = checkpoint_of<SGD, SGDOptions>(a, set), two = checkpoint_of<SGD, SGDOptions>(b, set);
  for (const auto part : {&Loaded::network, &Loaded::average}) {
    const auto x = network::state_of(*(one.*part)), y = network::state_of(*(two.*part));
    for (std::size_t i = 0; i < x.size(); ++i)
      EXPECT_TRUE(torch::equal(x[i].second, y[i].second)) << x[i].first;
  }
  EXPECT_EQ(one.state.epoch, two.state.epoch);
  EXPECT_EQ(one.state.updates, two.state.updates);
  EXPECT_EQ(one.state.best, two.state.best);
}

class Trainer : public testing::Test {
 protected:
  void SetUp() override {
    threads_ = at::get_num_threads();
    at::set_num_threads(1);
  }
  void TearDown() override { at::set_num_threads(threads_); }

  int threads_ = 1;
  test::TemporaryFolder folder_;
};

TEST_F(Trainer, LearnsTheBalls) {
  TrainingSet set = test::small_set(1, 0);
  set.validation = set.training;  // one volume says nothing about others
  TrainOptions options = quick(12);
  options.phases[0].learning_rate = 1e-3;
  options.phases[0].final_learning_rate = 1e-5;
  options.augment = no_augmentation({});
  options.phases[0].crop = {12, 12, 12};
  std::vector<double> losses, dice;
  TrainEvents events;
  events.on_step = [&](const StepReport& r) { losses.push_back(r.loss); };
  events.on_validation = [&](std::int64_t, const Scores& s, bool) { dice.push_back(s.mean()); };
  EXPECT_TRUE(run(set, options, folder_.path(), false, events));
  EXPECT_LT(losses.back(), 0.6 * losses.front());
  EXPECT_GT(*std::max_element(dice.begin(), dice.end()), 0.5);
}

TEST_F(Trainer, ReportsEachCaseOnceAnEpochAndTheRates) {
  const TrainingSet set = test::small_set(3, 0);
  TrainOptions options = quick(4);
  options.phases[0].warm_up = 2;
  std::vector<StepReport> steps;
  TrainEvents events;
  events.on_step = [&](const StepReport& r) { steps.push_back(r); };
  run(set, options, folder_.path(), false, events);
  ASSERT_EQ(steps.size(), 12u);
  std::set<std::vector<std::string>> orders;
  for (std::size_t epoch = 0; epoch < 4; ++epoch) {
    std::vector<std::string> order;
    for (std::size_t i = 0; i < 3; ++i) {
      const StepReport& r = steps[epoch * 3 + i];
      EXPECT_EQ(r.step, static_cast<std::int64_t>(epoch * 3 + i + 1));
      EXPECT_EQ(r.steps, 12);
      EXPECT_EQ(r.epoch, static_cast<std::int64_t>(epoch + 1));
      order.push_back(r.case_id);
    }
    orders.insert(order);
    EXPECT_EQ(std::set<std::string>(order.begin(), order.end()).size(), 3u);
  }
  EXPECT_GT(orders.size(), 1u);
  EXPECT_NEAR(steps[0].learning_rate, 1e-3, 2e-5);  // half of 2e-3: the first of two steps of warm-up
  EXPECT_NEAR(steps[2].learning_rate, 2e-3, 1e-4);
  EXPECT_NEAR(steps[11].learning_rate, 1e-3, 1e-9);
  for (std::size_t i = 3; i < 12; ++i) EXPECT_LT(steps[i].learning_rate, steps[i - 1].learning_rate);
}

// RMSprop, then SGD with momentum; two cases, so four steps a phase.
TEST_F(Trainer, GoesOnAsIfItHadNeverStopped) {
  const TrainingSet set = test::small_set(2, 1);
  TrainOptions options = quick(2);
  options.phases.push_back({.optimiser = "sgd",
                            .learning_rate = 1e-3,
                            .final_learning_rate = 5e-4,
                            .epochs = 2,
                            .crop = {8, 10, 12}});
  options.average = 0.6;
  EXPECT_TRUE(run(set, options, folder_ / "whole"));
  const std::string best = test::read_bytes(folder_ / "whole/best.safetensors");
  ASSERT_FALSE(best.empty());
  for (const int n :
       {0, 1, 4, 7}) {  // before any step, within an epoch, between the phases, in the second phase
    const fs::path folder = folder_ / ("stopped" + std::to_string(n));
    EXPECT_FALSE(run(set, options, folder, false, stop_at(n)));
    EXPECT_TRUE(run(set, options, folder, true));
    EXPECT_TRUE(test::read_bytes(folder / "best.safetensors") == best) << n;
    expect_same_checkpoint(folder_ / "whole", folder, set);
    EXPECT_TRUE(run(set, options, folder, true)) << "already done";
    EXPECT_TRUE(test::read_bytes(folder / "best.safetensors") == best) << n;
  }
  const fs::path often = folder_ / "often";
  EXPECT_FALSE(run(set, options, often, false, stop_at(2)));
  while (!run(set, options, often, true, stop_at(3))) continue;
  EXPECT_TRUE(test::read_bytes(often / "best.safetensors") == best);
  expect_same_checkpoint(folder_ / "whole", often, set);
}

// Every loss to the last bit, validation and the final calibration included.
TEST_F(Trainer, TrainsFromAPackedFileAsFromMemory) {
  const TrainingSet set = test::small_set(3, 2);
  write_packed_set(folder_ / "packed", set);
  const auto record = [&](const TrainingSet& data, const std::string& name) {
    std::vector<double> values;
    TrainEvents events;
    events.on_step = [&](const StepReport& r) { values.push_back(r.loss); };
    events.on_validation = [&](std::int64_t, const Scores& s, bool) { values.push_back(s.mean()); };
    TrainOptions options = quick(3);
    options.calibrate = 2;
    EXPECT_TRUE(run(data, options, folder_ / name, false, events));
    return values;
  };
  const auto memory = record(set, "a"), packed = record(read_packed_set(folder_ / "packed"), "b");
  EXPECT_GE(memory.size(), 12u);
  EXPECT_EQ(memory, packed);
  EXPECT_EQ(test::read_bytes(folder_ / "a" / "best.safetensors"),
            test::read_bytes(folder_ / "b" / "best.safetensors"));
}

TEST_F(Trainer, FollowsTheSeed) {
  const TrainingSet set = test::small_set(2, 0);
  TrainOptions options = quick(1);
  run(set, options, folder_ / "a");
  run(set, options, folder_ / "b");
  options.seed = 2;
  run(set, options, folder_ / "c");
  EXPECT_TRUE(test::read_bytes(folder_ / "a/best.safetensors") ==
              test::read_bytes(folder_ / "b/best.safetensors"));
  EXPECT_FALSE(test::read_bytes(folder_ / "a/best.safetensors") ==
               test::read_bytes(folder_ / "c/best.safetensors"));
}

TEST_F(Trainer, KeepsTheBestAlone) {
  const TrainingSet set = test::small_set(2, 2);
  TrainOptions options = quick(7);
  options.phases[0].learning_rate = options.phases[0].final_learning_rate = 2e-3;
  std::string kept;
  double highest = -1;
  int better = 0, worse = 0;
  TrainEvents events;
  events.on_validation = [&](std::int64_t epoch, const Scores& scores, bool best) {
    EXPECT_EQ(best, scores.mean() > highest) << epoch;
    highest = std::max(highest, scores.mean());
    ++(best ? better : worse);
    const std::string file = test::read_bytes(folder_ / "best.safetensors");
    EXPECT_EQ(file != kept, best) << epoch;
    kept = file;
  };
  run(set, options, folder_.path(), false, events);
  EXPECT_GT(better, 1);
  EXPECT_GT(worse, 0);
  // The file scores what was reported.
  const auto network = network::make_network(model::read_model(folder_ / "best.safetensors"));
  EXPECT_NEAR(validate(*network, set, torch::kCPU).mean(), highest, 1e-12);
}

TEST_F(Trainer, DescribesItsModel) {
  TrainingSet set = test::small_set(1, 1);
  set.input = {-200, 1400, {3, 2.5, 2}};
  TrainOptions options = quick(1);
  options.name = "balls-2";
  options.phantom_only = true;
  run(set, options, folder_.path());
  const model::Model model = model::read_model(folder_ / "best.safetensors");
  EXPECT_EQ(model.info.name, "balls-2");
  EXPECT_EQ(model.info.organs, set.organs);
  EXPECT_EQ(model.info.hu_low, -200);
  EXPECT_EQ(model.info.hu_high, 1400);
  EXPECT_EQ(model.info.spacing, set.input.spacing);
  EXPECT_TRUE(model.info.phantom_only);
  EXPECT_EQ(model.info.attribution, "nobody");
  EXPECT_NE(model.info.training_data.find("1 training, 1 validation"), std::string::npos);
  EXPECT_NE(model.info.metrics.find("Parotid_R"), std::string::npos);
}

TEST_F(Trainer, KeepsTheLastWithoutValidation) {
  const TrainingSet set = test::small_set(2, 0);
  const TrainOptions options = quick(2);
  run(set, options, folder_.path());
  const Loaded last = checkpoint_of(folder_.path(), set);
  const model::Model model = model::read_model(folder_ / "best.safetensors");
  for (const model::NamedTensor& ours : network::weights_of(*last.network))
    EXPECT_EQ(ours.bytes, model.weights.find(ours.name)->bytes) << ours.name;
  EXPECT_EQ(last.state.updates, 4);
  EXPECT_EQ(last.state.epoch, 2);
}

TEST_F(Trainer, AveragesTheWeights) {
  const TrainingSet set = test::small_set(3, 0);
  TrainOptions options = quick(1);
  options.average = 0.6;
  for (const int n : {1, 2, 3}) run(set, options, folder_ / std::to_string(n), false, stop_at(n));
  const Loaded one = checkpoint_of(folder_ / "1", set), two = checkpoint_of(folder_ / "2", set),
               three = checkpoint_of(folder_ / "3", set);
  const auto a = network::state_of(*one.network), b = network::state_of(*two.network),
             c = network::state_of(*three.network);
  const auto first = network::state_of(*one.average), average = network::state_of(*three.average);
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!a[i].second.is_floating_point()) continue;
    EXPECT_TRUE(torch::allclose(first[i].second, a[i].second, 1e-6, 1e-7)) << a[i].first;
    // Decay 0, then 1/2 (a plain mean of two), then the 0.6 that is asked for, which is less than 2/3.
    const Tensor mean = 0.6 * (0.5 * a[i].second + 0.5 * b[i].second) + 0.4 * c[i].second;
    EXPECT_TRUE(torch::allclose(average[i].second, mean, 1e-5, 1e-6)) << a[i].first;
  }
  const model::Model model = model::read_model(folder_ / "3/best.safetensors");
  for (const model::NamedTensor& ours : network::weights_of(*three.average))
    EXPECT_EQ(ours.bytes, model.weights.find(ours.name)->bytes) << ours.name;
}

TEST_F(Trainer, TakesCasesWithMissingAnnotations) {
  TrainingSet set = test::small_set(2, 1);
  set.training[0].annotated = torch::tensor({0.0f, 1.0f, 0.0f});
  set.training[1].annotated = torch::tensor({0.0f, 0.0f, 0.0f});
  set.validation[0].annotated = torch::tensor({0.0f, 0.0f, 1.0f});
  for (const auto rule : {MissingAnnotation::masked, MissingAnnotation::marginal}) {
    TrainOptions options = quick(1);
    options.missing = rule;
    TrainEvents events;
    events.on_validation = [](std::int64_t, const Scores& scores, bool) {
      EXPECT_TRUE(scores.organs[0].dice.empty());
      EXPECT_EQ(scores.organs[1].cases, std::vector<std::string>{"valid0"});
    };
    EXPECT_TRUE(run(set, options, folder_ / (rule == MissingAnnotation::masked ? "a" : "b"), false, events));
  }
}

TEST_F(Trainer, NamesTheCaseWhoseLossIsNotFinite) {
  const TrainingSet set = test::small_set(1, 1);
  TrainOptions options = quick(2);
  options.class_weights = {1, std::numeric_limits<double>::infinity(), 1};
  test::expect_refused(ErrorKind::input, {"not finite", "train0"},
                       [&] { run(set, options, folder_.path()); });
  options = quick(2);
  options.phases[0].learning_rate = options.phases[0].final_learning_rate = 1e30;  // the weights overflow
  test::expect_refused(ErrorKind::input, {"not finite", "train0"},
                       [&] { run(set, options, folder_ / "fast"); });
}

TEST_F(Trainer, RefusesWhatCannotBeTrained) {
  const TrainingSet set = test::small_set(1, 1);
  const auto refused = [&](ErrorKind kind, std::initializer_list<std::string> parts, auto spoil) {
    TrainingSet s = set;
    TrainOptions options = quick(1);
    spoil(s, options);
    TrainEvents events;
    events.on_step = [](const StepReport&) { ADD_FAILURE() << "said only after a step of training"; };
    test::expect_refused(kind, parts, [&] { run(s, options, folder_ / "out", false, events); });
  };
  using S = TrainingSet;
  using O = TrainOptions;
  refused(ErrorKind::input, {"no training cases"}, [](S& s, O&) { s.training.clear(); });
  refused(ErrorKind::usage, {"phase"}, [](S&, O& o) { o.phases.clear(); });
  refused(ErrorKind::usage, {"2 class weights", "3 classes"}, [](S&, O& o) { o.class_weights = {1, 1}; });
  refused(ErrorKind::usage, {"'adam'", "rmsprop"}, [](S&, O& o) { o.phases[0].optimiser = "adam"; });
  refused(ErrorKind::usage, {"'adam'", "rmsprop"}, [](S&, O& o) {
    o.phases.push_back(o.phases[0]);
    o.phases[1].optimiser = "adam";
  });
  refused(ErrorKind::usage, {"'tversky'"}, [](S&, O& o) { o.loss = "tversky"; });
  refused(ErrorKind::model, {"'UNet'"}, [](S&, O& o) { o.architecture = "UNet"; });
  test::write_bytes(folder_ / "file", "");
  test::expect_refused(ErrorKind::output, {"file"}, [&] { run(set, quick(1), folder_ / "file"); });
}

TEST_F(Trainer, RefusesCheckpointsThatAreNotItsOwn) {
  const TrainingSet set = test::small_set(1, 0);
  const TrainOptions options = quick(1);
  const fs::path checkpoint = folder_ / "checkpoint.pt";
  const auto refused = [&](const TrainingSet& s, const TrainOptions& o) {
    SCOPED_TRACE(o.architecture + ", " + o.phases[0].optimiser +
                 ", organs: " + std::to_string(s.organs.size()));
    test::expect_refused(ErrorKind::input, {checkpoint.string()}, [&] { run(s, o, folder_.path(), true); });
  };
  refused(set, options);  // none there
  run(set, options, folder_.path());
  const std::string whole = test::read_bytes(checkpoint);

  for (std::size_t n = 0; n < whole.size(); n += whole.size() / 23) {
    test::write_bytes(checkpoint, whole.substr(0, n));
    refused(set, options);
    ASSERT_FALSE(HasFailure()) << n << " of " << whole.size();
  }
  test::write_bytes(checkpoint, whole.substr(0, whole.size() - 1));
  refused(set, options);
  test::write_bytes(checkpoint, "garbage");
  refused(set, options);
  std::string damaged = whole;
  for (std::size_t i = damaged.size() / 2; i < damaged.size() / 2 + 64; ++i)
    damaged[i] = static_cast<char>(~damaged[i]);
  test::write_bytes(checkpoint, damaged);
  refused(set, options);

  test::write_bytes(checkpoint, whole);
  refused(test::small_set(1, 0, 3), options);  // one organ more
  TrainOptions other = options;
  for (const char* architecture : {"baselineSERes18Sum", "baselineRes18Conc", "baseline"}) {
    other.architecture = architecture;
    refused(set, other);
  }
  other = options;
  other.phases[0].optimiser = "sgd";
  refused(set, other);
  EXPECT_TRUE(run(set, options, folder_.path(), true));
}

// Bright voxels are organ 1, brighter ones organ 2.
class Threshold : public network::Network {
 public:
  Tensor forward(Tensor image) override {
    return torch::cat(
        {torch::full_like(image, 0.1), (image > 0.4).to(torch::kFloat), 2 * (image > 0.8).to(torch::kFloat)},
        1);
  }
  std::int64_t stride() const override { return 1; }
  Tensor output_bias() override { return {}; }
};

TEST_F(Trainer, ValidatesWithTheDiceOfWholeVolumes) {
  TrainingSet set = test::small_set(0, 2);
  set.input.hu_low = 0;
  set.input.hu_high = 1000;
  for (TrainingCase& c : set.validation) {
    c.image = torch::zeros_like(c.image);
    c.image[3].slice(0, 0, 4).fill_(500);  // 4 rows of 12 voxels: organ 1 as found
    std::fill(c.truth.voxels.begin(), c.truth.voxels.end(), std::uint8_t{0});
    for (std::int64_t x = 0; x < 12; ++x)
      for (std::int64_t y = 2; y < 4; ++y) c.truth.at(x, y, 3) = 1;  // 2 of the rows
  }
  set.validation[1].annotated[1] = 0;
  Threshold network;
  network.train();
  const Scores scores = validate(network, set, torch::kCPU);
  EXPECT_TRUE(network.is_training());
  EXPECT_EQ(scores.organs[0].cases, std::vector<std::string>{"valid0"});
  EXPECT_NEAR(scores.organs[0].mean(), 2.0 * 24 / (48 + 24), 1e-12);
  EXPECT_EQ(scores.organs[1].dice, (std::vector<double>{1, 1}));  // nowhere, and found nowhere
  EXPECT_NEAR(scores.mean(), (2.0 / 3 + 1) / 2, 1e-12);
}

}  // namespace
}  // namespace anatomynet::training
