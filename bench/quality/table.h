#pragma once
#include <map>
#include <string>
#include <vector>

#include "bench/quality/cases.h"
#include "quality/reference.h"

namespace anatomynet::quality {

struct Share {
  int flagged = 0, all = 0;
  double percent() const { return all > 0 ? 100.0 * flagged / all : 0; }
};

/// Planted errors that were flagged, and false alarms. An error counts as flagged where the organ that was
/// harmed has a flag, or, where all organs were, anything has.
struct Table {
  std::map<std::string, Share> errors;            ///< by kind of error
  std::map<std::string, Share> details;           ///< by kind and how it was planted
  Share cases, organs;                            ///< untouched ones with a flag
  std::vector<std::string> false_alarms, missed;  ///< one line each
};

void count_untouched(const Case& c, const Reference& reference, Table& table);
void count_planted(const Case& c, const Reference& reference, Table& table);

}  // namespace anatomynet::quality
