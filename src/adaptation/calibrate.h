#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "adaptation/calibration.h"
#include "adaptation/local_cases.h"
#include "adaptation/round.h"

namespace anatomynet::adaptation {

struct CalibrateOptions {
  std::vector<std::string> organs;  ///< those that may be calibrated
  std::vector<std::size_t> part;    ///< of each scan; a part's scans are held out together
  Rules rules;
  MeasureOptions how;
  std::string source;                        ///< whose contours these are, for the weights file
  std::function<void(double share)> tell;    ///< progress, 0 to 1
  std::function<void()> throw_when_stopped;  ///< called before each case
};

/// Finds what of a calibration (calibration.h) makes local contours better on cases that it was not found on.
///
/// Each part of the cohort is contoured with HU curves, with ends and with both as the other parts say. An
/// organ takes the one with the highest mean Dice among those that meet the rules (decision.h). What all take
/// together is then measured the same way again: organs that no longer meet the rules drop out, and curves go
/// where an organ that takes nothing lost by them. Without organs nothing is measured, and nothing changes.
CalibrationResult calibrate(const LocalCases& local, const Contourer& weights, const model::ModelInfo& info,
                            const CalibrateOptions& options);

}  // namespace anatomynet::adaptation
