#pragma once
#include <optional>
#include <string>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "core/uneven_slices.h"

// Where the frames of a DICOM Segmentation lie (PS3.3 C.7.6.16, functional groups); includes DCMTK, so only
// .cpp files of this module use it.
namespace anatomynet::io {

struct SegFrame {
  int segment = 0;  ///< 0 in a label map, whose pixels name their segments
  Vec3 position{};
};

struct SegLayout {
  std::vector<SegFrame> frames;
  std::int64_t columns = 0, rows = 0;
  Vec3 across{}, down{};         ///< unit vectors along a row, down a column
  std::vector<double> pixel_mm;  ///< between rows, between columns
  double slice_mm = 0;           ///< Spacing Between Slices; 0 where the file does not say
  double thickness_mm = 0;       ///< Slice Thickness, which need not be their distance
};

/// Throws Error(input) naming the frame: groups that are missing, frames that lie across each other.
SegLayout read_layout(DcmItem& data, std::size_t count, bool label_map, const std::string& where);

/// A grid on which all frames lie, and each frame's slice.
struct SegGrid {
  Grid grid;
  std::vector<std::int64_t> slices;
  std::string warning;   ///< what was guessed, or empty
  std::string uneven{};  ///< own_grid: where frames lie in blocks of different distances, these; or empty
};

/// Of the frames alone: the distance of slices is what their positions show, within what a CT's own may be
/// off; slices that have no frame count. Spacing Between Slices settles what positions leave open, and Slice
/// Thickness only that of a single slice. Throws Error(input) where there is none, or frames lie further
/// apart than any patient is long.
SegGrid own_grid(const SegLayout& layout, const std::string& where);

/// The part of a CT's grid that the frames span; nullopt where one lies on none of its slices. The slices may
/// go on beyond the CT's.
std::optional<SegGrid> grid_within(const Grid& ct, const SegLayout& layout);

/// The slices of a CT whose slices lie unevenly, one an index of the grid; nullopt where a frame lies on none
/// of them, by more than a tenth of the way to the next.
std::optional<SegGrid> slices_among(const UnevenSlices& ct, const SegLayout& layout);

}  // namespace anatomynet::io
