#pragma once
#include <string>
#include <vector>

#include "adaptation/decision.h"
#include "adaptation/local_cases.h"
#include "adaptation/recipe.h"
#include "adaptation/round.h"

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

/// Of organs that were learnt: evidence becomes that of `round`'s held-out cases, their HU curves and ends
/// go. Of organs that were calibrated: evidence becomes that of the calibration's held-out cases. Of the
/// others it stays, since they were kept and measured to stay. A shape prior whose landmarks lie on organs
/// that changed gets them moved by what these landmarks moved on held-out cases; it goes where that is not
/// known. Notes about engines go where tensors or HU curves changed. `table`: the organs of the new weights;
/// `round`: the last one of training, without cases where nothing was learnt.
AdaptedInfo adapted_info(const Parent& parent, const LocalCases& local, const Recipe& recipe,
                         const OrganTable& table, const Round& round, const CalibrationResult& calibration);

/// The entries of organs that are not learnt anew: the others belong to what the network drew before.
std::vector<model::OrganHuCurve> kept_hu_curves(const model::ModelInfo& info, const Recipe& recipe);
std::vector<model::OrganEnds> kept_organ_ends(const model::ModelInfo& info, const Recipe& recipe);

}  // namespace anatomynet::adaptation
