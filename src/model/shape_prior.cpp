#include "model/shape_prior.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"

namespace anatomynet::model {
namespace {

using nlohmann::json;

constexpr std::int64_t longest_side = 256;  // voxels
const std::string prefix = "shape_prior.";

std::string tensor_name(const std::string& organ, const char* part) { return prefix + organ + "." + part; }

const char* name_of(LandmarkPart part) {
  if (part == LandmarkPart::placed) return "placed";
  return part == LandmarkPart::top ? "top" : "centre";
}

LandmarkPart part_of(const std::string& name, const std::string& what) {
  if (name == "top") return LandmarkPart::top;
  if (name == "centre") return LandmarkPart::centre;
  if (name == "placed") return LandmarkPart::placed;
  throw Error(ErrorKind::model, what + ": a landmark is the part '" + clean_text(name, longest_value) +
                                    "' of an organ, expected centre, top or placed");
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
  Landmark mark;
  mark.organ = j.at("organ").get<std::string>();
  mark.part = part_of(j.at("part").get<std::string>(), what);
  mark.at = j.at("at_mm").get<Vec3>();
  if (mark.part == LandmarkPart::placed) {
    mark.of = j.at("of_mm").get<Vec3>();
    return mark;
  }
  const auto ml = j.at("ml").get<std::array<double, 2>>();
  mark.low_ml = ml[0];
  mark.high_ml = ml[1];
  return mark;
}

json json_of(const Landmark& mark) {
  json j{{"organ", mark.organ}, {"part", name_of(mark.part)}, {"at_mm", mark.at}};
  if (mark.part == LandmarkPart::placed)
    j["of_mm"] = mark.of;
  else
    j["ml"] = {mark.low_ml, mark.high_ml};
  return j;
}

}  // namespace

ShapePlacing placing_of(const ShapePrior& prior) {
  const auto& marks = prior.landmarks;
  if (marks.size() == 1 && marks[0].organ == prior.organ && marks[0].part == LandmarkPart::centre)
    return ShapePlacing::where_found;
  if (std::any_of(marks.begin(), marks.end(),
                  [](const Landmark& m) { return m.part == LandmarkPart::placed; }))
    return ShapePlacing::between;
  return ShapePlacing::by_neighbours;
}

bool lies_where_found(const ShapePrior& prior) { return placing_of(prior) == ShapePlacing::where_found; }

bool is_placed_by_shape(const std::vector<ShapePrior>& priors, const std::string& organ) {
  return std::any_of(priors.begin(), priors.end(),
                     [&](const ShapePrior& p) { return p.organ == organ && !lies_where_found(p); });
}

json shape_priors_to_json(const std::vector<ShapePrior>& priors) {
  json list = json::array();
  for (const ShapePrior& prior : priors) {
    json landmarks = json::array();
    for (const Landmark& mark : prior.landmarks) landmarks.push_back(json_of(mark));
    list.push_back({{"organ", prior.organ},
                    {"landmarks", landmarks},
                    {"probability", grid_json(prior.probability.grid)},
                    {"threshold", prior.threshold},
                    {"source", prior.source},
                    {"attribution", prior.attribution}});
    if (prior.surroundings.voxels.empty()) continue;
    list.back()["surroundings"] = grid_json(prior.surroundings.grid);
    list.back()["hu"] = {prior.hu_low, prior.hu_high};
  }
  return list;
}

void add_shape_tensors(const std::vector<ShapePrior>& priors, std::vector<NamedTensor>& tensors) {
  for (const ShapePrior& prior : priors) {
    tensors.push_back(tensor_of(prior.probability, tensor_name(prior.organ, "probability")));
    if (!prior.surroundings.voxels.empty())
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
    prior.source = j.at("source").get<std::string>();
    prior.attribution = j.at("attribution").get<std::string>();
    prior.probability =
        take_volume(j.at("probability"), tensors, tensor_name(prior.organ, "probability"), what);
    if (placing_of(prior) != ShapePlacing::between) {
      const auto hu = j.at("hu").get<std::array<double, 2>>();
      prior.hu_low = hu[0];
      prior.hu_high = hu[1];
      prior.surroundings =
          take_volume(j.at("surroundings"), tensors, tensor_name(prior.organ, "surroundings"), what);
    }
    priors.push_back(std::move(prior));
  }
  for (const NamedTensor& t : tensors)
    if (t.name.starts_with(prefix))
      throw Error(ErrorKind::model,
                  what + ": tensor " + clean_text(t.name, longest_value) + " is of no shape prior");
  return priors;
}

}  // namespace anatomynet::model
