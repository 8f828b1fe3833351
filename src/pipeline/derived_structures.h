#pragma once
#include <functional>
#include <string>
#include <vector>

#include "core/volume_view.h"
#include "evaluation/boxed_mask.h"
#include "io/ct_image.h"
#include "templates/structure_template.h"

namespace anatomynet::pipeline {

/// A derived structure on a CT's grid. Structures may overlap, so each has a mask of its own.
struct DerivedMask {
  templates::DerivedStructure structure;
  evaluation::BoxedMask mask;
};

struct DerivedMasks {
  std::vector<DerivedMask> masks;
  std::vector<std::string> warnings;  ///< one line each

  const DerivedMask* find(const std::string& name) const;
};

/// Makes every voxel of a structure 1 in a mask that is 0; false where there is no such structure.
using PaintStructure = std::function<bool(const std::string& name, LabelVolume& mask)>;

/// The template's derived structures, written or not, on the grid of `ct`, from what `paint` has; the
/// patient's outline is found where an expression asks for it. A structure of which a part is not there is
/// left out, with a warning; a part without a voxel counts as empty, with a warning too. `uneven`: the CT's
/// slices where they lie unevenly; `ct` is then on their even grid, each slice of which shows what the masks
/// are on the nearest CT slice.
DerivedMasks derive(const templates::StructureTemplate& wanted, const CtView& ct, const UnevenSlices* uneven,
                    const PaintStructure& paint);

/// The same from a label map on the CT's grid.
DerivedMasks derive(const templates::StructureTemplate& wanted, const io::CtImage& ct,
                    const LabelVolume& labels, const OrganTable& organs);

/// ml of the mask: of a CT whose slices lie unevenly, of their slabs.
double ml_of(const DerivedMask& derived, const io::CtImage& ct);

/// The mask as a volume of 0 and 1.
LabelVolume whole(const evaluation::BoxedMask& mask);

}  // namespace anatomynet::pipeline
