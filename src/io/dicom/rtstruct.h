#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/grid.h"
#include "core/organs.h"
#include "io/ct_image.h"

namespace anatomynet::io {

/// The contours of one organ. `polygons[i]` is closed, planar and lies on slice `slice[i]` (z index of the
/// CT); points in LPS mm, the first not repeated at the end.
struct RoiContours {
  Organ organ;
  std::vector<std::vector<Vec3>> polygons;
  std::vector<int> slice;
  /// CLOSEDPLANAR_XOR (PS3.3 C.8.8.6.3): what an odd number of the organ's polygons of a slice holds is in,
  /// so holes are polygons of their own. Otherwise CLOSED_PLANAR: what any of them holds is in.
  bool exclusive_or = false;
  std::string interpreted_type = "ORGAN";  ///< RT ROI Interpreted Type (C.8.8.8.1)
  std::string description{};               ///< ROI Description; what is not ASCII becomes _; empty: none
  /// ROI Generation Algorithm (C.8.8.5) where it differs from RtStructOptions::generation_algorithm.
  std::optional<std::string> generation{};
};

struct RtStructOptions {
  std::string label = "AnatomyNet";  ///< Structure Set Label, at most 16 characters
  std::string series_description = "Auto-contours, not reviewed";
  std::string generation_algorithm = "AUTOMATIC";  ///< ROI Generation Algorithm; empty: not known
  std::string algorithm{};                         ///< model name and version, in ROI Generation Description
  std::string software_version{};
  std::string uid_seed{};  ///< same seed, CT and contours: same bytes; empty: fresh UIDs and the current time
  bool dated = false;      ///< with a seed: the current time all the same
  std::string predecessor{};  ///< SOP Instance UID of the structure set that this one replaces; empty: none
  /// Who approved it, UTF-8: Approval Status APPROVED with the current date and time (C.8.8.16). Empty:
  /// UNAPPROVED.
  std::string reviewer{};
};

/// Writes a DICOM RT Structure Set (PS3.3 A.19) that refers to the CT's series, slices and frame of
/// reference. Every organ gets a ROI, also one without contours; polygons of fewer than three distinct points
/// are left out. Organ names are UTF-8 and become different ROI names of at most 64 characters. The file
/// appears whole or not at all. Returns its SOP Instance UID. Throws Error(input) where `ct` lacks what the
/// object must repeat or its character set cannot hold a name, Error(output) where the file cannot be
/// written.
std::string write_rtstruct(const std::filesystem::path& path, const DicomSource& ct,
                           const std::vector<RoiContours>& rois, const RtStructOptions& options = {});

/// Writes a copy of the structure set `existing` with `rois` added and everything in it kept as it is, under
/// numbers and names that are free there. The copy is an object of its own, not approved, that names the
/// other as its predecessor; `existing` itself is not touched. Returns one line for each ROI whose name was
/// taken, and for what is odd in its contours. Throws Error(input) where `existing` is no structure set or
/// was drawn on another CT.
std::vector<std::string> append_to_rtstruct(const std::filesystem::path& path,
                                            const std::filesystem::path& existing, const DicomSource& ct,
                                            const std::vector<RoiContours>& rois,
                                            const RtStructOptions& options = {});

/// The test of append_to_rtstruct by itself, for before the work: Error(input) unless it can be appended to.
void check_appendable(const std::filesystem::path& existing, const DicomSource& ct);

}  // namespace anatomynet::io
