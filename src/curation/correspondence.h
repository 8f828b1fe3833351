#pragma once
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "io/dicom/dicom_index.h"
#include "io/dicom/structure_set.h"

namespace anatomynet::curation {

/// How a structure set was tied to its CT, the surest first.
enum class MatchRule { images, series, frame_of_reference, position };

struct Correspondence {
  std::optional<std::size_t> ct;  ///< index into the archive's CTs
  MatchRule rule = MatchRule::images;
  std::string how;                    ///< "ReferencedSOPInstanceUID, 90 of 90 images"; or why there is none
  std::vector<std::string> warnings;  ///< one line each
};

/// Finds the CT that a structure set was drawn on. The rules, the first that finds a CT decides:
///
/// 1. ReferencedSOPInstanceUID (of the referenced series and of the contours): the CT with most of the
///    referenced images.
/// 2. SeriesInstanceUID of the referenced series.
/// 3. FrameOfReferenceUID, among CTs of the same patient: contours drawn on a PET or another CT of the same
///    frame hold there too. Of several such CTs those of the same study, of these the one of most slices.
/// 4. Only where the set refers to no image and no series, and to no frame that any CT has: the only CT of
///    the same patient and study (or, without a study, of the patient). Whether the contours lie in it is
///    seen when they are drawn.
///
/// Of CTs that a rule cannot tell apart those of the same patient, then study, are preferred; a tie that
/// remains, as all else, leaves the set without a CT, with the reason.
class CtFinder {
 public:
  explicit CtFinder(const std::vector<io::ArchivedCt>& cts);  ///< keeps a reference
  Correspondence operator()(const io::StructureSet& set) const;

 private:
  using Found = std::vector<std::size_t>;
  Found nearest(Found found, const io::StructureSet& set) const;
  std::optional<Correspondence> by_images(const io::StructureSet& set) const;
  std::optional<Correspondence> by_series(const io::StructureSet& set) const;
  std::optional<Correspondence> by_frame(const io::StructureSet& set) const;
  Correspondence by_position(const io::StructureSet& set) const;

  const std::vector<io::ArchivedCt>& cts_;
  std::unordered_map<std::string, Found> by_image_, by_series_, by_frame_;
};

/// Whether `a` is taken before `b` where both have an organ: the surer rule, then the later Structure Set
/// Date and Time (none: earliest), then the greater SOP Instance UID.
bool goes_first(const io::StructureSet& a, MatchRule rule_a, const io::StructureSet& b, MatchRule rule_b);

}  // namespace anatomynet::curation
