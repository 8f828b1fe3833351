#pragma once
#include <cstdint>
#include <vector>

#include "core/volume.h"

namespace anatomynet::curation::field {

/// The patient's body in one slice of a coarse copy of a scan, in its cells.
struct SliceShape {
  std::int64_t x0 = 0, x1 = -1, y0 = 0, y1 = -1;  ///< cells of the body; x1 < x0 where there is none
  double width_mm = 0, enclosed_air_cm2 = 0;
};

/// Slices feet to head of a scan sampled every few mm.
struct BodyOutline {
  Vec3 step;  ///< voxels of the scan between samples
  std::int64_t nx = 0, ny = 0, nz = 0;
  std::vector<SliceShape> slices;
};

/// The largest connected piece of tissue without couch, mask and head rest. `ct` must run along L, P, S.
BodyOutline find_body(const CtVolume& ct);

}  // namespace anatomynet::curation::field
