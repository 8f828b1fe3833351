#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/grid.h"
#include "core/organs.h"
#include "io/ct_image.h"

namespace anatomynet {

/// The contours of one organ. `polygons[i]` is closed, planar and lies on slice `slice[i]` (z index of the
/// CT); points in LPS mm, the first not repeated at the end.
struct RoiContours {
  Organ organ;
  std::vector<std::vector<Vec3>> polygons;
  std::vector<int> slice;
};

struct RtStructOptions {
  std::string label = "AnatomyNet";  ///< Structure Set Label, at most 16 characters
  std::string series_description = "Auto-contours, not reviewed";
  std::string generation_algorithm = "AUTOMATIC";  ///< ROI Generation Algorithm; empty: not known
  std::string algorithm{};                         ///< model name and version, in ROI Generation Description
  std::string software_version{};
  std::string uid_seed{};  ///< same seed, CT and contours: same bytes; empty: fresh UIDs and the current time
};

/// Writes a DICOM RT Structure Set (PS3.3 A.19) that refers to the CT's series, slices and frame of
/// reference. Every organ gets a ROI, also one without contours; polygons of fewer than three distinct points
/// are left out. The file appears whole or not at all. Throws Error(input) where `ct` lacks what the object
/// must repeat or a slice index is outside it, Error(output) where the file cannot be written.
void write_rtstruct(const std::filesystem::path& path, const DicomSource& ct,
                    const std::vector<RoiContours>& rois, const RtStructOptions& options = {});

}  // namespace anatomynet
