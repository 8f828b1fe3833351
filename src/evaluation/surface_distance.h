#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/volume.h"
#include "evaluation/boxed_mask.h"

namespace anatomynet::evaluation {

/// What a surface is made of.
enum class SurfaceElement {
  /// The marching-cubes facets between voxel centres (surfels.h), each weighted by its area; distances run
  /// between the facets' cells, whose centres are corners of voxels. As google-deepmind/surface-distance.
  surfels,
  /// The structure's voxels that have one of their six neighbours outside (beyond the volume's border is
  /// outside), all of equal weight; distances run between voxel centres. As MONAI, SimpleITK and SciPy users.
  voxels,
};

/// How the two directions, from the prediction's surface to the truth's and back, become one figure.
enum class Combination {
  larger,  ///< the larger of the two figures
  mean,    ///< their mean
  pooled,  ///< one figure of the distances of both directions together
};

/// By name, "surfels", "voxels"; "larger", "mean", "pooled". Error(usage) with the known names otherwise.
SurfaceElement surface_element(const std::string& name);
Combination combination(const std::string& name);
std::string name_of(SurfaceElement element);
std::string name_of(Combination combination);

/// Distances (mm, ascending) from the elements of one surface to the nearest of the other.
struct DirectedDistances {
  std::vector<double> mm, weight;  ///< weight: mm^2 for surfels, 1 for voxels
  double total = 0;                ///< of the weights
};

struct SurfaceDistances {
  SurfaceElement element{};
  DirectedDistances from_prediction, from_truth;
};

/// Exact at any spacing, in time linear in the box around both structures. None where either is empty.
/// Errors: Error(input) where the two lie on different grids.
std::optional<SurfaceDistances> surface_distances(const BoxedMask& predicted, const BoxedMask& truth,
                                                  SurfaceElement element);

/// The distance below which `percent` of the surface lies (100: the Hausdorff distance), mm. Surfels: the
/// first distance at which the cumulated area reaches the share; voxels: interpolated linearly between ranks.
double percentile(const SurfaceDistances& distances, double percent, Combination combination);

/// The (area-weighted) mean distance, mm.
double mean_distance(const SurfaceDistances& distances, Combination combination);

/// Surface Dice: the share of both surfaces' elements that lie at most `tolerance_mm` from the other (Nikolov
/// et al. 2021).
double surface_dice(const SurfaceDistances& distances, double tolerance_mm);

/// 95% Hausdorff distance of one organ's surfaces, mm: voxels, the larger of the two directions. None where
/// either map lacks the organ. Errors: Error(input) when the maps differ in geometry.
std::optional<double> hausdorff95(const LabelVolume& predicted, const LabelVolume& truth, int id);

}  // namespace anatomynet::evaluation
