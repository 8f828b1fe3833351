#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/confidence.h"
#include "core/organs.h"
#include "core/uneven_slices.h"
#include "core/volume_view.h"
#include "quality/image_figures.h"

// Whether contours are plausible, judged without knowing the truth: against what expert contours of other
// patients look like (reference.h), against the CT, and against each other. docs/quality.md defines every
// figure and says how often planted errors are found.
namespace anatomynet::quality {

struct Reference;

/// A reason to look again. `code` is for programs and stays the same between versions (docs/quality.md lists
/// them); `text` is one line for people, figures included.
struct Flag {
  std::string code;  ///< such as "volume", "side", "half-missing"
  std::string text;  ///< such as "8.1 ml; expert contours: 14 to 62 ml"
  bool operator==(const Flag&) const = default;
};

/// A connected piece of an organ beside the largest one (26 neighbours).
struct Piece {
  double ml = 0;
  double gap_mm = 0;  ///< between the nearest voxel centres of this and the largest piece
  Vec3 centroid{};    ///< LPS mm
};

/// What one organ's contour looks like, and what is odd about it.
struct OrganQuality {
  int id = 0;
  std::string organ;        ///< TG-263 name
  std::int64_t voxels = 0;  ///< 0: not found; every figure below is then meaningless
  double score = 1;  ///< 0..1, the least plausible of all checks; below 0.5 exactly where flags has one
  std::vector<Flag> flags;  ///< worst first

  double ml = 0;
  Vec3 centroid{};  ///< LPS mm
  Vec3 extent{};    ///< mm along the axes nearest to L, P, S
  double mean_hu = 0;
  double edge_percent = 0;       ///< of its surface on the end of the field of view or of the blanked part
  std::vector<Piece> pieces;     ///< beside the largest, largest first, at most 10
  std::int64_t piece_count = 0;  ///< all of them, the largest included
  std::optional<double> twin_ratio;           ///< volume / volume of the same organ of the other side
  std::optional<OrganConfidence> confidence;  ///< its unsure places: those that the contour still has
};

struct QualityReport {
  std::vector<OrganQuality> organs;  ///< in the table's order
  std::vector<Flag> flags;           ///< of the whole case: HU levels, orientation, no head in the field
  double score = 1;                  ///< the least of the organs' and of the case's own checks
  double case_score = 1;             ///< of the case's own checks
  double soft_tissue_hu = 0;         ///< the most frequent HU of soft tissue
  ImageFigures image{};              ///< what the CT looks like, whoever lies on it
  double handedness = 0;  ///< above 0: left lies on the left (handedness.h); NaN without both parotid glands

  /// No flag anywhere.
  bool plausible() const;

  /// Leaves out the organs that are not in `organs`; those that stay keep what was found with all of them.
  void keep(const OrganTable& organs);
};

/// Judges the organs of `organs` in `labels`; others are ignored. An organ of the table without a voxel is
/// "missing" or "out-of-field", so leave out what nobody has looked for. Confidence may be empty. Works on
/// boxes around the organs: about 0.1 s for a whole CT. Errors: Error(input) where CT and labels differ in
/// geometry.
/// `uneven`: the CT's slices where they lie unevenly; organs' volumes are then those of the slices' slabs,
/// all else is measured on the even grid that is given.
QualityReport assess(const CtView& ct, const LabelVolume& labels, const OrganTable& organs,
                     const Confidence& confidence, const Reference& reference,
                     const UnevenSlices* uneven = nullptr);

struct PostProcessed;

/// quality.json: the report and what post-processing changed before it, every figure with its unit in the
/// key.
std::string quality_json(const QualityReport& report, const Reference& reference,
                         const std::vector<PostProcessed>& changed);

}  // namespace anatomynet::quality
