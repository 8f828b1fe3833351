#pragma once
#include <string>
#include <vector>

#include "adaptation/adapt.h"
#include "adaptation/local_cases.h"

namespace anatomynet::adaptation {

/// "a, b, c"
std::string joined(const std::vector<std::string>& names);

struct Candidates {
  std::vector<std::string> learnt;      ///< those that training can adapt
  std::vector<std::string> calibrated;  ///< those that HU curves and ends can adapt: of the same, those that
                                        ///< are not new, and those that a second network draws
};

/// The organs that can be adapted to local cases: those that are contoured on enough scans and that the
/// weights draw (`known`) or are asked to learn; those that a second network draws (`refined`) are not
/// trained. What is left out is said. Throws Error(input) for fewer scans than fewest_scans, no such organ,
/// or a new one that no case has; Error(usage) for a new one that is known.
Candidates candidates(const LocalCases& local, const std::vector<std::string>& known,
                      const std::vector<std::string>& refined, const AdaptOptions& options,
                      Messages& messages);

}  // namespace anatomynet::adaptation
