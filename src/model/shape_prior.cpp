#include "model/shape_prior.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"
#include "core/vectors.h"

namespace anatomynet::model {
namespace {

using nlohmann::json;

constexpr std::int64_t longest_side = 256;  // voxels
constexpr double farthest = 500;            // mm from the frame's origin
constexpr double least_area = 100;          // mm2 of the triangle of the first three landmarks
const std::string prefix = "shape_prior.";

std::string tensor_name(const std::string& organ, const char* part) { return prefix + organ + "." + part; }

const char* name_of(LandmarkPart part) { return part == LandmarkPart::top ? "top" : "centre"; }

LandmarkPart part_of(const std::string& name, const std::string& what) {
  if (name == "top") return LandmarkPart::top;
  if (name == "centre") return LandmarkPart::centre;
  throw Error(ErrorKind::model, what + ": a landmark is the part '" + clean_text(name, longest_value) +
                                    "' of an organ, expected centre or top");
}

json grid_json(const Grid& grid) { return {{"origin_mm", grid.origin}, {"spacing_mm", grid.spacing}}; }

NamedTensor tensor_of(const Volume<float>& volume, std::string name) {
  const Size3& size = volume.grid.size;
  NamedTensor tensor{std::move(name), ElementType::float32, {size[2], size[1], size[0]}, {}};
  tensor.bytes.resize(volume.voxels.size() * sizeof(float));
  std::memcpy(tensor.bytes.data(), volume.voxels.data(), tensor.bytes.size());
  return tensor;
}

Volume<float> take_volume(const json& grid, std::vector<NamedTensor>& tensors, const std::string& name,
                          const std::string& what) {
  const auto found =
      std::find_if(tensors.begin(), tensors.end(), [&](const NamedTensor& t) { return t.name == name; });
  if (found == tensors.end())
    throw Error(ErrorKind::model, what + ": tensor " + name + " of a shape prior is missing");
  if (found->type != ElementType::float32 || found->shape.size() != 3 ||
      std::any_of(found->shape.begin(), found->shape.end(),
                  [](std::int64_t n) { return n < 2 || n > longest_side; }))
    throw Error(ErrorKind::model, what + ": tensor " + name + " is no float32 volume of 2 to " +
                                      std::to_string(longest_side) + " voxels a side");
  Volume<float> volume;
  volume.grid.size = {found->shape[2], found->shape[1], found->shape[0]};
  volume.grid.origin = grid.at("origin_mm").get<Vec3>();
  volume.grid.spacing = grid.at("spacing_mm").get<Vec3>();
  volume.voxels.resize(static_cast<std::size_t>(found->count()));
  std::memcpy(volume.voxels.data(), found->bytes.data(), found->bytes.size());
  tensors.erase(found);
  return volume;
}

Landmark landmark_of(const json& j, const std::string& what) {
  const auto ml = j.at("ml").get<std::array<double, 2>>();
  return {j.at("organ").get<std::string>(), part_of(j.at("part").get<std::string>(), what), ml[0], ml[1],
          j.at("at_mm").get<Vec3>()};
}

// Checks one prior; its messages start with the file and the organ.
class Checker {
 public:
  Checker(const ShapePrior& prior, const std::string& what)
      : prior_(prior),
        what_(what + ": the shape prior of '" + clean_text(prior.organ, longest_value) + "'") {}

  void check(const OrganTable& organs) const {
    const Organ* organ = find_organ(organs, prior_.organ);
    if (!organ || organ->name != prior_.organ) fail("is of an organ that the weights do not have");
    check_landmarks(organs);
    check_grid(prior_.probability.grid, "probabilities");
    check_grid(prior_.surroundings.grid, "surroundings");
    if (!(prior_.threshold > 0 && prior_.threshold < 1)) fail("has a threshold that is not between 0 and 1");
    check_values(prior_.probability, 0, 1, "probability");
    if (*std::max_element(prior_.probability.voxels.begin(), prior_.probability.voxels.end()) <
        prior_.threshold)
      fail("is nowhere as probable as its threshold");
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

bool lies_where_found(const ShapePrior& prior) {
  return prior.landmarks.size() == 1 && prior.landmarks[0].organ == prior.organ &&
         prior.landmarks[0].part == LandmarkPart::centre;
}

bool is_placed_by_shape(const std::vector<ShapePrior>& priors, const std::string& organ) {
  return std::any_of(priors.begin(), priors.end(),
                     [&](const ShapePrior& p) { return p.organ == organ && !lies_where_found(p); });
}

json shape_priors_to_json(const std::vector<ShapePrior>& priors) {
  json list = json::array();
  for (const ShapePrior& prior : priors) {
    json landmarks = json::array();
    for (const Landmark& mark : prior.landmarks)
      landmarks.push_back({{"organ", mark.organ},
                           {"part", name_of(mark.part)},
                           {"ml", {mark.low_ml, mark.high_ml}},
                           {"at_mm", mark.at}});
    list.push_back({{"organ", prior.organ},
                    {"landmarks", landmarks},
                    {"probability", grid_json(prior.probability.grid)},
                    {"threshold", prior.threshold},
                    {"surroundings", grid_json(prior.surroundings.grid)},
                    {"hu", {prior.hu_low, prior.hu_high}},
                    {"source", prior.source},
                    {"attribution", prior.attribution}});
  }
  return list;
}

void add_shape_tensors(const std::vector<ShapePrior>& priors, std::vector<NamedTensor>& tensors) {
  for (const ShapePrior& prior : priors) {
    tensors.push_back(tensor_of(prior.probability, tensor_name(prior.organ, "probability")));
    tensors.push_back(tensor_of(prior.surroundings, tensor_name(prior.organ, "surroundings")));
  }
}

std::vector<ShapePrior> take_shape_priors(const json& list, std::vector<NamedTensor>& tensors,
                                          const std::string& what) {
  std::vector<ShapePrior> priors;
  for (const json& j : list) {
    ShapePrior prior;
    prior.organ = j.at("organ").get<std::string>();
    for (const json& mark : j.at("landmarks")) prior.landmarks.push_back(landmark_of(mark, what));
    prior.threshold = j.at("threshold").get<double>();
    const auto hu = j.at("hu").get<std::array<double, 2>>();
    prior.hu_low = hu[0];
    prior.hu_high = hu[1];
    prior.source = j.at("source").get<std::string>();
    prior.attribution = j.at("attribution").get<std::string>();
    prior.probability =
        take_volume(j.at("probability"), tensors, tensor_name(prior.organ, "probability"), what);
    prior.surroundings =
        take_volume(j.at("surroundings"), tensors, tensor_name(prior.organ, "surroundings"), what);
    priors.push_back(std::move(prior));
  }
  for (const NamedTensor& t : tensors)
    if (t.name.starts_with(prefix))
      throw Error(ErrorKind::model,
                  what + ": tensor " + clean_text(t.name, longest_value) + " is of no shape prior");
  return priors;
}

void check_shape_priors(const std::vector<ShapePrior>& priors, const OrganTable& organs,
                        const std::string& what) {
  for (const ShapePrior& prior : priors) {
    Checker(prior, what).check(organs);
    if (std::count_if(priors.begin(), priors.end(),
                      [&](const ShapePrior& other) { return other.organ == prior.organ; }) > 1)
      throw Error(ErrorKind::model,
                  what + ": two shape priors of '" + clean_text(prior.organ, longest_value) + "'");
  }
}

}  // namespace anatomynet::model
