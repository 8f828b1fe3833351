#pragma once
#include <filesystem>

#include "training/run/trainer.h"

namespace anatomynet::core {
class Section;
}

namespace anatomynet::cli {

/// A training configuration file (TOML, docs/training.md).
struct TrainConfig {
  dataset::InputOptions input;
  training::TrainOptions options;
  std::string data;  ///< data set named in the file, relative to it; empty: --data must name one
};

/// Throws Error(usage) naming file, line and key: not TOML, an unknown key, a wrong type, a value out of
/// range.
TrainConfig read_train_config(const std::filesystem::path& path);

/// Takes `missing`: "masked", "marginal" or "unmasked".
void take_missing(Section& section, training::MissingAnnotation& rule);

}  // namespace anatomynet::cli
