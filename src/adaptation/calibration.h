#pragma once
#include <map>
#include <string>
#include <vector>

#include "adaptation/held_out.h"
#include "core/hu_scores.h"
#include "model/hu_curve_fit.h"

namespace anatomynet::adaptation {

/// An organ's voxels in one slice across the patient's S.
struct SliceCounts {
  std::int64_t truth = 0, found = 0, both = 0;
};

/// One organ of a local case, as the weights draw it and as the clinic does.
struct OrganSample {
  model::DoubtfulVoxels doubtful;   ///< margins with the HU curves that the weights have
  model::DoubtfulVoxels between;    ///< the same between the clinic's ends alone
  std::vector<SliceCounts> slices;  ///< from the feet up, before ends are cut; empty: the ends are not known
  double spacing = 0;               ///< mm between slices
};

/// By organ: those that are asked for and that the case has.
using CaseSample = std::map<std::string, OrganSample>;

/// Samples a loaded case; `scan` names it. The ends of organs that are annotated in part are not known.
/// An organ that a second network draws is sampled by that network's margins.
CaseSample sample_case(const training::TrainingCase& c, const CtVolume& ct, const OrganTable& table,
                       std::span<const float> logits, const Contourer& with,
                       const std::vector<std::string>& organs, const std::string& scan);

/// What can be found on local contours in seconds, without training.
struct Calibration {
  std::map<std::string, HuCurve> curves;          ///< by organ: to be added to the weights' own
  std::map<std::string, HuCurve> curves_between;  ///< the same, where ends are cut besides
  std::map<std::string, model::OrganEnds> ends;   ///< by organ: instead of the weights' own
};

/// What the samples say. Both sides of an organ share curves and ends. A curve as model::fit_hu_curve finds
/// it, where it gains on scans that are left out of these; where an organ ends is for ends to say, if it
/// takes both. Ends: the medians by which the weights go on beyond the local contours above and below, where
/// at least three contours show that end within the CT; of none, either and both the one with the highest
/// mean Dice.
Calibration fit_calibration(const std::vector<const CaseSample*>& cases);

/// Dice of an organ whose ends are cut as cut_ends does.
double dice_with_ends(const OrganSample& sample, double upper_mm, double lower_mm);

/// What of a calibration an organ takes.
struct Calibrated {
  bool curve = false, ends = false;
};

/// The description of weights with what these organs take of a calibration. `source`: whose contours it is
/// from.
model::ModelInfo calibrated_info(model::ModelInfo info, const Calibration& calibration,
                                 const std::map<std::string, Calibrated>& organs, const std::string& source);

}  // namespace anatomynet::adaptation
