#include "training/run/best_weights.h"

#include <torch/torch.h>

#include "network/weights.h"
#include "training/distributed/data_parallel.h"
#include "training/run/calibration.h"
#include "training/run/model_record.h"

namespace anatomynet::training {

BestWeights::BestWeights(const TrainingSet& set, const TrainOptions& options, std::filesystem::path folder,
                         torch::Device device, const TrainEvents& events, ProcessGroup& processes)
    : set_(set),
      options_(options),
      folder_(std::move(folder)),
      device_(device),
      events_(events),
      processes_(processes) {}

void BestWeights::offer(network::Network& candidate, RunState& state) {
  const Scores share = validate(candidate, set_, device_,
                                {.precision = options_.precision,
                                 .first = static_cast<std::size_t>(processes_.rank()),
                                 .stride = static_cast<std::size_t>(processes_.size()),
                                 .on_case = events_.on_validation_case});
  const Scores scores = gathered(processes_, set_, share);
  const double mean = scores.mean();
  const bool best = set_.validation.empty() || mean > state.best;
  if (best) {
    state.best = mean;
    if (processes_.first())
      model::write_model(file(), describe_model(set_, options_, state.epoch, scores),
                         network::weights_of(candidate));
  }
  if (events_.on_validation) events_.on_validation(state.epoch, scores, best);
}

void BestWeights::calibrate(RunState& state) {
  const auto best = processes_.first() ? network::make_network(model::read_model(file()))
                                       : network::make_network(options_.architecture, set_.classes());
  best->to(device_);
  broadcast_state(processes_, *best);
  auto offsets = calibrate_offsets(*best, set_, static_cast<std::size_t>(options_.calibrate),
                                   options_.precision, device_);
  const torch::Tensor chosen = torch::tensor(offsets, torch::kDouble);  // in all processes alike
  processes_.broadcast(std::vector<torch::Tensor>{chosen});
  for (std::size_t i = 0; i < offsets.size(); ++i)
    offsets[i] = chosen[static_cast<std::int64_t>(i)].item<double>();
  add_offsets(*best, offsets);
  std::string text = "calibrated on training cases, logit offsets:";
  for (std::size_t i = 0; i < set_.organs.size(); ++i)
    text += " " + set_.organs[i].name + " " + std::to_string(offsets[i + 1]);
  if (events_.on_message) events_.on_message(text);
  offer(*best, state);
}

}  // namespace anatomynet::training
