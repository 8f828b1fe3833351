#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "core/names.h"

namespace anatomynet::core {

using Vec3 = std::array<double, 3>;
using Mat3 = std::array<std::array<double, 3>, 3>;  ///< [row][column]
using Size3 = std::array<std::int64_t, 3>;

/// Where voxels lie in the patient. Index axes are (x, y, z) with x fastest in memory; world is the DICOM
/// patient frame, LPS (+x to the patient's left, +y to the back, +z to the head), in mm.
struct Grid {
  Size3 size{0, 0, 0};
  Vec3 spacing{1, 1, 1};                              ///< mm between voxel centres, > 0
  Vec3 origin{0, 0, 0};                               ///< LPS mm of the centre of voxel (0, 0, 0)
  Mat3 direction{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};  ///< column k: unit LPS vector along index axis k

  std::int64_t voxel_count() const { return size[0] * size[1] * size[2]; }
  double voxel_ml() const { return spacing[0] * spacing[1] * spacing[2] / 1000.0; }
  std::int64_t offset(std::int64_t x, std::int64_t y, std::int64_t z) const {
    return (z * size[1] + y) * size[0] + x;
  }

  /// LPS mm of a (fractional) voxel index.
  Vec3 to_world(const Vec3& index) const;
  /// Fractional voxel index of a point in LPS mm.
  Vec3 to_index(const Vec3& world) const;

  /// Throws Error(input) unless 1..2^40 voxels, spacing 0.001..1000 mm, sides <= 10 m, origin within 1 km,
  /// and the direction orthonormal within 1e-3 (either handedness). `what` names the image in the message.
  void check(const std::string& what) const;
};

/// Same size, and geometry equal within `tolerance_mm` at every corner.
bool same_grid(const Grid& a, const Grid& b, double tolerance_mm = 1e-3);

/// "104 x 65 x 90 voxels of 3.906 x 3.906 x 2.5 mm"
std::string describe(const Grid& grid);

/// How a grid's index axes map to the nearest axes of the patient: canonical axis k (+L, +P, +S) is index
/// axis `axis[k]`, run backwards where `flipped[k]`.
struct Orientation {
  std::array<int, 3> axis{0, 1, 2};
  std::array<bool, 3> flipped{false, false, false};
  bool identity() const;
};

/// The permutation and flips that bring the grid's axes nearest to LPS. Always a permutation, also for
/// oblique grids.
Orientation nearest_orientation(const Grid& grid);

/// The same voxels with axes permuted and flipped so that x runs nearest to +L, y to +P, z to +S.
Grid reoriented(const Grid& grid, const Orientation& orientation);

}  // namespace anatomynet::core
