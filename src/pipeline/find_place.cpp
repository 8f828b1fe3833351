#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/vectors.h"
#include "geometry/interpolated.h"
#include "pipeline/shape_box.h"
#include "pipeline/shape_landmarks.h"
#include "pipeline/shape_placement.h"

namespace anatomynet::pipeline {
namespace {

using geometry::AffineMotion;
using model::ShapePrior;

constexpr double most_off_mm = 15;       // of a landmark after the fit
constexpr double largest_shift_mm = 12;  // along each axis
constexpr double usual_shift_mm = 3;     // standard deviation
constexpr double sharpness = 40;         // a likeness lower by 1/40 weighs 1/e
constexpr double least_share = 0.7;      // of the shape's volume, of an organ at the volume's end
constexpr double least_likeness = 0.4;   // right places have 0.57 to 0.8

template <class... Args>
std::string format(const char* pattern, Args... args) {
  char text[200];
  std::snprintf(text, sizeof text, pattern, args...);
  return text;
}

struct Shift {
  Vec3 mm{};  // in the prior's frame
  double likeness = -1;
};

// The CT around the prior's organ, on the lattice of its surroundings and `margin` nodes further.
std::vector<float> lattice_of(const CtView& ct, const ShapePrior& prior, const AffineMotion& to_patient,
                              const Size3& margin, Size3& size) {
  const Grid& grid = prior.surroundings.grid;
  for (int k = 0; k < 3; ++k) size[k] = grid.size[k] + 2 * margin[k];
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(size[0] * size[1] * size[2]));
  for (std::int64_t z = 0; z < size[2]; ++z)
    for (std::int64_t y = 0; y < size[1]; ++y)
      for (std::int64_t x = 0; x < size[0]; ++x) {
        const Vec3 at = grid.to_world({double(x - margin[0]), double(y - margin[1]), double(z - margin[2])});
        const double hu = geometry::interpolated(ct, ct.grid.to_index(to_patient(at)), false);
        values.push_back(static_cast<float>(std::clamp(hu, prior.hu_low, prior.hu_high)));
      }
  return values;
}

double correlation(const Volume<float>& model, const std::vector<float>& around, const Size3& size,
                   const Size3& first) {
  double a = 0, b = 0, aa = 0, bb = 0, ab = 0;
  const Size3& n = model.grid.size;
  for (std::int64_t z = 0, i = 0; z < n[2]; ++z)
    for (std::int64_t y = 0; y < n[1]; ++y) {
      const float* row = &around[((z + first[2]) * size[1] + y + first[1]) * size[0] + first[0]];
      for (std::int64_t x = 0; x < n[0]; ++x, ++i) {
        const double p = model.voxels[i], q = row[x];
        a += p, b += q, aa += p * p, bb += q * q, ab += p * q;
      }
    }
  const double count = double(model.voxels.size()), both = (aa - a * a / count) * (bb - b * b / count);
  return both > 0 ? (ab - a * b / count) / std::sqrt(both) : -1;
}

Shift best_shift(const CtView& ct, const ShapePrior& prior, const AffineMotion& to_patient) {
  const Vec3& step = prior.surroundings.grid.spacing;
  Size3 margin{}, size{};
  for (int k = 0; k < 3; ++k) margin[k] = static_cast<std::int64_t>(largest_shift_mm / step[k]);
  const std::vector<float> around = lattice_of(ct, prior, to_patient, margin, size);
  struct Candidate {
    Vec3 mm;
    double score;
  };
  std::vector<Candidate> candidates;
  Shift best;
  double most = -1e9;
  for (std::int64_t z = -margin[2]; z <= margin[2]; ++z)
    for (std::int64_t y = -margin[1]; y <= margin[1]; ++y)
      for (std::int64_t x = -margin[0]; x <= margin[0]; ++x) {
        const Vec3 mm{double(x) * step[0], double(y) * step[1], double(z) * step[2]};
        const double likeness =
            correlation(prior.surroundings, around, size, {x + margin[0], y + margin[1], z + margin[2]});
        const double score = sharpness * likeness - dot(mm, mm) / (2 * usual_shift_mm * usual_shift_mm);
        best.likeness = std::max(best.likeness, likeness);
        most = std::max(most, score);
        candidates.push_back({mm, score});
      }
  double sum = 0;
  for (const Candidate& c : candidates) {
    const double weight = std::exp(c.score - most);
    sum += weight;
    for (int k = 0; k < 3; ++k) best.mm[k] += weight * c.mm[k];
  }
  best.mm = scaled(best.mm, 1 / sum);
  return best;
}

// Of an organ that the volume's end cuts the centre is unknown.
bool is_cut_off(const LabelVolume& labels, const LabelBox& box, int id, const ShapePrior& prior) {
  bool at_end = false;
  for (int k = 0; k < 3; ++k)
    at_end = at_end || box.low[k] == 0 || box.low[k] + box.size[k] == labels.grid.size[k];
  if (!at_end) return false;
  const auto voxels = std::count(labels.voxels.begin(), labels.voxels.end(), static_cast<std::uint8_t>(id));
  const auto nodes = std::count_if(prior.probability.voxels.begin(), prior.probability.voxels.end(),
                                   [&](float p) { return p >= prior.threshold; });
  return double(voxels) * labels.grid.voxel_ml() <
         least_share * double(nodes) * prior.probability.grid.voxel_ml();
}

}  // namespace

ShapePlace find_place(const CtView& ct, const LabelVolume& labels, const LabelBoxes& boxes,
                      const OrganTable& organs, const ShapePrior& prior) {
  ShapePlace place;
  FoundLandmarks marks = find_landmarks(labels, boxes, organs, prior.landmarks);
  place.refused = std::move(marks.missing);
  if (!place.refused.empty()) return place;
  const std::vector<Vec3>& found = marks.points;
  std::vector<Vec3> from;
  for (const model::Landmark& mark : prior.landmarks) from.push_back(mark.at);
  if (model::lies_where_found(prior))
    place.to_patient.shift = minus(found[0], from[0]);
  else
    place.to_patient = geometry::rigid_fit(from, found);
  for (std::size_t i = 0; i < from.size(); ++i)
    if (const double off = distance_mm(place.to_patient(from[i]), found[i]); !(off <= most_off_mm)) {
      place.refused = format("%s lies %.0f mm from where the other organs say, at most %.0f mm is usual",
                             prior.landmarks[i].organ.c_str(), off, most_off_mm);
      return place;
    }
  const Shift shift = best_shift(ct, prior, place.to_patient);
  place.likeness = shift.likeness;
  place.to_patient.shift = place.to_patient(shift.mm);
  if (!(place.likeness >= least_likeness)) {
    place.refused =
        format("the CT around its place looks different (correlation %.2f, at least %.2f is usual)",
               place.likeness, least_likeness);
    return place;
  }
  const int id = find_organ(organs, prior.organ)->id;
  if (model::lies_where_found(prior) ? is_cut_off(labels, boxes[static_cast<std::size_t>(id)], id, prior)
                                     : reaches_out(prior, place.to_patient, ct.grid))
    place.refused = "its place reaches out of the field of view";
  return place;
}

}  // namespace anatomynet::pipeline
