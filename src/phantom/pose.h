#pragma once
#include <array>
#include <vector>

#include "phantom/random.h"
#include "phantom/shapes.h"

namespace anatomynet::phantom {

/// How this patient lies and how they differ from the mean: turned and shifted on the couch, neck bent,
/// larger or smaller along each axis, and bent smoothly by a few mm everywhere.
class Pose {
 public:
  explicit Pose(Random& random);
  /// Anatomy frame of a point in the couch frame.
  V3 to_anatomy(V3 couch) const;
  float scale_z() const { return scale_.z; }

 private:
  static constexpr int nodes_ = 56;                 // warp lattice: nodes_^3 displacements
  static constexpr float pitch_ = 10, low_ = -275;  // mm
  V3 warp_at(V3 p) const;

  std::array<V3, 3> rows_;  // rotation
  V3 shift_, scale_;
  float bend_y_, bend_x_;
  std::vector<V3> warp_;
};

}  // namespace anatomynet::phantom
