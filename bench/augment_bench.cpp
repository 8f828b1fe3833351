// What augmentation costs: one sample on one thread, a training step on all cores, and the step with the
// loader's thread preparing the samples beside it. Arguments are depth, height, width of the crop.
//
//   augment_bench --benchmark_repetitions=3

#include <cmath>

#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include "network/network.h"
#include "network/precision.h"
#include "training/data/sample_loader.h"
#include "training/loss/losses.h"
#include "training/run/optimiser.h"

namespace anatomynet {
namespace {

// As large as a head-and-neck case at 2.5 x 3 x 3 mm: a body of 0 HU with nine organs and two teeth.
training::TrainingSet one_case() {
  training::TrainingSet set;
  set.organs = standard_organs();
  set.input = {-250, 450, {3, 3, 2.5}};
  training::TrainingCase c;
  c.id = "bench";
  const std::int64_t d = 100, h = 110, w = 140;
  const auto axis = [](std::int64_t n) { return torch::arange(n, torch::kFloat) / double(n) - 0.5; };
  const torch::Tensor z = axis(d).view({-1, 1, 1}), y = axis(h).view({-1, 1}), x = axis(w);
  const torch::Tensor body = x * x + y * y < 0.2 + 0 * z;
  c.image = torch::where(body, torch::tensor(0.0f), torch::tensor(-1000.0f)).to(torch::kShort);
  c.labels = torch::zeros({d, h, w}, torch::kByte);
  for (int organ = 1; organ <= 9; ++organ) {
    const double at = 0.3 * std::cos(0.7 * organ), up = 0.3 * std::sin(0.7 * organ);
    const torch::Tensor ball = (x - at).square() + (y - up).square() + (z - at / 2).square() < 0.004;
    c.labels.masked_fill_(ball, organ);
    c.image.masked_fill_(ball, 30 * organ);
  }
  c.image[40][20][60] = c.image[40][20][80] = 2200;
  c.annotated = torch::ones({10});
  set.training.push_back(std::move(c));
  return set;
}

training::AugmentOptions every_effect(const benchmark::State& state) {
  training::AugmentOptions o;
  o.crop = {state.range(2), state.range(1), state.range(0)};
  o.elastic = o.blur = o.gamma = o.streaks = o.coarse = o.thick_slices = o.blank = o.organ_centred = 1;
  return o;
}

void make_samples(benchmark::State& state, const training::AugmentOptions& options) {
  const training::TrainingSet set = one_case();
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  std::uint64_t seed = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(training::load_sample(set, options, {0, ++seed}, torch::kCPU));
  at::set_num_threads(threads);
}

void sample_as_configured(benchmark::State& state) {  // each effect by its default chance
  training::AugmentOptions options = every_effect(state);
  const Size3 crop = options.crop;
  options = {};
  options.crop = crop;
  make_samples(state, options);
}

void sample_with_every_effect(benchmark::State& state) { make_samples(state, every_effect(state)); }

void sample_with_linear_labels(benchmark::State& state) {
  training::AugmentOptions options = every_effect(state);
  options.labels = training::LabelInterpolation::linear;
  make_samples(state, options);
}

// As training/run/step.cpp does it.
class Step {
 public:
  Step()
      : network_(network::make_network("AnatomyNet", 10)),
        optimiser_(training::make_optimiser(training::Phase{}, network_->parameters())) {}

  void operator()(const training::LoadedSample& c) {
    optimiser_->zero_grad();
    torch::Tensor logits;
    {
      const network::PrecisionScope scope(network::Precision::bf16, torch::kCPU);
      logits = network::forward_padded(
          *network_, training::scale_hu(c.sample.image, -250, 450).unsqueeze(0).unsqueeze(0));
    }
    const training::MissingReading reading =
        training::read_missing(training::MissingAnnotation::marginal, c.sample.annotated);
    const training::Target target{c.sample.labels, reading.annotated, torch::ones({10})};
    training::named_loss("dice+focal", 0.5, training::class_sums_of_logits(logits[0], target.labels, reading),
                         target)
        .backward();
    optimiser_->step();
  }

 private:
  std::shared_ptr<network::Network> network_;
  std::unique_ptr<torch::optim::Optimizer> optimiser_;
};

void step_alone(benchmark::State& state) {
  const training::TrainingSet set = one_case();
  const training::LoadedSample sample = training::load_sample(set, every_effect(state), {0, 1}, torch::kCPU);
  Step step;
  for (auto _ : state) step(sample);
}

void step_with_loader(benchmark::State& state) {
  const training::TrainingSet set = one_case();
  std::vector<training::SampleRequest> requests;
  for (std::uint64_t seed = 1; seed < 10000; ++seed) requests.push_back({0, seed});
  training::SampleLoader loader(set, every_effect(state), requests);
  Step step;
  for (auto _ : state) step(loader.next());
}

void crops(benchmark::internal::Benchmark* b) {
  b->Args({56, 72, 80})->Args({64, 96, 96})->Unit(benchmark::kMillisecond)->UseRealTime();
}

BENCHMARK(sample_as_configured)->Apply(crops);
BENCHMARK(sample_with_every_effect)->Apply(crops);
BENCHMARK(sample_with_linear_labels)->Apply(crops);
BENCHMARK(step_alone)->Apply(crops)->Iterations(6);
BENCHMARK(step_with_loader)->Apply(crops)->Iterations(6);

}  // namespace
}  // namespace anatomynet

BENCHMARK_MAIN();
