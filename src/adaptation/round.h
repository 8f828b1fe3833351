#pragma once
#include <map>
#include <string>
#include <vector>

#include "adaptation/calibration.h"
#include "adaptation/decision.h"

namespace anatomynet::adaptation {

/// One cross-validation of the whole cohort.
struct Round {
  std::vector<std::string> learnt;  ///< in it; of a calibration: the organs that it is for
  double keep = 0;                  ///< weight of the distillation term
  std::vector<HeldOutCase> cases;
  std::vector<OrganOutcome> outcomes;
};

/// One way of calibrating all organs, by which each takes the best.
struct CalibrationTrial {
  std::string what;
  std::vector<OrganOutcome> outcomes;
};

struct CalibrationResult {
  std::map<std::string, Calibrated>
      choice;  ///< what each organ takes of all cases' calibration; empty: nothing gained
  std::vector<CalibrationTrial> trials;
  Round round;                            ///< of what was chosen; without cases where nothing was
  std::vector<model::ModelInfo> of_part;  ///< the weights' description as the other parts calibrate it
  model::ModelInfo of_all;                ///< as all cases do
};

/// Words for people: "curves", "ends", "curves and ends".
std::string text_of(const Calibrated& takes);

}  // namespace anatomynet::adaptation
