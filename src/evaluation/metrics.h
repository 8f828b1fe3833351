#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/organs.h"
#include "evaluation/surface_distance.h"

namespace anatomynet::evaluation {

/// What is there to compare.
enum class Presence {
  both,              ///< everything is measured
  prediction_empty,  ///< missed: Dice, Jaccard, recall and surface Dice are 0; no precision, no distance
  truth_empty,  ///< found where none is: Dice, Jaccard, precision and surface Dice 0; no recall, no distance
  both_empty,   ///< rightly found nowhere: nothing to measure, no figure at all
};

/// Agreement of a predicted structure with its truth. A figure that is not defined is none, never 0 or NaN.
struct OrganMetrics {
  Presence presence = Presence::both_empty;
  std::int64_t predicted_voxels = 0, truth_voxels = 0, overlap_voxels = 0;
  double predicted_ml = 0, truth_ml = 0;
  std::optional<double> dice;            ///< 2 |A and B| / (|A| + |B|)
  std::optional<double> jaccard;         ///< |A and B| / |A or B|
  std::optional<double> precision;       ///< |A and B| / |A|, A the prediction
  std::optional<double> recall;          ///< |A and B| / |B|, B the truth
  std::optional<double> volume_ml;       ///< prediction's volume less the truth's
  std::optional<double> volume_percent;  ///< the same in per cent of the truth's
  std::optional<double> hd95_mm, hd_mm;  ///< 95% and full Hausdorff distance
  std::optional<double> mean_surface_mm;
  std::optional<double> surface_dice;  ///< at `tolerance_mm`
  double tolerance_mm = 0;
  /// Added path length (Vaassen et al. 2020): the truth's outline that the prediction's lacks and a reviewer
  /// would draw anew. Outline: voxels with one of their four neighbours within the axial slice outside. In
  /// mm: each counts as the square root of a pixel's area.
  std::optional<std::int64_t> added_path_voxels;
  std::optional<double> added_path_mm;
  std::optional<double> centroid_mm;           ///< distance between the centres of mass
  std::optional<Vec3> centroid_offset_lps_mm;  ///< prediction's less the truth's
};

struct MetricOptions {
  SurfaceElement surface = SurfaceElement::surfels;
  Combination combination = Combination::larger;  ///< of both Hausdorff distances
  double tolerance_mm = 2.5;                      ///< of surface Dice
};

/// Errors: Error(input) showing both geometries where the two lie on different grids. The mean surface
/// distance is `pooled` where `combination` is, else the mean of both directions.
OrganMetrics measure(const BoxedMask& predicted, const BoxedMask& truth, const MetricOptions& options);

/// Tolerances (mm) of surface Dice by TG-263 name: brain stem 2.5, chiasm 2.5, mandible 1.01, optic nerves
/// 2.5, parotid glands 2.85, submandibular glands 2.02; every other organ 2.5.
using Tolerances = std::map<std::string, double>;
double tolerance_of(const Tolerances& set, const std::string& organ);

/// One figure that is averaged, tabled and compared.
struct Metric {
  const char* key;    ///< as in JSON and CSV: "dice", "hd95_mm"
  const char* label;  ///< "Dice", "HD95 mm"
  int decimals;       ///< in tables
  int better;         ///< 1: higher is better, -1: lower, 0: near to 0
  std::optional<double> (*of)(const OrganMetrics&);
};

/// All of them, Dice first.
const std::vector<Metric>& metrics();
const Metric& metric(const std::string& key);  ///< Error(usage) naming the known ones

}  // namespace anatomynet::evaluation
