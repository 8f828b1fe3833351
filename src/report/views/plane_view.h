#pragma once
#include "core/organs.h"
#include "core/volume.h"
#include "report/image/canvas.h"

namespace anatomynet::report {

/// An image plane of a volume whose axes run to L, P, S, in radiological convention.
struct Plane {
  const char* name;
  int normal, across, down;  ///< axes of the volume
  bool head_up;              ///< rows run from high to low along `down`
  const char* edges;         ///< letters at the left, right, top, bottom
};

inline constexpr Plane axial{"axial", 2, 0, 1, false, "RLAP"};
inline constexpr Plane coronal{"coronal", 1, 0, 2, true, "RLSI"};
inline constexpr Plane sagittal{"sagittal", 0, 1, 2, true, "APSI"};

/// A part of a plane: mm along `across` and `down` from the middle of the volume's first voxel.
struct Frame {
  std::array<double, 2> low{}, high{};
};

struct Window {
  double centre, width;  ///< HU
};

/// The case to be shown. Both volumes on one grid whose axes run nearest to L, P, S.
struct Study {
  const CtVolume& ct;
  const LabelVolume& labels;
  const OrganTable& organs;
  Window window;
};

/// Draws slice `index` of a plane into the rectangle at (x, y): grey values interpolated, organs lightly
/// tinted and outlined where an interpolated mask passes one half, letters at the edges.
void draw_plane(Canvas& canvas, int x, int y, int width, int height, const Study& study, const Plane& plane,
                std::int64_t index, const Frame& frame, int letter_scale);

/// The grey values of the same, row by row from the top; 0 outside the volume.
std::vector<std::uint8_t> grey_plane(const Study& study, const Plane& plane, std::int64_t index,
                                     const Frame& frame, int width, int height);

/// The outlines alone, in the organs' colours, over what is there.
void draw_outlines(Canvas& canvas, int x, int y, int width, int height, const LabelVolume& labels,
                   const OrganTable& organs, const Plane& plane, std::int64_t index, const Frame& frame);

}  // namespace anatomynet::report
