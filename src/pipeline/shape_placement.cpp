#include "pipeline/shape_placement.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/label_boxes.h"
#include "core/vectors.h"
#include "quality/pieces.h"
#include "quality/region.h"

namespace anatomynet::pipeline {
namespace {

using geometry::RigidMotion;
using model::Landmark;
using model::LandmarkPart;
using model::ShapePrior;

constexpr double top_mm = 10;
constexpr double search_mm = 40;         // from where the first landmark says to another's piece
constexpr double most_off_mm = 15;       // of a landmark after the fit
constexpr double largest_shift_mm = 12;  // along each axis
constexpr double usual_shift_mm = 3;     // standard deviation
constexpr double sharpness = 40;         // a likeness lower by 1/40 weighs 1/e
constexpr double least_likeness = 0.4;   // right places have 0.57 to 0.8
constexpr double sample_mm = 1.2;        // of the probabilities, within a voxel of the CT

template <class... Args>
std::string format(const char* pattern, Args... args) {
  char text[200];
  std::snprintf(text, sizeof text, pattern, args...);
  return text;
}

double distance(const Vec3& a, const Vec3& b) {
  const Vec3 d = minus(a, b);
  return std::sqrt(dot(d, d));
}

// The pieces of one organ, as points in the patient.
std::vector<std::vector<Vec3>> pieces_in_space(const LabelVolume& labels, int id) {
  const LabelBox box = label_box(labels, id);
  if (box.empty()) return {};
  LabelVolume mask = quality::crop(labels, box);
  for (std::uint8_t& voxel : mask.voxels) voxel = voxel == id;
  const quality::Pieces pieces = quality::pieces_of(mask, quality::Neighbours::twenty_six);
  std::vector<std::vector<Vec3>> points(pieces.voxels.size());
  const Size3& size = mask.grid.size;
  std::size_t i = 0;
  for (std::int64_t z = 0; z < size[2]; ++z)
    for (std::int64_t y = 0; y < size[1]; ++y)
      for (std::int64_t x = 0; x < size[0]; ++x, ++i)
        if (pieces.of_voxel[i] >= 0)
          points[static_cast<std::size_t>(pieces.of_voxel[i])].push_back(
              mask.grid.to_world({double(x), double(y), double(z)}));
  return points;
}

Vec3 point_of(const std::vector<Vec3>& piece, LandmarkPart part) {
  double lowest = -1e9;
  if (part == LandmarkPart::top) {
    for (const Vec3& p : piece) lowest = std::max(lowest, p[2]);
    lowest -= top_mm;
  }
  Vec3 sum{};
  double count = 0;
  for (const Vec3& p : piece) {
    if (p[2] < lowest) continue;
    for (int k = 0; k < 3; ++k) sum[k] += p[k];
    ++count;
  }
  return scaled(sum, 1 / count);
}

bool fits(const std::vector<Vec3>& piece, const Landmark& mark, double voxel_ml) {
  const double ml = double(piece.size()) * voxel_ml;
  return ml >= mark.low_ml && ml <= mark.high_ml;
}

// Where the landmarks are; the reason where one is not found.
class LandmarkFinder {
 public:
  LandmarkFinder(const LabelVolume& labels, const OrganTable& organs) : labels_(labels), organs_(organs) {}

  std::string find(const std::vector<Landmark>& marks, std::vector<Vec3>& found) const {
    for (const Landmark& mark : marks) {
      const auto pieces = pieces_in_space(labels_, find_organ(organs_, mark.organ)->id);
      std::optional<Vec3> best;
      if (found.empty()) {
        if (!pieces.empty() && fits(pieces[0], mark, labels_.grid.voxel_ml()))
          best = point_of(pieces[0], mark.part);
      } else {
        best = nearest(pieces, mark, minus(minus(mark.at, marks[0].at), scaled(found[0], -1)));
      }
      if (!best) return mark.organ + " is not found near its place, or its volume is odd";
      found.push_back(*best);
    }
    return {};
  }

 private:
  std::optional<Vec3> nearest(const std::vector<std::vector<Vec3>>& pieces, const Landmark& mark,
                              const Vec3& expected) const {
    std::optional<Vec3> best;
    double least = search_mm;
    for (const auto& piece : pieces) {
      if (!fits(piece, mark, labels_.grid.voxel_ml())) continue;
      const Vec3 point = point_of(piece, mark.part);
      if (const double off = distance(point, expected); off < least) {
        least = off;
        best = point;
      }
    }
    return best;
  }

  const LabelVolume& labels_;
  const OrganTable& organs_;
};

// Linear between voxel centres; beyond the ends the outermost value, or 0 where `outside_is_zero`.
template <class V>
double interpolated(const V& volume, const Vec3& index, bool outside_is_zero) {
  std::array<std::int64_t, 3> low{}, high{};
  Vec3 share{};
  for (int k = 0; k < 3; ++k) {
    const double last = double(volume.grid.size[k] - 1);
    if (outside_is_zero && !(index[k] >= 0 && index[k] <= last)) return 0;
    const double at = std::clamp(index[k], 0.0, last);
    low[k] = static_cast<std::int64_t>(at);
    high[k] = std::min(low[k] + 1, volume.grid.size[k] - 1);
    share[k] = at - double(low[k]);
  }
  double sum = 0;
  for (int corner = 0; corner < 8; ++corner) {
    double weight = 1;
    std::array<std::int64_t, 3> v{};
    for (int k = 0; k < 3; ++k) {
      const bool upper = (corner >> k & 1) != 0;
      weight *= upper ? share[k] : 1 - share[k];
      v[k] = upper ? high[k] : low[k];
    }
    if (weight > 0) sum += weight * double(volume.at(v[0], v[1], v[2]));
  }
  return sum;
}

struct Shift {
  Vec3 mm{};  // in the prior's frame
  double likeness = -1;
};

// The CT around the prior's organ, on the lattice of its surroundings and `margin` nodes further.
std::vector<float> lattice_of(const CtView& ct, const ShapePrior& prior, const RigidMotion& to_patient,
                              const Size3& margin, Size3& size) {
  const Grid& grid = prior.surroundings.grid;
  for (int k = 0; k < 3; ++k) size[k] = grid.size[k] + 2 * margin[k];
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(size[0] * size[1] * size[2]));
  for (std::int64_t z = 0; z < size[2]; ++z)
    for (std::int64_t y = 0; y < size[1]; ++y)
      for (std::int64_t x = 0; x < size[0]; ++x) {
        const Vec3 at = grid.to_world({double(x - margin[0]), double(y - margin[1]), double(z - margin[2])});
        const double hu = interpolated(ct, ct.grid.to_index(to_patient(at)), false);
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

Shift best_shift(const CtView& ct, const ShapePrior& prior, const RigidMotion& to_patient) {
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

// In the CT's indices, of the prior's voxels that are as probable as the threshold.
struct IndexBox {
  Vec3 low{1e9, 1e9, 1e9}, high{-1e9, -1e9, -1e9};
};
IndexBox box_of(const ShapePrior& prior, const RigidMotion& to_patient, const Grid& ct) {
  IndexBox box;
  const Size3& size = prior.probability.grid.size;
  for (std::int64_t z = 0; z < size[2]; ++z)
    for (std::int64_t y = 0; y < size[1]; ++y)
      for (std::int64_t x = 0; x < size[0]; ++x) {
        if (prior.probability.at(x, y, z) < prior.threshold) continue;
        const Vec3 index =
            ct.to_index(to_patient(prior.probability.grid.to_world({double(x), double(y), double(z)})));
        for (int k = 0; k < 3; ++k) {
          box.low[k] = std::min(box.low[k], index[k]);
          box.high[k] = std::max(box.high[k], index[k]);
        }
      }
  return box;
}

RigidMotion inverse(const RigidMotion& motion) {
  RigidMotion back;
  for (int j = 0; j < 3; ++j)
    for (int k = 0; k < 3; ++k) back.rotation[j][k] = motion.rotation[k][j];
  back.shift = scaled(back(motion.shift), -1);
  return back;
}

// Mean probability over one voxel of the CT.
class VoxelMean {
 public:
  VoxelMean(const ShapePrior& prior, const RigidMotion& to_patient, const Grid& ct)
      : prior_(prior), back_(inverse(to_patient)), ct_(ct) {
    for (int k = 0; k < 3; ++k)
      samples_[k] = std::max<std::int64_t>(1, std::llround(std::ceil(ct.spacing[k] / sample_mm - 0.2)));
  }

  double operator()(std::int64_t x, std::int64_t y, std::int64_t z) const {
    double sum = 0;
    for (std::int64_t c = 0; c < samples_[2]; ++c)
      for (std::int64_t b = 0; b < samples_[1]; ++b)
        for (std::int64_t a = 0; a < samples_[0]; ++a)
          sum += at({double(x) + within(a, 0), double(y) + within(b, 1), double(z) + within(c, 2)});
    return sum / double(samples_[0] * samples_[1] * samples_[2]);
  }

 private:
  double within(std::int64_t sample, int k) const {
    return (double(sample) + 0.5) / double(samples_[k]) - 0.5;
  }
  double at(const Vec3& index) const {
    const Vec3 in_prior = prior_.probability.grid.to_index(back_(ct_.to_world(index)));
    return interpolated(prior_.probability, in_prior, true);
  }

  const ShapePrior& prior_;
  RigidMotion back_;
  const Grid& ct_;
  Size3 samples_{};
};

}  // namespace

ShapePlace find_place(const CtView& ct, const LabelVolume& labels, const OrganTable& organs,
                      const ShapePrior& prior) {
  ShapePlace place;
  std::vector<Vec3> from, found;
  for (const Landmark& mark : prior.landmarks) from.push_back(mark.at);
  place.refused = LandmarkFinder(labels, organs).find(prior.landmarks, found);
  if (!place.refused.empty()) return place;
  place.to_patient = geometry::rigid_fit(from, found);
  for (std::size_t i = 0; i < from.size(); ++i)
    if (const double off = distance(place.to_patient(from[i]), found[i]); !(off <= most_off_mm)) {
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
  const IndexBox box = box_of(prior, place.to_patient, ct.grid);
  for (int k = 0; k < 3; ++k)
    if (!(box.low[k] >= -0.5 && box.high[k] <= double(ct.grid.size[k]) - 0.5))
      place.refused = "its place reaches out of the field of view";
  return place;
}

std::int64_t draw_shape(const ShapePrior& prior, const RigidMotion& to_patient, int id, LabelVolume& labels) {
  const IndexBox box = box_of(prior, to_patient, labels.grid);
  const VoxelMean mean(prior, to_patient, labels.grid);
  Size3 first{}, last{};
  for (int k = 0; k < 3; ++k) {
    const auto end = double(labels.grid.size[k]);
    first[k] = static_cast<std::int64_t>(std::clamp(std::floor(box.low[k]) - 1, 0.0, end));
    last[k] = static_cast<std::int64_t>(std::clamp(std::ceil(box.high[k]) + 2, 0.0, end));
  }
  std::int64_t drawn = 0;
  for (std::int64_t z = first[2]; z < last[2]; ++z)
    for (std::int64_t y = first[1]; y < last[1]; ++y)
      for (std::int64_t x = first[0]; x < last[0]; ++x) {
        std::uint8_t& label = labels.at(x, y, z);
        if (label != 0 || mean(x, y, z) < prior.threshold) continue;
        label = static_cast<std::uint8_t>(id);
        ++drawn;
      }
  return drawn;
}

std::vector<PlacedShape> find_shapes(const CtView& ct, const OrganTable& organs,
                                     const std::vector<ShapePrior>& priors, LabelVolume& labels) {
  std::vector<PlacedShape> placed;
  for (const ShapePrior& prior : priors) {
    const int id = find_organ(organs, prior.organ)->id;
    std::replace(labels.voxels.begin(), labels.voxels.end(), static_cast<std::uint8_t>(id), std::uint8_t{0});
    ShapePlace place = find_place(ct, labels, organs, prior);
    placed.push_back({id, std::move(place.refused), place.to_patient});
  }
  return placed;
}

void draw_shapes(const std::vector<ShapePrior>& priors, const UnevenSlices* uneven,
                 std::vector<PlacedShape>& placed, LabelVolume& labels) {
  bool any = false;
  for (std::size_t i = 0; i < placed.size(); ++i) {
    if (!placed[i].refused.empty()) continue;
    if (draw_shape(priors[i], placed[i].to_patient, placed[i].id, labels) == 0)
      placed[i].refused = "other organs lie where it should be";
    any = true;
  }
  if (uneven && any) labels = uneven->to_even(uneven->to_slices(labels));
}

quality::Flag flag_of(const PlacedShape& shape) {
  if (shape.refused.empty())
    return {"by-shape", "placed by shape from the neighbours, not seen in the CT; check first"};
  return {"not-placed", "not drawn: " + shape.refused};
}

}  // namespace anatomynet::pipeline
