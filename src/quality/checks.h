#pragma once
#include <map>
#include <string>
#include <vector>

#include "quality/features.h"

namespace anatomynet::quality {

enum class Sides { both, low, high };  ///< which deviations matter

/// A figure that is compared with its range in expert contours.
struct Check {
  const char* code;
  Sides sides;
  double slack = 1;   ///< how much further out than expert contours a bound lies, as a factor,
  double margin = 0;  ///< and in the figure's own unit,
  double most = 1e9;  ///< but never above this
};

/// Of organs, and of whole CTs; in the order of their importance to a reader.
const std::vector<Check>& organ_checks();
const std::vector<Check>& case_checks();

/// "half-missing +S": organ_checks() has one a direction.
std::string half_missing(int direction);

/// The figures of a found organ, by code, without those that cannot be measured.
std::map<std::string, double> organ_values(const View& view, const OrganReference& reference);

/// The figures of the whole case; of those of its organs as well where `organs` has them.
std::map<std::string, double> case_values(const std::vector<View>& views, const Reference& reference,
                                          const Levels& levels);

}  // namespace anatomynet::quality
