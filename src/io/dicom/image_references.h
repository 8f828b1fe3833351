#pragma once
#include <string>
#include <unordered_set>
#include <vector>

#include "io/ct_image.h"
#include "io/dicom/structure_set.h"

namespace anatomynet::io {

/// A contour by the image that it refers to (Contour Image Sequence, PS3.3 C.8.8.6) and one of its points.
struct PlacedContour {
  std::string image;  ///< SOP Instance UID
  Vec3 point{};       ///< LPS mm
};

/// By which images something was made or drawn on, and where these and its contours lie.
struct ImageReferences {
  std::string source{};      ///< for messages: a path
  std::string patient_id{};  ///< UTF-8; empty where unknown. Never part of a message.
  std::unordered_set<std::string> images{}, series{},
      frames{};                           ///< SOP Instance, Series Instance, Frame of Reference
  std::vector<PlacedContour> contours{};  ///< of an RTSTRUCT: its closed contours that refer to one image
  std::vector<DicomSlice> slices{};       ///< of a DICOM CT, in order
  Vec3 normal{0, 0, 1};                   ///< across its slices, LPS

  bool none() const { return images.empty() && series.empty() && frames.empty(); }
};

ImageReferences references_of(const StructureSet& set);
/// Those of a DICOM CT; none() of an image file.
ImageReferences references_of(const CtImage& ct);
/// Those of an RTSTRUCT or a Segmentation, by its headers; none() where the file is neither or cannot be
/// read.
ImageReferences references_in(const std::filesystem::path& file);

/// Whether contours `drawn` on some images mean something on the images `on`: on the images themselves, on
/// others of their series, on others of the same frame of reference, in this order of trust. Returns
/// warnings. Throws Error(input) where none of the three fits: another scan. Where either side refers to
/// nothing a warning says that nothing shows that they belong together. Contours that lie further than half
/// the distance of slices from the image that they refer to are counted in a warning: they are taken where
/// their points are.
std::vector<std::string> check_same_scan(const ImageReferences& drawn, const ImageReferences& on);

/// The last of these warnings alone; empty where there is no doubt.
std::string planes_in_doubt(const ImageReferences& drawn, const ImageReferences& on);

/// Throws Error(input) where the set has closed contours and none of their points lies in the volume, half a
/// voxel around it included. `where` names the volume in the message. Points that are no numbers lie nowhere.
void check_position(const StructureSet& set, const Grid& grid, const std::string& where);

}  // namespace anatomynet::io
