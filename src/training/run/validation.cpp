#include "training/run/validation.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include <torch/torch.h>

#include "core/argmax.h"
#include "core/resample.h"
#include "evaluation/dice.h"
#include "evaluation/surface_distance.h"
#include "network/computation.h"
#include "network/onednn_convolution.h"

namespace anatomynet::training {
namespace {

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return values.empty() ? 0 : sum / double(values.size());
}

// Evaluation mode while it lives.
class Evaluating {
 public:
  explicit Evaluating(network::Network& network) : network_(network), training_(network.is_training()) {
    network.eval();
  }
  ~Evaluating() { network_.train(training_); }
  Evaluating(const Evaluating&) = delete;
  Evaluating& operator=(const Evaluating&) = delete;

 private:
  network::Network& network_;
  bool training_;
};

LabelVolume predicted(network::Network& network, const TrainingCase& c, const dataset::InputOptions& input,
                      network::Precision precision, torch::Device device,
                      const std::vector<std::uint8_t>& classes) {
  const torch::Tensor logits = whole_logits(network, c, input, precision, device);
  const std::span<const float> values(logits.data_ptr<float>(), static_cast<std::size_t>(logits.numel()));
  return argmax_on_grid(values, c.grid, classes, c.truth.grid);
}

}  // namespace

LabelVolume within_annotations(LabelVolume found, const TrainingCase& c) {
  const auto slice = static_cast<std::size_t>(found.grid.size[0] * found.grid.size[1]);
  for (const std::uint8_t organ : c.partial_extent) {
    const auto& truth = c.truth.voxels;
    const auto first = std::find(truth.begin(), truth.end(), organ);
    const auto last = std::find(truth.rbegin(), truth.rend(), organ);
    const auto begin = static_cast<std::size_t>(first - truth.begin()) / slice * slice;
    const auto end = (static_cast<std::size_t>(last.base() - truth.begin()) + slice - 1) / slice * slice;
    for (std::size_t i = 0; i < found.voxels.size(); ++i)
      if (found.voxels[i] == organ && (i < begin || i >= end)) found.voxels[i] = 0;
  }
  return found;
}

torch::Tensor whole_logits(network::Network& network, const TrainingCase& c,
                           const dataset::InputOptions& input, network::Precision precision,
                           torch::Device device) {
  const torch::NoGradGuard no_grad;
  const network::ComputationScope how({.fused_without_gradients = true});
  const bool trusted = !device.is_cpu() || network::onednn_available();
  const network::PrecisionScope scope(trusted ? precision : network::Precision::fp32, device);
  const torch::Tensor image = scale_hu(c.image, input.hu_low, input.hu_high).unsqueeze(0).unsqueeze(0);
  return network::forward_padded(network, image.to(device)).squeeze(0).to(torch::kFloat).cpu().contiguous();
}

double OrganScore::mean() const { return mean_of(dice); }

double Scores::mean() const {
  std::vector<double> means;
  for (const auto& organ : organs)
    if (!organ.dice.empty()) means.push_back(organ.mean());
  return mean_of(means);
}

double median_of(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

Scores validate(network::Network& network, const TrainingSet& set, torch::Device device,
                const ValidationOptions& options) {
  const torch::NoGradGuard no_grad;
  const Evaluating evaluating(network);
  Scores scores;
  std::vector<std::uint8_t> classes{0};
  std::vector<int> ids;
  for (const Organ& organ : set.organs) {
    scores.organs.push_back({organ.name, {}, {}, {}});
    ids.push_back(static_cast<int>(classes.size()));
    classes.push_back(static_cast<std::uint8_t>(classes.size()));
  }
  for (std::size_t i = options.first; i < set.validation.size(); i += options.stride) {
    const TrainingCase c = loaded(set.validation[i]);
    const LabelVolume found = predicted(network, c, set.input, options.precision, device, classes);
    const LabelVolume measured = c.partial_extent.empty() ? found : within_annotations(found, c);
    const auto rows = evaluation::dice_of(measured, c.truth, ids);
    for (std::size_t organ = 0; organ < ids.size(); ++organ) {
      if (!(c.annotated[ids[organ]].item<float>() > 0)) continue;
      OrganScore& score = scores.organs[organ];
      score.cases.push_back(c.id);
      score.dice.push_back(rows[organ].dice.value_or(1.0));
      if (options.surface_distance)
        score.hausdorff95.push_back(evaluation::hausdorff95(measured, c.truth, ids[organ])
                                        .value_or(std::numeric_limits<double>::quiet_NaN()));
    }
    if (options.on_case) options.on_case(c, found);
  }
  return scores;
}

CtVolume ct_at_truth(const TrainingCase& c) {
  CtVolume image(c.grid);
  const torch::Tensor dense = c.image.contiguous();
  std::memcpy(image.voxels.data(), dense.data_ptr(), image.voxels.size() * sizeof(std::int16_t));
  const Volume<float> fine = resample_linear(image, c.truth.grid);
  CtVolume out(fine.grid);
  std::transform(fine.voxels.begin(), fine.voxels.end(), out.voxels.begin(),
                 [](float v) { return static_cast<std::int16_t>(std::lround(v)); });
  return out;
}

}  // namespace anatomynet::training
