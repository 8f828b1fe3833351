// Time and peak memory of a training step (forward, loss, backward, AdamW) on one random volume:
//   bench_train_step --size 64x96x96 --threads 2             the ways of computing it in turn, medians and
//   ratios bench_train_step --size 178x302x225 --mode lean --repeats 1   one way alone, with its peak memory
// The plain way is libtorch's own operations in float, the loss written with one-hot masks.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>

#include <ATen/Parallel.h>
#include <CLI/CLI.hpp>
#include <torch/torch.h>

#include "core/memory.h"
#include "network/computation.h"
#include "network/network.h"
#include "network/precision.h"
#include "training/loss/losses.h"

namespace {

using namespace anatomynet;
using torch::Tensor;

struct Mode {
  const char* name;
  network::Precision precision;
  network::Computation computation;
  bool plain_loss;
};
const std::vector<Mode> modes{
    {"plain", network::Precision::fp32, {.fused = false}, true},
    {"plain-bf16", network::Precision::bf16, {.fused = false}, true},
    {"plain-fused-loss", network::Precision::fp32, {.fused = false}, false},
    {"fused", network::Precision::fp32, {.fused = true}, false},
    {"fused-bf16", network::Precision::bf16, {.fused = true}, false},
    {"lean", network::Precision::bf16, {.fused = true, .checkpoint = true}, false},
};

// Dice + 0.5 focal as it is commonly written: one-hot masks of the logits' size.
Tensor one_hot_loss(const Tensor& logits, const training::Target& t) {
  const Tensor p = logits.to(torch::kFloat).softmax(1)[0];
  const Tensor g = torch::one_hot(t.labels, p.size(0)).permute({3, 0, 1, 2}).to(torch::kFloat);
  const Tensor tp = (p * g).sum({1, 2, 3}), fp = (p * (1 - g)).sum({1, 2, 3}),
               fn = ((1 - p) * g).sum({1, 2, 3});
  const Tensor focal = (g * (1 - p).square() * p.clamp(1e-6, 1).log()).sum({1, 2, 3});
  return p.size(0) - (tp / (tp + 0.5 * fn + 0.5 * fp + 1e-5)).sum() -
         0.5 * focal.sum() / double(t.labels.numel());
}

double step(const Mode& mode, network::Network& network, torch::optim::Optimizer& optimiser,
            const Tensor& image, const training::Target& target) {
  const auto start = std::chrono::steady_clock::now();
  optimiser.zero_grad();
  const network::ComputationScope how(mode.computation);
  Tensor logits;
  {
    const network::PrecisionScope precision(mode.precision, torch::kCPU);
    logits = network::forward_padded(network, image);
  }
  Tensor loss;
  if (mode.plain_loss) {
    loss = one_hot_loss(logits, target);
  } else {
    const training::MissingReading reading =
        training::read_missing(training::MissingAnnotation::masked, target.annotated);
    loss = training::named_loss("dice+focal", 0.5,
                                training::class_sums_of_logits(logits[0], target.labels, reading), target);
  }
  logits.reset();
  loss.backward();
  optimiser.step();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v.size() % 2 ? v[v.size() / 2] : (v[v.size() / 2 - 1] + v[v.size() / 2]) / 2;
}

double peak_gb() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line))
    if (line.rfind("VmHWM:", 0) == 0) return std::stod(line.substr(6)) / 1e6;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Time of a training step");
  std::string size = "64x96x96", mode_name;
  int threads = 2, repeats = 5;
  std::int64_t classes = 10;
  app.add_option("--size", size, "DxHxW");
  app.add_option("--threads", threads);
  app.add_option("--repeats", repeats);
  app.add_option("--classes", classes);
  app.add_option("--mode", mode_name, "one of them alone; all in turn where not given");
  CLI11_PARSE(app, argc, argv);
  at::set_num_threads(threads);
  long d = 0, h = 0, w = 0;
  if (std::sscanf(size.c_str(), "%ldx%ldx%ld", &d, &h, &w) != 3) return 2;

  torch::manual_seed(1);
  const auto network = network::make_network("AnatomyNet", classes);
  torch::optim::AdamW optimiser(network->parameters(), torch::optim::AdamWOptions(1e-3));
  const Tensor image = torch::rand({1, 1, d, h, w});
  const training::Target target{torch::randint(0, classes, {d, h, w}, torch::kLong), torch::ones(classes),
                                torch::ones(classes)};
  std::vector<Mode> chosen;
  for (const Mode& mode : modes)
    if (mode_name.empty() || mode_name == mode.name) chosen.push_back(mode);
  if (chosen.empty()) return 2;
  std::map<std::string, std::vector<double>> times;
  for (int i = 0; i < repeats + (mode_name.empty() ? 1 : 0); ++i)
    for (const Mode& mode : chosen) {
      const double t = step(mode, *network, optimiser, image, target);
      if (i > 0 || !mode_name.empty()) times[mode.name].push_back(t);
    }
  const double reference = median(times[chosen[0].name]);
  std::printf("%s, %d threads, medians of %d\n", size.c_str(), threads, repeats);
  for (const Mode& mode : chosen) {
    const double t = median(times[mode.name]);
    std::printf("%-18s %8.3f s  %5.2fx\n", mode.name, t, reference / t);
  }
  if (!mode_name.empty()) std::printf("peak memory of the process %.2f GB\n", peak_gb());
}
