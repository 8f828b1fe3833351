#include "pipeline/place_between.h"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>

#include "core/vectors.h"
#include "pipeline/shape_box.h"
#include "pipeline/shape_landmarks.h"

namespace anatomynet::pipeline {
namespace {

using geometry::AffineMotion;
using model::Landmark;
using model::ShapePrior;

// Of 80 optic nerves of 20 patients the shortest way has 0.75 of the mean, the longest 1.2.
constexpr double least_stretch = 0.7, most_stretch = 1.35;
constexpr double steepest = 0.9;                       // cosine between the way and the patient's long axis
constexpr double first_part = 0.15, last_part = 0.95;  // of the way, where the network's contour counts
constexpr double farthest_off_mm = 12;
constexpr double least_ml = 0.1;           // of such a contour
constexpr double trust_in_network = 0.75;  // of 0, 1/4 ... 1 the best on five training scans

const PlacedShape* found(const std::string& organ, const std::vector<ShapePrior>& priors,
                         const std::vector<PlacedShape>& placed) {
  for (std::size_t i = 0; i < placed.size(); ++i)
    if (priors[i].organ == organ && placed[i].refused.empty()) return &placed[i];
  return nullptr;
}

// Where a shape lies across its way, at each mm along it.
class CourseOfShape {
 public:
  explicit CourseOfShape(const ShapePrior& prior)
      : start_(prior.landmarks[0].at),
        along_(unit(minus(prior.landmarks[1].at, start_))),
        length_(distance_mm(prior.landmarks[1].at, start_)),
        sums_(static_cast<std::size_t>(length_) + 1) {
    const Volume<float>& map = prior.probability;
    const Size3& size = map.grid.size;
    for (std::int64_t z = 0; z < size[2]; ++z)
      for (std::int64_t y = 0; y < size[1]; ++y)
        for (std::int64_t x = 0; x < size[0]; ++x) {
          const Vec3 at = minus(map.grid.to_world({double(x), double(y), double(z)}), start_);
          if (Sum* sum = sum_at(dot(at, along_))) add(*sum, across(at), map.at(x, y, z));
        }
  }

  /// From the shape to a point of the prior's frame, across the way; nothing where the point lies far off, or
  /// near an end.
  std::optional<Vec3> offset(const Vec3& point) {
    const Vec3 at = minus(point, start_);
    const double mm = dot(at, along_);
    const Sum* sum = sum_at(mm);
    if (!sum || !(sum->weight > 0) || !(mm >= first_part * length_ && mm <= last_part * length_))
      return std::nullopt;
    const Vec3 off = minus(across(at), scaled(sum->across, 1 / sum->weight));
    if (!(dot(off, off) <= farthest_off_mm * farthest_off_mm)) return std::nullopt;
    return off;
  }

 private:
  struct Sum {
    Vec3 across{};
    double weight = 0;
  };

  static void add(Sum& sum, const Vec3& at, double weight) {
    for (std::size_t k = 0; k < 3; ++k) sum.across[k] += weight * at[k];
    sum.weight += weight;
  }
  Vec3 across(const Vec3& at) const { return minus(at, scaled(along_, dot(at, along_))); }
  Sum* sum_at(double mm) {
    const double bin = std::floor(mm);
    return bin >= 0 && bin < double(sums_.size()) ? &sums_[static_cast<std::size_t>(bin)] : nullptr;
  }

  Vec3 start_, along_;
  double length_;
  std::vector<Sum> sums_;
};

// What the network drew says where across the way the organ runs; where it ends, it hardly knows.
Vec3 shift_across(const ShapePrior& prior, const AffineMotion& to_patient, const LabelVolume& labels,
                  const LabelBox& box, int id) {
  const AffineMotion back = geometry::inverse(to_patient);
  CourseOfShape course(prior);
  Vec3 sum{};
  double count = 0;
  for (std::int64_t z = box.low[2]; z < box.low[2] + box.size[2]; ++z)
    for (std::int64_t y = box.low[1]; y < box.low[1] + box.size[1]; ++y)
      for (std::int64_t x = box.low[0]; x < box.low[0] + box.size[0]; ++x) {
        if (labels.at(x, y, z) != id) continue;
        const auto off = course.offset(back(labels.grid.to_world({double(x), double(y), double(z)})));
        if (!off) continue;
        for (std::size_t k = 0; k < 3; ++k) sum[k] += (*off)[k];
        ++count;
      }
  if (!(count * labels.grid.voxel_ml() >= least_ml)) return {};
  return scaled(sum, trust_in_network / count);
}

}  // namespace

ShapePlace place_between(const ShapePrior& prior, const std::vector<ShapePrior>& priors,
                         const std::vector<PlacedShape>& placed, const LabelVolume& labels,
                         const LabelBoxes& boxes, int id) {
  ShapePlace place;
  geometry::UprightSegment from, to;
  for (std::size_t i = 0; i < 2; ++i) {
    const Landmark& mark = prior.landmarks[i];
    const PlacedShape* shape = found(mark.organ, priors, placed);
    if (!shape) {
      place.refused = mark.organ + " is not placed by its shape";
      return place;
    }
    const AffineMotion& motion = shape->to_patient;
    from.ends[i] = mark.at;
    to.ends[i] = motion(mark.of);
    to.up = minus(motion({0, 0, 1}), motion({0, 0, 0}));
  }
  const Vec3 way = minus(to.ends[1], to.ends[0]);
  const double usual = distance_mm(from.ends[0], from.ends[1]), mm = distance_mm(to.ends[0], to.ends[1]);
  if (!(mm >= least_stretch * usual && mm <= most_stretch * usual) ||
      !(std::abs(dot(way, to.up)) <= steepest * mm)) {
    char text[200];
    std::snprintf(text, sizeof text, "%s and %s lie %.0f mm apart, about %.0f mm and level is usual",
                  prior.landmarks[0].organ.c_str(), prior.landmarks[1].organ.c_str(), mm, usual);
    place.refused = text;
    return place;
  }
  place.to_patient = geometry::stretched_onto(from, to);
  place.to_patient.shift = place.to_patient(
      shift_across(prior, place.to_patient, labels, boxes[static_cast<std::size_t>(id)], id));
  place.likeness = 1;
  if (reaches_out(prior, place.to_patient, labels.grid))
    place.refused = "its place reaches out of the field of view";
  return place;
}

}  // namespace anatomynet::pipeline
