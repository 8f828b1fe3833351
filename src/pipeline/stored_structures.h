#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "core/volume.h"
#include "curation/roi_names.h"
#include "evaluation/boxed_mask.h"
#include "io/ct_image.h"
#include "io/dicom/dicom_seg.h"

namespace anatomynet::pipeline {

/// A ROI of an RTSTRUCT, or a segment of a DICOM Segmentation, on a CT's grid.
struct StoredStructure {
  std::string name;   ///< as the file has it, UTF-8
  std::string organ;  ///< TG-263 name where the name, or the segment's code, tells it; else empty
  evaluation::BoxedMask mask;
};

struct StoredStructures {
  std::vector<StoredStructure> structures;  ///< by number
  std::vector<std::string> warnings;        ///< one line each
};

/// Reads an RTSTRUCT or a DICOM Segmentation for `grid`, that of `ct` where there is one. Throws Error(input)
/// for a file that is neither or is damaged, that was drawn on another scan than `ct`, or that does not lie
/// on the grid.
StoredStructures read_stored_structures(const std::filesystem::path& file, const Grid& grid,
                                        const io::CtImage* ct);

/// The mask on a grid that its own is a part of, in whatever order either has its axes. Throws Error(input),
/// `where` first, where it is not.
LabelVolume placed_on(const Grid& whole, const LabelVolume& part, const std::string& where);

/// Throws Error(input) where the segmentation's frame of reference is not that of a DICOM CT.
void check_same_frame(const io::DicomSegmentation& segmentation, const io::CtImage& ct,
                      const std::string& where);

/// TG-263 name of what a segment shows, by its label or else its code; empty where neither tells.
std::string organ_of_segment(const curation::RoiNames& names, const io::StoredSegment& segment);

}  // namespace anatomynet::pipeline
