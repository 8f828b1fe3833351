#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

namespace anatomynet::evaluation {

/// A row of published results, to print beside one's own.
struct PublishedRow {
  std::string name, source, verified;           ///< verified: how far the figures were checked
  std::string unit;                             ///< "Dice %" or "HD95 mm"
  std::array<std::optional<double>, 9> organs;  ///< in the order of standard_organs()
  std::optional<double> mean;
};

/// Off-site test of the MICCAI 2015 challenge (10 cases). Different test conventions, training data and
/// selection: to be read beside one's own figures, not ranked with them.
const std::vector<PublishedRow>& published_rows();

}  // namespace anatomynet::evaluation
