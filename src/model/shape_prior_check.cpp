#include <algorithm>
#include <cmath>
#include <span>

#include "core/error.h"
#include "core/text.h"
#include "core/vectors.h"
#include "model/shape_prior.h"

namespace anatomynet::model {
namespace {

constexpr double farthest = 500;    // mm from the frame's origin
constexpr double least_area = 100;  // mm2 of the triangle of the first three landmarks
constexpr double least_way = 10;    // mm from one end to the other of what lies between two organs
constexpr double steepest = 0.9;    // cosine between that way and the patient's long axis

// Checks one prior; its messages start with the file and the organ.
class Checker {
 public:
  Checker(const ShapePrior& prior, const std::string& what)
      : prior_(prior),
        what_(what + ": the shape prior of '" + clean_text(prior.organ, longest_value) + "'") {}

  /// `before`: the priors that stand before it in the file.
  void check(const OrganTable& organs, std::span<const ShapePrior> before) const {
    const Organ* organ = find_organ(organs, prior_.organ);
    if (!organ || organ->name != prior_.organ) fail("is of an organ that the weights do not have");
    const bool between = placing_of(prior_) == ShapePlacing::between;
    if (between)
      check_ends(before);
    else
      check_landmarks(organs);
    check_grid(prior_.probability.grid, "probabilities");
    if (!(prior_.threshold > 0 && prior_.threshold < 1)) fail("has a threshold that is not between 0 and 1");
    check_values(prior_.probability, 0, 1, "probability");
    if (*std::max_element(prior_.probability.voxels.begin(), prior_.probability.voxels.end()) <
        prior_.threshold)
      fail("is nowhere as probable as its threshold");
    if (between != prior_.surroundings.voxels.empty())
      fail(between ? "lies between two others and has surroundings, expected none" : "has no surroundings");
    if (between) return;
    check_grid(prior_.surroundings.grid, "surroundings");
    if (!(std::isfinite(prior_.hu_low) && prior_.hu_low < prior_.hu_high && std::isfinite(prior_.hu_high)))
      fail("has an empty HU window");
    check_values(prior_.surroundings, prior_.hu_low, prior_.hu_high, "HU around it");
  }

 private:
  [[noreturn]] void fail(const std::string& why) const { throw Error(ErrorKind::model, what_ + " " + why); }

  void check_landmarks(const OrganTable& organs) const {
    const auto& marks = prior_.landmarks;
    if (lies_where_found(prior_)) {
      check_landmark(marks[0]);
      return;
    }
    if (marks.size() < 3)
      fail("has " + std::to_string(marks.size()) +
           " landmarks, expected 3 or more of other organs, or its own centre");
    for (const Landmark& mark : marks) {
      if (!find_organ(organs, mark.organ) || mark.organ == prior_.organ)
        fail("has a landmark of '" + clean_text(mark.organ, longest_value) +
             "', expected another organ of the weights");
      check_landmark(mark);
    }
    const Vec3 area = cross(minus(marks[1].at, marks[0].at), minus(marks[2].at, marks[0].at));
    if (!(std::sqrt(dot(area, area)) / 2 > least_area)) fail("has its first three landmarks on a line");
  }

  void check_ends(std::span<const ShapePrior> before) const {
    const auto& marks = prior_.landmarks;
    if (marks.size() != 2)
      fail("has " + std::to_string(marks.size()) + " landmarks, expected 2 where one is placed by its shape");
    for (const Landmark& mark : marks) {
      if (mark.part != LandmarkPart::placed || std::none_of(before.begin(), before.end(), [&](const auto& p) {
            return p.organ == mark.organ && placing_of(p) != ShapePlacing::between;
          }))
        fail("has a landmark of '" + clean_text(mark.organ, longest_value) +
             "' that no prior before it places by itself");
      check_place(mark.at, "landmark");
      check_place(mark.of, "landmark");
    }
    const Vec3 way = minus(marks[1].at, marks[0].at);
    const double mm = std::sqrt(dot(way, way));
    if (!(mm >= least_way) || !(std::abs(way[2]) <= steepest * mm))
      fail("runs less than " + std::to_string(int(least_way)) + " mm or straight up or down");
  }

  void check_landmark(const Landmark& mark) const {
    if (!(mark.low_ml >= 0 && mark.low_ml < mark.high_ml && std::isfinite(mark.high_ml)))
      fail("has a landmark of no volume");
    check_place(mark.at, "landmark");
  }

  void check_place(const Vec3& at, const char* of) const {
    for (const double mm : at)
      if (!(std::abs(mm) < farthest)) fail("has a " + std::string(of) + " that is not within 500 mm");
  }

  void check_grid(const Grid& grid, const char* of) const {
    check_place(grid.origin, of);
    for (const double mm : grid.spacing)
      if (!(mm >= 0.2 && mm <= 10)) fail("has " + std::string(of) + " not 0.2 to 10 mm apart");
  }

  void check_values(const Volume<float>& volume, double low, double high, const char* of) const {
    for (const float value : volume.voxels)
      if (!(value >= low - 1e-4 && value <= high + 1e-4))
        fail("has a " + std::string(of) + " out of its range");
  }

  const ShapePrior& prior_;
  std::string what_;
};

}  // namespace

void check_shape_priors(const std::vector<ShapePrior>& priors, const OrganTable& organs,
                        const std::string& what) {
  for (std::size_t i = 0; i < priors.size(); ++i) {
    const ShapePrior& prior = priors[i];
    Checker(prior, what).check(organs, {priors.data(), i});
    if (std::count_if(priors.begin(), priors.end(),
                      [&](const ShapePrior& other) { return other.organ == prior.organ; }) > 1)
      throw Error(ErrorKind::model,
                  what + ": two shape priors of '" + clean_text(prior.organ, longest_value) + "'");
  }
}

}  // namespace anatomynet::model
