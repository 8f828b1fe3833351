#pragma once
#include "model/model_file.h"
#include "training/run/trainer.h"

namespace anatomynet::training {

/// What a weights file of this run says about itself.
model::ModelInfo describe_model(const TrainingSet& set, const TrainOptions& options, std::int64_t epoch,
                                const Scores& scores);

}  // namespace anatomynet::training
