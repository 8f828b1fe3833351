#pragma once
#include <optional>

#include "report/views/plane_view.h"
#include "report/views/survey.h"

namespace anatomynet::report {

/// A slice, and the part of it that is shown.
struct Section {
  const Plane* plane = nullptr;
  std::int64_t index = 0;
  Frame frame;
};

/// An axial, a coronal and a sagittal slice.
using Sections = std::array<Section, 3>;

/// Through one organ: the slices that hold most of it, in squares of one size with what is around its bulk.
Sections sections_through(const Extent& organ, const Grid& grid);

/// Whether voxels of the organ lie outside what its sections show.
bool reaches_beyond(const Extent& organ, const Sections& sections, const Grid& grid);

/// The slices on which most organs are, with `around_mm` around all organs' bulk but nothing outside the
/// volume; everything where there is no organ.
Sections sections_of_all(const std::vector<Extent>& organs, const Grid& grid, double around_mm);

/// "axial, z = 12.5 mm", in the patient frame (LPS), at the middle of what is shown.
std::string caption(const Section& section, const Grid& grid);

/// A case with its axes turned nearest to L, P, S; copies nothing where they are. Refers to what it was made
/// of. Throws Error(input) where the two grids differ; `what` begins the message.
class UprightCase {
 public:
  UprightCase(const CtVolume& ct, const LabelVolume& labels, const char* what);
  const CtVolume& ct() const { return ct_ ? *ct_ : ct_given_; }
  const LabelVolume& labels() const { return labels_ ? *labels_ : labels_given_; }

 private:
  const CtVolume& ct_given_;
  const LabelVolume& labels_given_;
  std::optional<CtVolume> ct_;
  std::optional<LabelVolume> labels_;
};

}  // namespace anatomynet::report
