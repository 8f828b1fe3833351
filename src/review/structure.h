#pragma once
#include <memory>
#include <string>
#include <vector>

#include "core/organs.h"
#include "evaluation/boxed_mask.h"

namespace anatomynet::review {

/// A reason to look at a structure.
struct Flag {
  std::string code, text;
};

/// How contours were made (ROI Generation Algorithm, PS3.3 C.8.8.5).
inline constexpr const char *automatic = "AUTOMATIC", *semiautomatic = "SEMIAUTOMATIC", *manual = "MANUAL";

/// One structure of a case: an organ, or what a clinic draws beside. Structures may overlap.
struct Structure {
  /// `id` tells the structure apart within the case; `name` is the TG-263 name where it is known, else the
  /// label.
  Organ organ;
  std::string label;                       ///< how the clinic calls it: ROI Name and Segment Label, UTF-8
  std::string interpreted_type = "ORGAN";  ///< RT ROI Interpreted Type (C.8.8.8.1)
  std::string generation;                  ///< one of the three above; empty: not known
  bool locked = false;                     ///< nothing is drawn in it
  double seconds = 0;                      ///< spent on it by the reviewer
  std::vector<Flag> flags{};
  std::vector<Vec3>
      unsure{};  ///< voxel indices of places to look at: detached pieces, then the least sure first
  std::shared_ptr<const evaluation::BoxedMask> mask = std::make_shared<evaluation::BoxedMask>();
};

using Structures = std::vector<Structure>;

/// By id; null where there is none.
const Structure* find_structure(const Structures& structures, int id);
Structure* find_structure(Structures& structures, int id);

/// How the contours were made, now that the structure was reviewed: as before where its voxels are those of
/// `original`, which may be null for one that the reviewer drew.
std::string generation_after_review(const Structure& reviewed, const Structure* original);

/// Whether both hold the same voxels of one grid.
bool same_voxels(const evaluation::BoxedMask& a, const evaluation::BoxedMask& b);

}  // namespace anatomynet::review
