#include <algorithm>
#include <map>

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "common/near.h"
#include "training/data/sampler.h"
#include "training/distributed/data_parallel.h"
#include "training/distributed/distributed_options.h"
#include "training/distributed/processes.h"
#include "training/run/checkpoint.h"

// Real processes on this host, each the program `distributed_worker`.
namespace anatomynet::training {
namespace {

namespace fs = std::filesystem;
using test::Ended;
using torch::Tensor;

struct Loaded {
  std::shared_ptr<network::Network> network = network::make_network("AnatomyNet", 3),
                                    average = network::make_network("AnatomyNet", 3);
  RunState state;
};

// How far apart two states are: parameters and running statistics, each relative to the tensor's largest
// value.
struct Distance {
  double parameters = 0, statistics = 0;
  std::string worst;  // parameter
};

Distance between(const network::Network& a, const network::Network& b) {
  Distance d;
  const auto x = network::state_of(a), y = network::state_of(b);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Tensor p = x[i].second.to(torch::kDouble), q = y[i].second.to(torch::kDouble);
    const double off = (p - q).abs().max().item<double>() / std::max(1e-3, q.abs().max().item<double>());
    const bool running = x[i].first.find("running_") != std::string::npos;
    if (!running && off > d.parameters) d.worst = x[i].first;
    double& most = running ? d.statistics : d.parameters;
    most = test::largest_or_nan(most, off);
  }
  return d;
}

class Distributed : public testing::Test {
 protected:
  using Arguments = std::map<std::string, int>;

  std::vector<Ended> processes(int size, const std::string& scenario, const std::string& folder = "",
                               const Arguments& values = {}, int timeout = 60) {
    std::vector<std::string> words{scenario, (folder_ / folder).string()};
    for (const auto& [name, value] : values) words.push_back(name + "=" + std::to_string(value));
    return test::run_processes(DISTRIBUTED_WORKER, size, words, timeout);
  }

  // All must end well; what process 0 said.
  std::string trained(int size, const std::string& folder, const Arguments& values) {
    const auto all = processes(size, "train", folder, values);
    for (const Ended& one : all) {
      EXPECT_EQ(one.code, 0) << one.err << " signal " << one.signal;
      EXPECT_EQ(one.err, "");
    }
    return all[0].out;
  }

  Loaded checkpoint(const std::string& folder) {
    Loaded c;
    torch::optim::SGD optimiser(c.network->parameters(), torch::optim::SGDOptions(1e-3));
    load_checkpoint(folder_ / folder / "checkpoint.pt", *c.network, *c.average, optimiser, c.state);
    return c;
  }

  Distance apart(const std::string& a, const std::string& b) {
    const Loaded one = checkpoint(a), two = checkpoint(b);
    EXPECT_EQ(one.state.updates, two.state.updates);
    EXPECT_EQ(one.state.epoch, two.state.epoch);
    EXPECT_NEAR(one.state.mean_loss, two.state.mean_loss, 1e-6);
    const Distance d = between(*one.network, *two.network);
    std::printf("%s and %s: parameters %.2g (%s), running statistics %.2g apart\n", a.c_str(), b.c_str(),
                d.parameters, d.worst.c_str(), d.statistics);
    return d;
  }

  test::TemporaryFolder folder_;
};

void expect_lines(const Ended& one, int code, std::initializer_list<std::string> parts) {
  EXPECT_EQ(one.code, code) << one.err;
  EXPECT_EQ(std::count(one.err.begin(), one.err.end(), '\n'), 1) << one.err;
  for (const std::string& part : parts)
    EXPECT_NE(one.err.find(part), std::string::npos) << one.err << "lacks: " << part;
}

TEST_F(Distributed, SumsBroadcastsAndGathers) {
  for (const int size : {1, 2, 3})
    for (const Ended& one : processes(size, "collectives")) {
      EXPECT_EQ(one.code, 0) << one.err;
      EXPECT_EQ(one.err, "");
    }
}

TEST_F(Distributed, BatchNormIsThatOfTheJoinedBatch) {
  for (const int idle : {0, 1})
    for (const Ended& one : processes(3, "batch_norm", "", {{"idle", idle}}))
      EXPECT_EQ(one.code, 0) << one.err;
}

// 5 cases an epoch: the last step of each has fewer cases than processes.
TEST_F(Distributed, ManyProcessesAreOneThatAccumulates) {
  trained(1, "one of 2", {{"cases", 5}, {"epochs", 2}, {"accumulate", 2}});
  trained(2, "two of 1", {{"cases", 5}, {"epochs", 2}, {"accumulate", 1}});
  trained(1, "one of 4", {{"cases", 5}, {"epochs", 2}, {"accumulate", 4}});
  trained(2, "two of 2", {{"cases", 5}, {"epochs", 2}, {"accumulate", 2}});
  trained(1, "one of 3", {{"cases", 5}, {"epochs", 2}, {"accumulate", 3}});
  trained(3, "three of 1", {{"cases", 5}, {"epochs", 2}, {"accumulate", 1}});
  EXPECT_EQ(checkpoint("two of 1").state.updates, 6);
  for (const auto& [many, one] : std::map<std::string, std::string>{
           {"two of 1", "one of 2"}, {"two of 2", "one of 4"}, {"three of 1", "one of 3"}}) {
    const Distance d = apart(many, one);
    EXPECT_LT(d.parameters, 2e-5) << many;
    EXPECT_LT(d.statistics, 2e-5) << many;
  }
  // The comparison can tell: the same cases in other steps give other weights.
  EXPECT_GT(between(*checkpoint("one of 2").network, *checkpoint("one of 3").network).parameters, 1e-2);
}

// The oracle: one process, batches of two cases through libtorch's own batch norm.
TEST_F(Distributed, SynchronisedBatchNormTrainsLikeABatch) {
  const int epochs = 2;
  trained(2, "synchronised", {{"cases", 5}, {"epochs", epochs}, {"accumulate", 1}, {"sync", 1}});
  trained(2, "plain", {{"cases", 5}, {"epochs", epochs}, {"accumulate", 1}});

  const TrainingSet set = test::distributed_set(5);
  const TrainOptions options = test::distributed_options(epochs, 1, true);
  const Phase& phase = options.phases[0];
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  torch::manual_seed(options.seed);
  const auto network = network::make_network("AnatomyNet", 3);
  const auto optimiser = make_optimiser(phase, network->parameters());
  AugmentOptions augment = options.augment;
  augment.crop = phase.crop;
  for (std::int64_t epoch = 0; epoch < epochs; ++epoch) {
    const auto order = order_of(options.seed, epoch, 5);
    for (std::size_t at = 0; at < 5; at += 2) {
      std::vector<Tensor> images;
      std::vector<Target> targets;
      for (std::size_t i = at; i < std::min<std::size_t>(at + 2, 5); ++i) {
        const TrainingCase& c = set.training[order[i]];
        std::mt19937_64 random(mixed_seed(options.seed, std::uint64_t(epoch), order[i]));
        const Sample sample = augmented_crop(c, augment, mirror_classes(set.organs), random);
        images.push_back(scale_hu(sample.image, set.input.hu_low, set.input.hu_high).unsqueeze(0));
        targets.push_back({sample.labels, c.annotated, torch::ones({3})});
      }
      set_learning_rate(*optimiser, learning_rate(phase, epoch * 5 + std::int64_t(at), epochs * 5));
      optimiser->zero_grad();
      const Tensor logits = network::forward_padded(*network, torch::stack(images));
      Tensor loss = torch::zeros({});
      for (std::size_t i = 0; i < targets.size(); ++i) {
        const Tensor p = apply_missing(options.missing, logits[std::int64_t(i)].softmax(0), targets[i]);
        loss = loss + named_loss(options.loss, options.lambda, class_sums(p, targets[i].labels), targets[i]) /
                          double(targets.size());
      }
      loss.backward();
      optimiser->step();
    }
  }
  at::set_num_threads(threads);
  const Distance joined = between(*checkpoint("synchronised").network, *network);
  const Distance plain = between(*checkpoint("plain").network, *network);
  std::printf(
      "synchronised and one batch: parameters %.2g (%s), running statistics %.2g apart; plain: %.2g\n",
      joined.parameters, joined.worst.c_str(), joined.statistics, plain.parameters);
  EXPECT_LT(joined.parameters, 2e-5);
  EXPECT_LT(joined.statistics, 2e-5);
  EXPECT_GT(plain.parameters, 1e-2);
}

TEST_F(Distributed, SharesOutValidation) {
  const std::string alone = trained(1, "alone", {{"cases", 4}, {"epochs", 1}, {"accumulate", 2}}),
                    both = trained(2, "both", {{"cases", 4}, {"epochs", 1}, {"accumulate", 1}});
  EXPECT_EQ(alone, both);  // the mean Dice of three cases to its last digit
  EXPECT_NE(alone.find("scores 1"), std::string::npos) << alone;
  EXPECT_EQ(test::read_bytes(folder_ / "both/best.safetensors").empty(), false);
}

TEST_F(Distributed, EndsWhenAProcessIsKilled) {
  const Distributed::Arguments run{{"cases", 6}, {"epochs", 3}, {"accumulate", 1}, {"kill_at", 3}};
  const auto start = std::chrono::steady_clock::now();
  const auto all = processes(3, "train", "run", run);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(50)) << "waited for the timeout";
  EXPECT_EQ(all[1].signal, SIGKILL);
  expect_lines(all[0], 8, {"process 0 of 3", "lost process ", "--resume"});
  expect_lines(all[2], 8, {"process 2 of 3", "lost process ", "--resume"});
  // The first to notice names the process; the other may meet its leaving instead.
  EXPECT_NE((all[0].err + all[2].err).find("lost process 1 "), std::string::npos);
  EXPECT_EQ(checkpoint("run").state.updates, 2);  // of the first epoch's end
  auto again = run;
  again["resume"] = 1;
  again["kill_at"] = 0;
  EXPECT_NE(trained(3, "run", again).find("done"), std::string::npos);
}

TEST_F(Distributed, EndsWhenProcessZeroOrAnAnswerIsMissing) {
  const auto all =
      processes(2, "train", "run", {{"cases", 4}, {"epochs", 2}, {"accumulate", 1}, {"sleep_at", 1}}, 2);
  expect_lines(all[0], 8, {"process 0 of 2", "lost process 1 ", "no answer within 2 s"});
  expect_lines(all[1], 8, {"process 1 of 2", "lost process 0 "});
}

TEST_F(Distributed, SaysWhyAnotherProcessEnded) {
  const auto all =
      processes(3, "train", "run", {{"cases", 6}, {"epochs", 1}, {"accumulate", 1}, {"throw_at", 1}});
  expect_lines(all[1], 3, {"case_x: a damaged file"});
  for (const std::size_t other : {std::size_t{0}, std::size_t{2}})
    expect_lines(all[other], 8, {"process 1 ended: case_x: a damaged file"});
}

TEST_F(Distributed, RefusesMoreProcessesThanCases) {
  for (const Ended& one : processes(3, "train", "run", {{"cases", 2}, {"epochs", 1}, {"accumulate", 1}}))
    expect_lines(one, 2, {"3 processes for 2 training cases"});
  EXPECT_FALSE(fs::exists(folder_ / "run"));
}

TEST_F(Distributed, RefusesDifferentDataSets) {
  for (const Ended& one :
       processes(2, "train", "run", {{"cases", 4}, {"epochs", 1}, {"accumulate", 1}, {"other_cases", 1}}))
    expect_lines(one, 2, {"process 1 of 2", "list of training cases"});
  EXPECT_FALSE(fs::exists(folder_ / "run"));
}

TEST_F(Distributed, GivesUpWhereNobodyComes) {
  for (const std::string rank : {"0", "1"}) {
    const auto all = processes(1, "meet", "", {{"of", 2}, {"as", std::atoi(rank.c_str())}}, 2);
    expect_lines(all[0], 8, {"process " + rank + " of 2", "no meeting", "within 2 s", "MASTER_PORT"});
  }
}

// One process alone is asked to stop; the run goes on in one process, in three, and as if it had never
// stopped.
TEST_F(Distributed, StopsTogetherAndGoesOnInAnyNumber) {
  const Distributed::Arguments whole{{"cases", 5}, {"epochs", 2}, {"accumulate", 1}};
  trained(2, "whole", whole);
  auto stopping = whole;
  stopping["stop_at"] = 1;
  for (const std::string folder : {"a", "b", "c"}) {
    EXPECT_NE(trained(2, folder, stopping).find("stopped"), std::string::npos);
    EXPECT_EQ(checkpoint(folder).state.step_in_epoch, 2);
  }
  auto on = whole;
  on["resume"] = 1;
  trained(2, "a", on);
  const Distance same = apart("a", "whole");
  EXPECT_EQ(same.parameters, 0);
  EXPECT_EQ(same.statistics, 0);
  trained(3, "c", on);
  EXPECT_EQ(checkpoint("c").state.updates, 1 + 1 + 2);  // 2 cases, then 3, then 3 and 2
  on["accumulate"] = 2;
  trained(1, "b", on);
  const Distance alone = apart("b", "whole");
  EXPECT_LT(alone.parameters, 2e-5);
  EXPECT_LT(alone.statistics, 2e-5);
}

TEST_F(Distributed, GoesBackTogetherWhereALossIsNotFinite) {
  const Distributed::Arguments run{{"cases", 6}, {"epochs", 2}, {"bad_case", 3}};
  auto one = run, two = run, joined = run;
  one["accumulate"] = 2;
  two["accumulate"] = joined["accumulate"] = joined["sync"] = 1;
  const std::string alone = trained(1, "one", one), both = trained(2, "two", two);
  EXPECT_NE(alone.find("rank 0: training: the loss is not finite on case train2; back"), std::string::npos)
      << alone;
  EXPECT_EQ(alone, both);
  EXPECT_LT(apart("two", "one").parameters, 2e-5);
  EXPECT_NE(trained(2, "sync", joined).find("case train2; back"), std::string::npos);
}

}  // namespace
}  // namespace anatomynet::training
