#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/organs.h"
#include "quality/quality.h"

namespace anatomynet::quality {

/// What may be changed in a network's labels after the fact.
struct PostProcessing {
  /// Fill empty slices of up to `bridge_mm` between slices of a tube (cord, oesophagus) by shape
  /// interpolation (geometry/shape_interpolation.h), across the axis nearest to the patient's S; other
  /// organs' voxels stay.
  bool bridges = true;
  double bridge_mm = 20;
  /// Keep an organ's largest piece (26 neighbours); the rest becomes background. A piece that has
  /// `kept_share` of its voxels and lies within `kept_gap_mm` stays too where an organ can be in pieces:
  /// bones (TG-263's "Bone_": fractures, resections), and organs that the end of the volume cuts in two.
  bool pieces = true;
  double kept_share = 0.2, kept_gap_mm = 20;
  /// Background that an organ encloses (6 neighbours) and that is not larger than `hole_ml` becomes the
  /// organ.
  bool holes = true;
  double hole_ml = 1;

  bool nothing() const { return !bridges && !pieces && !holes; }
};

/// "default", "none", "bridges", "pieces", "holes" or "all"; Error(usage) with these names otherwise. Default
/// is what helped on validation cases (docs/quality.md).
PostProcessing post_processing(const std::string& name);
const std::vector<std::string>& post_processing_names();

/// What was taken off an organ's ends (pipeline/cut_ends.h).
struct EndsCut {
  double upper_mm = 0, lower_mm = 0;  ///< from the organ's outermost slices, as far as whole slices allow
  double ml = 0;
  std::string stayed;    ///< why an end was not cut; empty: none had to stay
  bool refused = false;  ///< neither end was cut, since more than half of the organ would have gone
};

/// A piece that lay where the organ cannot be (pipeline/stray_pieces.h), and is gone.
struct StrayPiece {
  double ml = 0;
  double off_mm = 0;  ///< from where the organ is expected
  Vec3 centroid{};    ///< LPS mm
};

/// What was changed of one organ.
struct PostProcessed {
  int id = 0;
  std::string organ;
  std::vector<Piece> removed;  ///< largest first
  double removed_ml = 0, filled_ml = 0, bridged_ml = 0;
  int holes = 0;
  std::optional<EndsCut> ends;  ///< of organs whose ends the weights know
  std::vector<StrayPiece> strays{};
};

/// Changes `labels`; one entry for every organ of the table in which anything changed.
std::vector<PostProcessed> post_process(LabelVolume& labels, const OrganTable& organs,
                                        const PostProcessing& what);

}  // namespace anatomynet::quality
