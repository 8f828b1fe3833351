#include "evaluation/metrics.h"

#include <cmath>

#include "core/error.h"

namespace anatomynet::evaluation {
namespace {

// Voxels of a padded mask with a neighbour outside among `steps`.
std::vector<std::uint8_t> outline(const std::vector<std::uint8_t>& mask, const Size3& n,
                                  const std::vector<std::int64_t>& steps) {
  std::vector<std::uint8_t> out(mask.size(), 0);
  for (std::int64_t z = 1; z < n[2] - 1; ++z)
    for (std::int64_t y = 1; y < n[1] - 1; ++y)
      for (std::int64_t x = 1; x < n[0] - 1; ++x) {
        const std::int64_t i = (z * n[1] + y) * n[0] + x;
        if (!mask[static_cast<std::size_t>(i)]) continue;
        for (const std::int64_t step : steps)
          if (!mask[static_cast<std::size_t>(i + step)]) out[static_cast<std::size_t>(i)] = 1;
      }
  return out;
}

// Voxels of the truth's outline, slice by slice, that are not on the prediction's.
std::int64_t added_path(const std::vector<std::uint8_t>& predicted, const std::vector<std::uint8_t>& truth,
                        const Size3& n, int across_slices) {
  const Size3 stride{1, n[0], n[0] * n[1]};
  std::vector<std::int64_t> steps;
  for (int k = 0; k < 3; ++k)
    if (k != across_slices) steps.insert(steps.end(), {stride[k], -stride[k]});
  const auto ours = outline(predicted, n, steps), theirs = outline(truth, n, steps);
  std::int64_t added = 0;
  for (std::size_t i = 0; i < theirs.size(); ++i) added += theirs[i] && !ours[i];
  return added;
}

Vec3 centroid(const BoxedMask& mask) {
  Vec3 sum{};
  const std::uint8_t* voxel = mask.voxels.data();
  for (std::int64_t z = 0; z < mask.size[2]; ++z)
    for (std::int64_t y = 0; y < mask.size[1]; ++y)
      for (std::int64_t x = 0; x < mask.size[0]; ++x)
        if (*voxel++) {
          sum[0] += double(mask.low[0] + x);
          sum[1] += double(mask.low[1] + y);
          sum[2] += double(mask.low[2] + z);
        }
  for (double& s : sum) s /= double(mask.count);
  return mask.grid.to_world(sum);
}

Presence presence_of(const BoxedMask& predicted, const BoxedMask& truth) {
  if (predicted.empty()) return truth.empty() ? Presence::both_empty : Presence::prediction_empty;
  return truth.empty() ? Presence::truth_empty : Presence::both;
}

std::optional<double> ratio(double a, double b) {
  if (b == 0) return {};
  return a / b;
}

void measure_overlap(OrganMetrics& m) {
  const auto both = double(m.overlap_voxels), ours = double(m.predicted_voxels),
             theirs = double(m.truth_voxels);
  m.dice = ratio(2 * both, ours + theirs);
  m.jaccard = ratio(both, ours + theirs - both);
  m.precision = ratio(both, ours);
  m.recall = ratio(both, theirs);
  m.volume_ml = m.predicted_ml - m.truth_ml;
  m.volume_percent = ratio(100 * (m.predicted_ml - m.truth_ml), m.truth_ml);
}

void measure_surfaces(OrganMetrics& m, const BoxedMask& predicted, const BoxedMask& truth,
                      const MetricOptions& options) {
  const auto distances = surface_distances(predicted, truth, options.surface);
  if (!distances) {
    m.surface_dice = 0;
    return;
  }
  m.hd95_mm = percentile(*distances, 95, options.combination);
  m.hd_mm = percentile(*distances, 100, options.combination);
  m.mean_surface_mm = mean_distance(
      *distances, options.combination == Combination::pooled ? Combination::pooled : Combination::mean);
  m.surface_dice = surface_dice(*distances, options.tolerance_mm);
}

}  // namespace

OrganMetrics measure(const BoxedMask& predicted, const BoxedMask& truth, const MetricOptions& options) {
  require_same_grid(predicted.grid, truth.grid);
  OrganMetrics m;
  m.presence = presence_of(predicted, truth);
  m.predicted_voxels = predicted.count;
  m.truth_voxels = truth.count;
  m.predicted_ml = double(predicted.count) * truth.grid.voxel_ml();
  m.truth_ml = double(truth.count) * truth.grid.voxel_ml();
  m.tolerance_mm = options.tolerance_mm;
  if (m.presence == Presence::both_empty) return m;

  const LabelBox box = box_around(predicted, truth);
  const Size3 n{box.size[0] + 2, box.size[1] + 2, box.size[2] + 2};
  const auto ours = padded(predicted, box), theirs = padded(truth, box);
  for (std::size_t i = 0; i < ours.size(); ++i) m.overlap_voxels += ours[i] & theirs[i];
  measure_overlap(m);
  measure_surfaces(m, predicted, truth, options);

  if (m.presence == Presence::truth_empty) return m;
  const int across = nearest_orientation(truth.grid).axis[2];
  const Vec3& spacing = truth.grid.spacing;
  m.added_path_voxels = added_path(ours, theirs, n, across);
  m.added_path_mm =
      double(*m.added_path_voxels) * std::sqrt(spacing[(across + 1) % 3] * spacing[(across + 2) % 3]);
  if (m.presence == Presence::both) {
    const Vec3 a = centroid(predicted), b = centroid(truth);
    m.centroid_offset_lps_mm = Vec3{a[0] - b[0], a[1] - b[1], a[2] - b[2]};
    m.centroid_mm = std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
  }
  return m;
}

double tolerance_of(const Tolerances& set, const std::string& organ) {
  static const Tolerances known{{"Brainstem", 2.5},  {"OpticChiasm", 2.5},     {"Bone_Mandible", 1.01},
                                {"OpticNrv_L", 2.5}, {"OpticNrv_R", 2.5},      {"Parotid_L", 2.85},
                                {"Parotid_R", 2.85}, {"Glnd_Submand_L", 2.02}, {"Glnd_Submand_R", 2.02}};
  if (const auto it = set.find(organ); it != set.end()) return it->second;
  const auto it = known.find(organ);
  return it == known.end() ? 2.5 : it->second;
}

const std::vector<Metric>& metrics() {
  using M = OrganMetrics;
  using D = std::optional<double>;
  static const std::vector<Metric> all{
      {"dice", "Dice", 3, 1, [](const M& m) { return m.dice; }},
      {"hd95_mm", "HD95 mm", 2, -1, [](const M& m) { return m.hd95_mm; }},
      {"surface_dice", "Surface Dice", 3, 1, [](const M& m) { return m.surface_dice; }},
      {"mean_surface_mm", "Mean surface mm", 2, -1, [](const M& m) { return m.mean_surface_mm; }},
      {"hd_mm", "HD mm", 2, -1, [](const M& m) { return m.hd_mm; }},
      {"jaccard", "Jaccard", 3, 1, [](const M& m) { return m.jaccard; }},
      {"precision", "Precision", 3, 1, [](const M& m) { return m.precision; }},
      {"recall", "Recall", 3, 1, [](const M& m) { return m.recall; }},
      {"volume_ml", "Volume difference ml", 2, 0, [](const M& m) { return m.volume_ml; }},
      {"volume_percent", "Volume difference %", 1, 0, [](const M& m) { return m.volume_percent; }},
      {"added_path_mm", "Added path mm", 0, -1, [](const M& m) { return m.added_path_mm; }},
      {"centroid_mm", "Centroid offset mm", 2, -1, [](const M& m) -> D { return m.centroid_mm; }},
  };
  return all;
}

const Metric& metric(const std::string& key) {
  std::string known;
  for (const Metric& m : metrics()) {
    if (key == m.key) return m;
    known += (known.empty() ? "" : ", ") + std::string(m.key);
  }
  throw Error(ErrorKind::usage, "metric '" + key + "' is not known; expected one of " + known);
}

}  // namespace anatomynet::evaluation
