#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/uneven_slices.h"
#include "curation/source.h"

// Internal to the curation module: what all sources do once they have a CT and masks.
namespace anatomynet::curation {

/// Masks of one CT become one label map. The rules:
///
/// - A ROI that is no organ by name is recorded, with the reason, and left out.
/// - Of two ROIs that are the same organ the first added is kept; how far they agree (Dice) is noted.
/// - A ROI of a paired organ without a side goes to the side of the body's midline on which it lies; one that
///   lies on both sides (more than a tenth of it on either), or within 3 mm of the midline, is rejected.
/// - A left organ on the patient's right, or right of its right partner, is flagged, not changed.
/// - Where organs overlap the smaller one has the voxel; how many there are is noted.
class CaseBuilder {
 public:
  CaseBuilder(const CaseRef& ref, CtVolume ct, const RoiNames& names);
  /// The CT's slices where they lie unevenly and `ct` is on their even grid: volumes are those of their
  /// slabs.
  void set_slices(const UnevenSlices& slices) { uneven_ = slices; }

  /// What the ROI's name says, recorded where it is no organ. False: nothing more is to be done for it.
  bool wanted(const std::string& roi);
  /// A mask of a wanted ROI, 0 and 1 on the CT's grid; `origin` names its file in notes.
  void add(const std::string& roi, const LabelVolume& mask, const std::string& origin);
  /// The file of a wanted ROI: read and checked; a bad one is recorded and left out.
  void add_file(const std::string& roi, const std::filesystem::path& file, bool resample = false);
  /// One value of a label map on the CT's grid.
  void add_value(const std::string& roi, const LabelVolume& labels, int value, const std::string& origin);
  void reject(const std::string& roi, const std::string& reason);
  void note(Note::Kind kind, const std::string& text) { case_.notes.push_back({kind, text}); }

  const Grid& grid() const { return case_.ct.grid; }
  /// No organ may be left: then nothing is annotated, and the ROIs say why.
  LoadedCase finish(const std::string& correspondence);

 private:
  struct Part {
    int organ;
    std::string roi, origin;
    std::vector<std::uint32_t> voxels;  ///< offsets, ascending
    double left_mm = 0;                 ///< centroid left of the body's midline
  };
  void take(const std::string& roi, std::vector<std::uint32_t> voxels, const std::string& origin);
  double midline(const std::vector<std::uint32_t>& voxels) const;
  std::string organ_name(int id) const;
  void check_sides();

  double ml_of(const std::vector<std::uint32_t>& voxels) const;

  LoadedCase case_;
  std::optional<UnevenSlices> uneven_;
  const RoiNames& names_;
  std::vector<Part> parts_;
};

}  // namespace anatomynet::curation
