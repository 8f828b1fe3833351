#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/label_boxes.h"
#include "core/volume.h"

namespace anatomynet::geometry {

/// A closed surface of triangles in the patient frame. Every edge belongs to exactly two triangles, which run
/// along it in opposite directions; a body of several parts gives several closed shells.
struct Surface {
  std::vector<std::array<float, 3>> points;             ///< LPS, mm
  std::vector<std::array<std::uint32_t, 3>> triangles;  ///< counter-clockwise seen from outside

  double volume_ml() const;  ///< signed; positive where the triangles' normals point outwards
};

struct SurfaceOptions {
  int smoothing = 20;               ///< rounds of Taubin's smoothing; 0: the voxels' own surface, corners cut
  std::int64_t most_triangles = 0;  ///< about as many at most, from voxels joined into blocks; 0: no limit
  std::optional<LabelBox> box{};    ///< of the voxels (core/label_boxes.h), where it is known
};

/// The surface of the voxels that equal `id`; empty where there is none. Marching tetrahedra (Kuhn's six in
/// each cell, no ambiguous case, so always a closed manifold) on the box around the organ, then Taubin
/// (1995) smoothing in which no point leaves its place by more than half a voxel (block) along an axis, then
/// an even shift along the normals until the volume is the mask's. What lies at the volume's border is closed
/// there.
Surface trace_surface(const LabelVolume& labels, int id, const SurfaceOptions& options = {});

}  // namespace anatomynet::geometry
