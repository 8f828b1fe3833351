#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/organs.h"
#include "core/volume_view.h"
#include "quality/quality.h"

namespace anatomynet::quality {

/// Directions of the patient: +L, -L, +P, -P, +S, -S.
inline constexpr int directions = 6;

/// The CT around a point, seen coarsely: a lattice of nodes along L, P, S (L fastest), each the mean of its
/// neighbourhood's HU windowed to 0 (-200 HU) .. 1 (300 HU); NaN where most of that lies outside the volume.
struct Surroundings {
  static constexpr int side = 17;
  static constexpr double spacing_mm = 8;
  std::vector<float> nodes;
};

/// What is measured of one organ. Shape and place are those of its largest piece.
struct Measurement {
  int id = 0;
  Laterality laterality = Laterality::none;
  std::int64_t voxels = 0;
  double ml = 0;                        ///< of all pieces
  std::vector<Piece> pieces;            ///< beside the largest
  Vec3 centroid{}, extent{};            ///< LPS mm
  double mean_hu = 0, air_percent = 0;  ///< of all voxels; air: below -500 HU
  double edge_percent = 0;  ///< of the surface's area, on the end of the volume or of what is blanked
  /// Per direction, of the plane across it that holds the largest part of the surface facing that way: its
  /// area over the largest cross-section of the same orientation, and the mean of HU beyond it minus inside.
  std::array<double, directions> flat{}, contrast{};
  Surroundings around;
};

/// What is measured of the CT as a whole, on a sample of its voxels.
struct Levels {
  double soft_tissue_hu =
      0;  ///< the highest peak of HU above -500 (muscle and brain, not fat); padding left out
  double air_percent = 0;  ///< of the voxels, below -500 HU
  int padding = -32768;    ///< the value of what is blanked; -32768 where no value stands out
};

Levels levels_of(const CtView& ct);

/// One for every organ of the table, in its order.
std::vector<Measurement> measure_organs(const CtView& ct, const LabelVolume& labels, const OrganTable& organs,
                                        const Levels& levels);

Surroundings surroundings_of(const CtView& ct, const Vec3& centre);

/// The lattice mirrored along the axes whose sign is negative.
Surroundings mirrored(const Surroundings& in, const std::array<bool, 3>& flip);

/// The lattice moved by whole nodes; NaN where it does not reach.
Surroundings moved(const Surroundings& in, const std::array<int, 3>& by);

/// Pearson's correlation over the nodes that both have, `a` moved by whole nodes; 0 where there are less than
/// a tenth of them.
double correlation(const Surroundings& a, const Surroundings& b, const std::array<int, 3>& by = {0, 0, 0});

}  // namespace anatomynet::quality
