#include "training/run/model_record.h"

#include <nlohmann/json.hpp>

#include "core/json_text.h"
#include "core/version.h"

namespace anatomynet::training {

model::ModelInfo describe_model(const TrainingSet& set, const TrainOptions& options, std::int64_t epoch,
                                const Scores& scores) {
  model::ModelInfo info;
  info.name = options.name;
  info.architecture = options.architecture;
  info.organs = set.organs;
  info.hu_low = set.input.hu_low;
  info.hu_high = set.input.hu_high;
  info.spacing = set.input.spacing;
  info.phantom_only = options.phantom_only;
  info.training_data = set.description + " (" + std::to_string(set.training.size()) + " training, " +
                       std::to_string(set.validation.size()) + " validation cases)";
  info.attribution = set.attribution;
  nlohmann::json metrics = {{"epoch", epoch}, {"validation_dice", nlohmann::json::object()}};
  for (const auto& organ : scores.organs)
    if (!organ.dice.empty()) metrics["validation_dice"][organ.organ] = organ.mean();
  info.metrics = json_text(metrics);
  info.code_version = version();
  return info;
}

}  // namespace anatomynet::training
