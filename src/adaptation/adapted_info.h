#pragma once
#include <string>
#include <vector>

#include "adaptation/decision.h"
#include "adaptation/local_cases.h"
#include "adaptation/recipe.h"

namespace anatomynet::adaptation {

/// The weights that an adaptation starts from.
struct Parent {
  model::Model model;
  std::string sha256;  ///< of the file
};

/// What an adapted weights file says of itself, and what of the parent's description did not come along.
struct AdaptedInfo {
  model::ModelInfo info;
  std::vector<std::string> notes;  ///< one line each, for people
};

/// Notes about engines belong to the parent's tensors and go. Evidence of organs that were learnt becomes
/// that of the held-out cases; of the others it stays, since they were kept and measured to stay. A shape
/// prior whose landmarks lie on learnt organs gets its landmarks moved by what these organs' landmarks moved
/// on the held-out cases; it goes where that is not known. HU curves of learnt organs go. `table`: the organs
/// of the new weights.
AdaptedInfo adapted_info(const Parent& parent, const LocalCases& local, const Recipe& recipe,
                         const OrganTable& table, const std::vector<OrganOutcome>& outcomes,
                         const std::vector<HeldOutCase>& cases);

/// Curves of organs that are not learnt anew: the others were found on experts' contours, not on the
/// clinic's.
std::vector<model::OrganHuCurve> kept_hu_curves(const model::ModelInfo& info, const Recipe& recipe);

}  // namespace anatomynet::adaptation
