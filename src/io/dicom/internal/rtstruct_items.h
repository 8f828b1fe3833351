#pragma once
#include <string>
#include <vector>

#include "io/dicom/rtstruct.h"

class DcmItem;

// The parts of an RT Structure Set (PS3.3 C.8.8.5, C.8.8.6, C.8.8.8). Internal to the io module.
namespace anatomynet::io {

/// A ROI as it goes into a structure set: what others there do not have.
struct RoiIdentity {
  int number = 0, observation = 0;
  std::string name;  ///< in the character set of the object
};

/// Contour Image Sequence item of a slice.
void refer_to_slice(DcmItem& parent, const DicomSource& ct, std::size_t z);

/// Referenced Frame of Reference Sequence: the CT's frame, study, series and all its slices.
void put_references(DcmItem& data, const DicomSource& ct);

/// Predecessor Structure Set Sequence: the SOP Instance UID of the one that this one replaces.
void put_predecessor(DcmItem& data, const std::string& uid);

/// One item each in StructureSetROISequence, ROIContourSequence and RTROIObservationsSequence. Returns the
/// length of the longest Contour Data.
std::size_t put_roi(DcmItem& data, const DicomSource& ct, const RoiContours& roi, const RoiIdentity& identity,
                    const RtStructOptions& options);

/// Throws Error(internal) for contours that do not fit the CT.
void check_contours(const DicomSource& ct, const std::vector<RoiContours>& rois);

/// The names as values of ROI Name, in `character_set`, all different: of two that are equal, or that differ
/// in case alone, or that are in `taken`, the later gets a suffix.
std::vector<std::string> roi_names(const std::vector<RoiContours>& rois, const std::string& character_set,
                                   const std::vector<std::string>& taken = {});

}  // namespace anatomynet::io
