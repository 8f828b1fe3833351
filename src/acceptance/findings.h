#pragma once
#include <string>
#include <vector>

#include "acceptance/compared_case.h"
#include "acceptance/criteria.h"

namespace anatomynet::acceptance {

/// Something about the cohort that a person should know. `code` stays the same between versions.
struct Finding {
  std::string code;
  std::vector<std::string> cases;
  std::string organ;      ///< empty: the case as a whole
  std::string text;       ///< one line, without a patient's name or ID
  bool left_out = false;  ///< the cases, or the organ in them, are in no figure
};

/// What is wrong with the cohort; what must not count is marked in `cases` (ComparedOrgan::left_out):
///
/// - `sides-exchanged`: the clinic's left contour overlaps the model's right one (Dice 0.3 more than with the
///   left one, and 0.5 at least), or lies right of its own twin. Left out.
/// - `wrong-ct`: no organ overlaps (Dice below 0.3, two organs at least), and the contours lie where another
///   case of the cohort has these organs (within 10 mm), or look wrong on this CT while the model's do not.
///   Left out.
/// - `other-place`: an organ lies more than 25 mm off while another one of the case fits; left out where the
///   clinic's contour looks wrong on the CT and the model's does not.
/// - `no-overlap`: nothing overlaps and nothing tells who is wrong. Counts.
/// - `nothing-compared`: no contour of the case is of an organ that the model draws, or each was rejected.
/// - `same-scan-twice`: voxels or image content of two cases are the same; organs that the first has are left
///   out of the second.
/// - `two-patients`: who is who (IdentityDoubt). Counts.
/// - `slices-do-not-fit`: two neighbouring slices of a CT differ as if of two scans. Counts.
/// - `outside-training-range`: pixels, slices or HU of the CT. Counts.
std::vector<Finding> find_faults(const std::vector<IdentityDoubt>& doubts, std::vector<ComparedCase>& cases,
                                 const TrainedOn* trained_on);

}  // namespace anatomynet::acceptance
