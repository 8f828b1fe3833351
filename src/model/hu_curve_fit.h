#pragma once
#include <string>
#include <vector>

#include "core/hu_scores.h"

namespace anatomynet::hu_curves {

/// One contour of an organ on one scan: the voxels where the network is in doubt, and counts of the others.
struct Contour {
  std::string scan;
  std::vector<float> margin;  ///< logits that the organ leads the best other class by
  std::vector<float> hu;
  std::vector<char> truth;
  double voxels = 0;  ///< of the truth
  double sure = 0,
         sure_hits = 0;  ///< voxels that the network surely takes, and those of the truth among them
};

struct Fit {
  HuCurve curve;
  double before = 0, after = 0;  ///< mean Dice over scans; `after` by curves that have not seen the scan
  std::size_t scans = 0;
};

/// Logistic regression of the truth on margin and HU (linear between knots, smooth), every contour of equal
/// weight; the threshold is the one of the highest mean Dice. Divided by the margin's factor this is a curve
/// in logits.
Fit fit(const std::vector<Contour>& contours);

/// Mean over scans of the mean Dice over a scan's contours.
double mean_dice(const std::vector<Contour>& contours, const HuCurve& curve);

}  // namespace anatomynet::hu_curves
