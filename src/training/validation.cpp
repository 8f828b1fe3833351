#include <torch/torch.h>

#include "core/argmax.h"
#include "training/trainer.h"

namespace anatomynet {
namespace {

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return values.empty() ? 0 : sum / double(values.size());
}

}  // namespace

double OrganScore::mean() const { return mean_of(dice); }

double Scores::mean() const {
  std::vector<double> means;
  for (const auto& organ : organs)
    if (!organ.dice.empty()) means.push_back(organ.mean());
  return mean_of(means);
}

Scores validate(Network& network, const TrainingSet& set, Precision precision, torch::Device device) {
  torch::NoGradGuard no_grad;
  network.eval();
  Scores scores;
  std::vector<std::uint8_t> classes{0};
  for (const Organ& organ : set.organs) {
    scores.organs.push_back({organ.name, {}, {}});
    classes.push_back(static_cast<std::uint8_t>(classes.size()));
  }
  for (const TrainingCase& listed : set.validation) {
    const TrainingCase c = loaded(listed);
    torch::Tensor logits;
    {
      const PrecisionScope scope(precision, device);
      const torch::Tensor image =
          scale_hu(c.image, set.input.hu_low, set.input.hu_high).unsqueeze(0).unsqueeze(0);
      logits = forward_padded(network, image.to(device)).squeeze(0).to(torch::kFloat).cpu().contiguous();
    }
    const std::span<const float> values(logits.data_ptr<float>(), static_cast<std::size_t>(logits.numel()));
    const LabelVolume found = argmax_on_grid(values, c.grid, classes, c.truth.grid);
    for (std::size_t organ = 1; organ < classes.size(); ++organ) {
      if (c.annotated[static_cast<std::int64_t>(organ)].item<float>() < 0.5f) continue;
      std::int64_t both = 0, sum = 0;
      for (std::size_t v = 0; v < found.voxels.size(); ++v) {
        const bool a = found.voxels[v] == organ, b = c.truth.voxels[v] == organ;
        both += a && b;
        sum += int(a) + int(b);
      }
      scores.organs[organ - 1].cases.push_back(c.id);
      scores.organs[organ - 1].dice.push_back(sum == 0 ? 1.0 : 2.0 * double(both) / double(sum));
    }
  }
  network.train();
  return scores;
}

}  // namespace anatomynet
