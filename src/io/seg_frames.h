#pragma once
#include <string>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "core/grid.h"

// Where the frames of a DICOM Segmentation lie (PS3.3 C.7.6.16, functional groups); includes DCMTK, so only
// .cpp files of this room use it.
namespace anatomynet::dicom {

struct SegFrame {
  int segment = 0;  ///< 0 in a label map, whose pixels name their segments
  Vec3 position{};
};

struct SegLayout {
  std::vector<SegFrame> frames;
  Vec3 across{}, down{};         ///< unit vectors along a row, down a column
  std::vector<double> pixel_mm;  ///< between rows, between columns
  double slice_mm = 0;           ///< as the file says; 0 where it does not
};

/// Throws Error(input) naming the frame: groups that are missing, frames that lie across each other.
SegLayout read_layout(DcmItem& data, std::size_t count, bool label_map, const std::string& where);

/// The grid on which all frames lie, and each frame's slice. Throws Error(input) where there is none.
Grid grid_of(const SegLayout& layout, std::size_t columns, std::size_t rows, std::vector<std::int64_t>& slice,
             const std::string& where);

}  // namespace anatomynet::dicom
