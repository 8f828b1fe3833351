#pragma once
#include <filesystem>
#include <vector>

#include "acceptance/arrival.h"
#include "core/messages.h"

// Internal to the service module.
namespace anatomynet::service {

/// Figures of the node's results, a line of JSON each, so that they outlive the results. Readable by its
/// owner alone; no patient's data is in it.
class ArrivalsFile {
 public:
  explicit ArrivalsFile(std::filesystem::path file) : file_(std::move(file)) {}

  /// In the order in which they came; nothing where there is no file. A line that is none is warned of and
  /// left out, one that a kill cut short goes.
  std::vector<acceptance::Arrival> read(Messages& messages) const;
  /// Throws Error(output); then the file is as before.
  void append(const acceptance::Arrival& arrival) const;

 private:
  const std::filesystem::path file_;
};

}  // namespace anatomynet::service
