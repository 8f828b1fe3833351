// One of the processes of distributed_test.cpp: distributed_worker SCENARIO FOLDER [name=value ...], placed
// by RANK, WORLD_SIZE, MASTER_PORT and TIMEOUT (seconds). Ends like the program: one line on stderr, the
// error's exit code.
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <thread>

#include <ATen/Parallel.h>

#include "core/error.h"
#include "network/batch_norm.h"
#include "training/cases.h"
#include "training/distributed/data_parallel.h"
#include "training/distributed/distributed_options.h"

namespace anatomynet::training {
namespace {

using torch::Tensor;
using Arguments = std::map<std::string, int>;

int variable(const char* name, int absent) {
  const char* value = std::getenv(name);
  return value ? std::atoi(value) : absent;
}

void check(bool holds, const std::string& what) {
  if (!holds) throw Error(ErrorKind::internal, "worker: " + what);
}

// Values that differ by tensor, element and rank, exact in any type used here.
Tensor values(std::int64_t n, int rank, torch::ScalarType type) {
  return (torch::arange(n, torch::kLong).remainder(97) + 3 * rank).to(type);
}

void collectives(ProcessGroup& group) {
  const int n = group.size(), ranks = n * (n - 1) / 2;
  // Buckets of 2 MB: several of one type, one larger than a bucket, other types between, one without
  // elements.
  const std::vector<std::pair<std::int64_t, torch::ScalarType>> kinds{
      {10, torch::kFloat}, {400000, torch::kFloat}, {5, torch::kDouble}, {300000, torch::kFloat},
      {3, torch::kLong},   {700000, torch::kFloat}, {0, torch::kFloat},  {1, torch::kFloat}};
  std::vector<Tensor> tensors, sent;
  for (const auto& [size, type] : kinds) {
    tensors.push_back(values(size, group.rank(), type));
    sent.push_back(values(size, 0, type));
  }
  tensors[1] = tensors[1].view({40, 100, 100}).transpose(0, 2);  // not contiguous
  group.sum(tensors);
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    Tensor came = tensors[i];
    if (i == 1) came = came.transpose(0, 2).reshape({-1});
    check(torch::equal(came, sent[i] * n + 3 * ranks), "sum of tensor " + std::to_string(i));
  }
  std::vector<Tensor> own;
  for (const auto& [size, type] : kinds) own.push_back(values(size, group.rank(), type));
  group.broadcast(own);
  for (std::size_t i = 0; i < kinds.size(); ++i)
    check(torch::equal(own[i], sent[i]), "broadcast of tensor " + std::to_string(i));

  const std::string text(std::size_t(100000) * std::size_t(group.rank()) + 1, char('a' + group.rank()));
  const auto all = group.gather(text);
  check(all.size() == std::size_t(n), "gather: one text a process");
  for (int r = 0; r < n; ++r)
    check(all[std::size_t(r)] == std::string(std::size_t(100000) * std::size_t(r) + 1, char('a' + r)),
          "gather: text of " + std::to_string(r));
  check(group.broadcast("from " + std::to_string(group.rank())) == "from 0", "broadcast of text");
  check(group.broadcast(group.rank() ? "x" : "").empty(), "broadcast of no text");
  check(!group.any(false), "any: none");
  check(group.any(group.rank() == n - 1), "any: the last alone");
  group.barrier();
}

// Sends forward and back through batch norm what `whole` holds for this rank, and compares with the joined
// batch.
void joined_batch_norm(ProcessGroup& group, bool idle) {
  torch::manual_seed(5);
  const int n = group.size(), counted = idle ? n - 1 : n;
  const Tensor whole = torch::randn({n, 3, 4, 5, 6}) * 3 + 40, slope = torch::randn({n, 3, 4, 5, 6});
  torch::nn::BatchNorm3d alone(3), shared(3);
  {
    torch::NoGradGuard no_grad;
    for (auto* norm : {&alone, &shared}) {
      (*norm)->weight.copy_(torch::tensor({0.5f, -2.0f, 3.0f}));
      (*norm)->bias.copy_(torch::tensor({1.0f, 2.0f, -3.0f}));
    }
  }
  const Tensor x = whole.slice(0, 0, counted).clone().requires_grad_();
  const Tensor y = alone->forward(x);
  (y.pow(2) * slope.slice(0, 0, counted)).sum().backward();

  const int r = group.rank();
  const bool counts = r < counted;
  const Tensor part = whole.slice(0, r, r + 1).clone().requires_grad_();
  const network::SharedStatisticsScope scope({[&](const Tensor& t) { group.sum({t}); }, counts});
  const Tensor z = network::normalised(*shared, part);
  ((z.pow(2) * slope.slice(0, r, r + 1)).sum() * (counts ? 1 : 0)).backward();
  group.sum({shared->weight.grad(), shared->bias.grad()});

  const auto close = [&](const Tensor& a, const Tensor& b, const std::string& what) {
    const double scale = b.abs().max().item<double>(), off = (a - b).abs().max().item<double>();
    check(off <= 2e-5 * scale, what + ": off by " + std::to_string(off) + " of " + std::to_string(scale));
  };
  if (counts) {
    close(z, y.slice(0, r, r + 1), "output");
    close(part.grad(), x.grad().slice(0, r, r + 1), "gradient of the input");
  } else {
    check(part.grad().abs().max().item<double>() == 0, "a case that does not count has a gradient");
  }
  close(shared->weight.grad(), alone->weight.grad(), "gradient of the weight");
  close(shared->bias.grad(), alone->bias.grad(), "gradient of the bias");
  close(shared->running_mean, alone->running_mean, "running mean");
  close(shared->running_var, alone->running_var, "running variance");
}

void run_training(ProcessGroup& group, const std::string& folder, Arguments a) {
  const TrainingSet set = test::distributed_set(a["cases"], a["bad_case"]);
  TrainOptions options = test::distributed_options(a["epochs"], a["accumulate"], a["sync"]);
  if (a["other_cases"] && group.rank() == 1)
    return (void)train(test::distributed_set(a["cases"] + 1, 0), options, folder, false, torch::kCPU, {},
                       group);
  TrainEvents events;
  int asked = 0;
  events.stop = [&] {
    const int step = asked++;
    if (group.rank() == 1 && a["kill_at"] && step == a["kill_at"]) std::raise(SIGKILL);
    if (group.rank() == 1 && a["sleep_at"] && step == a["sleep_at"])
      std::this_thread::sleep_for(std::chrono::seconds(8));
    if (group.rank() == 1 && a["throw_at"] && step == a["throw_at"])
      throw Error(ErrorKind::input, "case_x: a damaged file");
    return group.rank() == group.size() - 1 && a["stop_at"] &&
           step == a["stop_at"];  // one process alone asks
  };
  events.on_message = [&](const std::string& text) {
    std::cout << "rank " << group.rank() << ": " << text << std::endl;
  };
  events.on_validation = [&](std::int64_t epoch, const Scores& scores, bool best) {
    std::cout.precision(17);
    std::cout << "scores " << epoch << ' ' << scores.mean() << ' ' << best << std::endl;
  };
  const bool done = train(set, options, folder, a["resume"], torch::kCPU, events, group);
  std::cout << (done ? "done" : "stopped") << std::endl;
}

}  // namespace
}  // namespace anatomynet::training

int main(int argc, char** argv) {
  using namespace anatomynet;
  at::set_num_threads(1);
  const std::string scenario = argc > 1 ? argv[1] : "", folder = argc > 2 ? argv[2] : "";
  training::Arguments arguments;
  for (int i = 3; i < argc; ++i) {
    const std::string text = argv[i];
    arguments[text.substr(0, text.find('='))] = std::atoi(text.c_str() + text.find('=') + 1);
  }
  training::ProcessPlace place;
  place.rank = training::variable("RANK", 0);
  place.size = training::variable("WORLD_SIZE", 1);
  if (scenario == "meet") {  // in a group whose other processes never come
    place.rank = arguments["as"];
    place.size = arguments["of"];
  }
  place.port = static_cast<std::uint16_t>(training::variable("MASTER_PORT", 0));
  place.timeout = std::chrono::seconds(training::variable("TIMEOUT", 60));
  try {
    training::ProcessGroup group(place);
    group.run([&] {
      if (scenario == "collectives") training::collectives(group);
      if (scenario == "batch_norm") training::joined_batch_norm(group, arguments["idle"]);
      if (scenario == "train") training::run_training(group, folder, arguments);
    });
  } catch (const Error& error) {
    std::cerr << error.what() << std::endl;
    return exit_code(error.kind());
  } catch (const std::exception& error) {
    std::cerr << "unexpected: " << error.what() << std::endl;
    return 99;
  }
  return 0;
}
