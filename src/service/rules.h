#pragma once
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "service/tag_match.h"

namespace anatomynet::service {

/// From `min` to `max`, both included.
struct Bounds {
  double min = -std::numeric_limits<double>::infinity(), max = std::numeric_limits<double>::infinity();

  bool given() const;
  bool hold(double value) const { return value >= min && value <= max; }  ///< false for NaN
};

/// Which series a rule takes, and what is then done with them (docs/rules.md). All of `match`, `slices`
/// and `field_mm` must hold.
struct Rule {
  std::string name;
  int line = 0;  ///< in the configuration file
  std::vector<TagMatch> match;
  Bounds slices;
  Bounds field_mm;

  bool contour = true;                    ///< otherwise a series is kept, and nothing is made of it
  std::string model = "default";          ///< or a weights file; files are relative to the configuration file
  std::vector<std::string> organs;        ///< TG-263 names; empty: all of the model
  std::string template_file;              ///< empty: organs under their TG-263 names
  std::vector<std::string> destinations;  ///< names of [[destination]]
  int priority = 0;                       ///< -100 to 100; the higher goes first
  bool review = false;                    ///< nothing is sent before somebody has looked at it

  bool takes_all() const { return match.empty() && !slices.given() && !field_mm.given(); }
};

/// What rules look at of one series.
struct SeriesFacts {
  std::map<std::string, std::string> tags;  ///< by keyword (match_keys()), UTF-8, as they are in the file
  std::string calling_ae, called_ae;        ///< of the association; empty where there was none
  std::int64_t slices = 0;
  double field_mm = 0;  ///< the shorter side of a slice, mm; 0: not known
};

/// The first rule that takes the series, or nullptr.
const Rule* choose(const std::vector<Rule>& rules, const SeriesFacts& facts);

/// Whether a rule takes a series, and by which conditions: all that hold where it does, those that do not
/// hold where it does not. The texts hold values of coded attributes alone, free text of a file never.
struct Explanation {
  const Rule* rule = nullptr;
  bool takes = false;
  std::vector<std::string> reasons;  ///< one line each
};

/// Of every rule, in their order.
std::vector<Explanation> explain(const std::vector<Rule>& rules, const SeriesFacts& facts);

}  // namespace anatomynet::service
