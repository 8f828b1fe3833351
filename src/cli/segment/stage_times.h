#pragma once
#include <string>
#include <utility>
#include <vector>

#include "core/progress.h"

namespace anatomynet::cli {

/// How long the stages of a piece of work took, by what it tells of its progress: "reading slices 0.31 s,
/// ...". A stage lasts until the next one is named.
class StageTimes {
 public:
  /// Passes on to `inner` and watches; valid while this lives.
  Progress watching(Progress inner);

  /// Ends the last stage; stages in the order they began, those of less than 5 ms left out.
  std::string text();

 private:
  void begin(std::string_view stage);

  std::vector<std::pair<std::string, double>> stages_;
  double since_ = 0;
};

}  // namespace anatomynet::cli
