#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "adaptation/decision.h"
#include "core/messages.h"
#include "inference/engine.h"

namespace anatomynet::adaptation {

struct AdaptOptions {
  std::filesystem::path data;      ///< what read_local_cases takes
  std::filesystem::path folder;    ///< of the results; a run that was stopped goes on in it
  std::filesystem::path from;      ///< weights; empty: the shipped ones
  std::filesystem::path check;     ///< other cases on which forgetting is measured; empty: none
  std::vector<std::string> fresh;  ///< organs that the weights lack and are to learn, TG-263 names
  bool training = true;            ///< false: calibration alone, in seconds a case
  int steps = 0;                   ///< of each training; 0: by the number of cases
  std::uint64_t seed = 1;
  Rules rules;
  /// Makes the engine that contours with weights; without one libtorch does, in many times the time, and
  /// weights with second networks are refused.
  std::function<std::unique_ptr<inference::Engine>(const model::Model&, const inference::EngineOptions&)>
      make_engine;
  std::function<bool()> stop;  ///< asked before each step; may be empty
};

/// Adapts weights to a clinic's own contours (docs/adaptation.md). First by calibration: HU curves and ends
/// of organs (calibrate.h), for which no weight changes. Then by training: rounds of cross-validation find
/// the organs that gain by it on what calibration gives; the last round is made as the weights that are
/// offered are: those organs learnt, all others kept, and measured to stay. Writes to `folder`, all together:
///
/// - adapted.safetensors, where an organ gained;
/// - adaptation.html, adaptation.json, cases.csv.
///
/// `folder`/work holds what a stopped run goes on from, and is removed at the end. Returns adaptation.json;
/// nothing when stopped. Throws Error(input) for fewer than three scans, no organ in common, a case that
/// cannot be used, a folder that holds another adaptation; Error(output) where the disk is full: the same
/// call then goes on.
std::optional<nlohmann::ordered_json> adapt(const AdaptOptions& options, Messages& messages);

}  // namespace anatomynet::adaptation
