#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/argmax.h"
#include "core/hu_scores.h"
#include "core/label_boxes.h"
#include "core/volume.h"

namespace anatomynet::model {

/// Voxels of one organ on one scan as one hand contoured it: those where the network is in doubt, and counts
/// of the others.
struct DoubtfulVoxels {
  std::string scan;
  std::vector<float> margin;  ///< logits that the organ leads the best other class by
  std::vector<float> hu;      ///< local HU (core/hu_scores.h)
  std::vector<char> truth;
  double voxels = 0;  ///< of the truth
  double sure = 0,
         sure_hits = 0;  ///< voxels that the network surely takes, and those of the truth among them
};

/// A margin of as many logits or more is not in doubt.
inline constexpr float doubtful_margin = 6;

/// Logits of every class at the voxels of another grid with the same axes, linear, one row of x at a time.
class LogitRows {
 public:
  /// `logits`: classes x z x y x x on `from`; they outlive this. Throws Error(internal) for another count.
  LogitRows(std::span<const float> logits, const Grid& from, const Grid& to, std::int64_t classes);
  /// classes x x of the target grid.
  void row(std::int64_t y, std::int64_t z, std::vector<float>& out) const;
  std::int64_t classes() const { return classes_; }

 private:
  std::span<const float> logits_;
  Grid from_;
  std::int64_t classes_;
  std::array<std::vector<LinearTap>, 3> taps_;
};

/// What is to be sampled of an organ.
struct SampledOrgan {
  std::int64_t channel = 0;  ///< of the logits; the value in labels
  int id = 0;                ///< of the truth
  bool partial = false;      ///< between the first and the last slice of the truth alone
};

/// The voxels of several organs at once. `hu`: of the truth's grid, with the curves that the weights have: a
/// curve that is found adds to these. `kept`: channels that are left after post-processing, where known:
/// voxels that it took from an organ count as sure not to be drawn.
std::vector<DoubtfulVoxels> sample_doubtful(const LogitRows& rows, const HuScores& hu,
                                            const LabelVolume& truth, const std::vector<SampledOrgan>& organs,
                                            const LabelVolume* kept = nullptr);

/// The same of one organ whose margins lie on a box of the truth's grid, beyond which it is not drawn: a
/// second network's (inference/refiner.h). `labels`: of the same grid; voxels with another label than
/// `organ.channel` stay theirs.
DoubtfulVoxels sample_doubtful(std::span<const float> margins, const LabelBox& box, const HuScores& hu,
                               const LabelVolume& labels, const LabelVolume& truth,
                               const SampledOrgan& organ);

struct HuCurveFit {
  HuCurve curve;
  double before = 0, after = 0;  ///< mean Dice over scans; `after` by curves that have not seen the scan
  std::size_t scans = 0;
};

/// Logistic regression of the truth on margin and HU (linear between knots, smooth), every contour of equal
/// weight; the threshold is the one of the highest mean Dice. Divided by the margin's factor this is a curve
/// in logits.
HuCurve fit_hu_curve(const std::vector<DoubtfulVoxels>& contours);

/// The same, and what it gains on each scan where the others alone are learnt from.
HuCurveFit cross_validated_hu_curve(const std::vector<DoubtfulVoxels>& contours);

/// Mean over scans of the mean Dice over a scan's contours.
double mean_dice(const std::vector<DoubtfulVoxels>& contours, const HuCurve& curve);

/// The curve whose logits are the sum of both, as far as a weights file may hold it (model/hu_curves.h):
/// within its limits, and at the knots of `b` alone where both have too many.
HuCurve sum_of(const HuCurve& a, const HuCurve& b);

}  // namespace anatomynet::model
