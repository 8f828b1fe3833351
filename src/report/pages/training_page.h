#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/organs.h"

namespace anatomynet::report {

struct TrainingStep {
  std::int64_t step = 0, epoch = 0;
  double loss = 0, learning_rate = 0, gradient_norm = 0, seconds = 0;
};

struct TrainingValidation {
  std::int64_t epoch = 0, step = 0;  ///< that are done
  bool calibrated = false;           ///< of the best weights after calibration, not those of the epoch
  bool best = false;                 ///< these weights were kept
  double mean = 0;                   ///< of the organs' Dice; NaN without validation cases
  std::vector<double> dice;          ///< one an organ; NaN where no case has it annotated
};

struct TrainingPicture {
  std::string caption, png;  ///< `png`: a PNG file's bytes
};

/// What there is to say of a run.
struct TrainingRun {
  std::string name, data, attribution, recipe, program;  ///< `recipe`: the configuration file's text
  std::string state, written;                            ///< in words; a time
  OrganTable organs;
  std::int64_t steps_in_all = 0, epochs_in_all = 0;
  std::vector<TrainingStep> steps;  ///< done, in their order, as are validations
  std::vector<TrainingValidation> validations;
  std::vector<TrainingPicture> pictures;  ///< of the last validation
};

/// What each step weighs in the smoothed loss, s <- s + w (loss - s); of the first 20 steps it is the mean.
inline constexpr double loss_smoothing = 0.05;

/// report.html: curves, a table of the best scores, pictures and the recipe in one file that asks nothing of
/// a network and runs no script; all text of others is escaped.
std::string training_page(const TrainingRun& run);

}  // namespace anatomynet::report
