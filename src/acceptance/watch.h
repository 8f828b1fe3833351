#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "acceptance/arrival.h"
#include "core/messages.h"

namespace anatomynet::acceptance {

struct WatchOptions {
  std::filesystem::path results;   ///< a batch's, or a node's store
  std::filesystem::path baseline;  ///< of commission, or other results; empty: the first `first` arrivals
  std::size_t first = 30;
  std::filesystem::path
      edited;  ///< corrected contours, as `evaluate` reads them, named as the results; empty: none
  /// Probability that any chart passes its limit within `horizon` arrivals while nothing has changed.
  double false_alarm = 0.3;
  std::size_t horizon = 200;
};

/// Fewer cases are no baseline.
inline constexpr std::size_t least_baseline = 15;

/// What moved.
struct Movement {
  std::string key, label, unit;  ///< "soft_tissue_hu", "HU of soft tissue", "HU"
  std::string text;              ///< one line for people
  double before = 0, now = 0;    ///< medians of the baseline, and of the latest window
  std::size_t since = 0;  ///< arrival (from 1) with which the window begins that first passed the limit
  std::vector<std::string> cases;  ///< that show it: of the windows beyond the limit, those on the far side
};

struct ChartSeries {
  std::string key, label, unit;
  std::vector<double> baseline;
  struct Value {
    std::size_t arrival = 0;  ///< from 1
    double value = 0, furthest = 0;
    bool beyond = false;
  };
  std::vector<Value> values;
  double limit = 0;
};

struct Watched {
  std::size_t baseline = 0, arrivals = 0;
  std::string baseline_model, model;  ///< ids
  std::vector<ChartSeries> charts;
  std::vector<Movement> moved;           ///< now: within the last window's reach
  std::vector<std::string> not_charted;  ///< labels of figures that too few cases have
  std::vector<std::string> names;        ///< of arrivals, by number - 1: what may be shown (public_name)
  double false_alarm = 0;
  std::size_t horizon = 0;
};

/// A name that tells nobody: case-001, patient-001, a node's job-17; else "#12", the arrival's number.
std::string public_name(const std::string& folder, std::size_t number);

/// Compares arrivals, in the order of their times, with the baseline. Throws Error(input) where there are no
/// results, or too few for a baseline.
Watched watch(const WatchOptions& options, Messages& messages);

/// The same of arrivals that are known.
Watched watch(const std::vector<Arrival>& baseline, const std::vector<Arrival>& arrivals,
              const WatchOptions& options);

/// watch.json.
nlohmann::ordered_json record_of(const Watched& watched);

/// The line for people: "nothing moved ..." or "moved: ...".
std::string line_of(const Watched& watched);

/// That baseline and arrivals are of different models; empty where they are not.
std::string model_difference(const Watched& watched);

/// Throws Error(input) where so many cases are too few for a baseline.
void require_baseline(std::size_t cases);

}  // namespace anatomynet::acceptance
