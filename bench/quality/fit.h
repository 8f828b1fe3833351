#pragma once
#include <array>
#include <string>
#include <vector>

#include "bench/quality/cases.h"
#include "quality/reference.h"

namespace anatomynet::quality {

/// A case as the fit needs it: whole, and every organ with each half erased in turn.
struct FitCase {
  std::string scan;
  OrganTable organs;
  Levels levels;
  std::vector<bool> partial{};     ///< by organ: teaches nothing (set by fit_reference)
  std::vector<Measurement> whole;  ///< by organ
  std::vector<std::array<Measurement, directions>> half;  ///< by organ and erased half
};

FitCase measured(const Case& c);

/// Learns a reference. Bounds come from contours that the rest of it was not learnt from: scans are dealt
/// into ten parts, each judged by what the other nine teach.
Reference fit_reference(std::vector<FitCase> cases);

}  // namespace anatomynet::quality
