#pragma once
#include <string>
#include <vector>

#include "core/organs.h"
#include "quality/quality.h"

namespace anatomynet::quality {

/// What may be changed in a network's labels after the fact.
struct PostProcessing {
  /// Keep an organ's largest piece (26 neighbours) and every other that has `kept_share` of its voxels and
  /// lies within `kept_gap_mm` of it; the rest becomes background.
  bool pieces = true;
  double kept_share = 0.2, kept_gap_mm = 20;
  /// Background that an organ encloses (6 neighbours) and that is not larger than `hole_ml` becomes the
  /// organ.
  bool holes = true;
  double hole_ml = 1;

  bool nothing() const { return !pieces && !holes; }
};

/// "default", "none", "pieces", "holes" or "all"; Error(usage) with these names otherwise. Default is what
/// helped on validation cases (docs/quality.md).
PostProcessing post_processing(const std::string& name);
const std::vector<std::string>& post_processing_names();

/// What was changed of one organ.
struct PostProcessed {
  int id = 0;
  std::string organ;
  std::vector<Piece> removed;  ///< largest first
  double removed_ml = 0, filled_ml = 0;
  int holes = 0;
};

/// Changes `labels`; one entry for every organ of the table in which anything changed.
std::vector<PostProcessed> post_process(LabelVolume& labels, const OrganTable& organs,
                                        const PostProcessing& what);

}  // namespace anatomynet::quality
