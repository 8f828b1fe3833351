#include "training/packed_set.h"

#include <cstring>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "model/organ_json.h"
#include "model/tensor_file.h"
#include "network/weights.h"

namespace anatomynet {
namespace {

using nlohmann::json;

json to_json(const Grid& g) {
  return {{"size", g.size}, {"spacing", g.spacing}, {"origin", g.origin}, {"direction", g.direction}};
}

Grid grid_from(const json& j) {
  return {j.at("size").get<Size3>(), j.at("spacing").get<Vec3>(), j.at("origin").get<Vec3>(),
          j.at("direction").get<Mat3>()};
}

json add_case(const TrainingCase& c, TensorFile& file) {
  file.tensors.push_back(to_named(c.id + "/image", c.image));
  file.tensors.push_back(to_named(c.id + "/labels", c.labels));
  file.tensors.push_back(to_named(c.id + "/annotated", c.annotated));
  const Size3& s = c.truth.grid.size;
  NamedTensor truth{c.id + "/truth", ElementType::uint8, {s[2], s[1], s[0]}, {}};
  truth.bytes.resize(c.truth.voxels.size());
  std::memcpy(truth.bytes.data(), c.truth.voxels.data(), c.truth.voxels.size());
  file.tensors.push_back(std::move(truth));
  return {{"id", c.id}, {"grid", to_json(c.grid)}, {"truth_grid", to_json(c.truth.grid)}};
}

TrainingCase take_case(const json& j, const TensorFile& file) {
  TrainingCase c;
  c.id = j.at("id").get<std::string>();
  c.grid = grid_from(j.at("grid"));
  const auto tensor = [&](const char* part) -> const NamedTensor& {
    const NamedTensor* t = file.find(c.id + "/" + part);
    if (!t) throw Error(ErrorKind::input, "case " + c.id + " has no " + part);
    return *t;
  };
  c.image = to_torch(tensor("image"));
  c.labels = to_torch(tensor("labels"));
  c.annotated = to_torch(tensor("annotated"));
  c.truth = LabelVolume(grid_from(j.at("truth_grid")));
  const NamedTensor& truth = tensor("truth");
  if (truth.bytes.size() != c.truth.voxels.size())
    throw Error(ErrorKind::input, "case " + c.id + ": truth and its grid differ in size");
  std::memcpy(c.truth.voxels.data(), truth.bytes.data(), truth.bytes.size());
  return c;
}

}  // namespace

void write_packed_set(const std::filesystem::path& path, const TrainingSet& set) {
  TensorFile file;
  json training = json::array(), validation = json::array();
  for (const auto& c : set.training) training.push_back(add_case(c, file));
  for (const auto& c : set.validation) validation.push_back(add_case(c, file));
  file.metadata["anatomynet_set"] = json{
      {"organs", organs_to_json(set.organs)},
      {"hu_low", set.input.hu_low},
      {"hu_high", set.input.hu_high},
      {"spacing_mm", set.input.spacing},
      {"description", set.description},
      {"attribution", set.attribution},
      {"training", training},
      {"validation", validation}}.dump();
  write_tensor_file(path, file);
}

TrainingSet read_packed_set(const std::filesystem::path& path) {
  TrainingSet set;
  try {
    const TensorFile file = read_tensor_file(path);
    const auto entry = file.metadata.find("anatomynet_set");
    if (entry == file.metadata.end())
      throw Error(ErrorKind::input, "no packed data set (no 'anatomynet_set' metadata)");
    const json j = json::parse(entry->second);
    set.organs = organs_from_json(j.at("organs"));
    set.input = {j.at("hu_low").get<double>(), j.at("hu_high").get<double>(), j.at("spacing_mm").get<Vec3>()};
    set.description = j.at("description").get<std::string>();
    set.attribution = j.at("attribution").get<std::string>();
    for (const json& c : j.at("training")) set.training.push_back(take_case(c, file));
    for (const json& c : j.at("validation")) set.validation.push_back(take_case(c, file));
  } catch (const json::exception& e) {
    throw Error(ErrorKind::input, path.string() + ": its description is damaged: " + e.what());
  } catch (const Error& e) {
    throw Error(ErrorKind::input, path.string() + ": " + e.what());
  }
  return set;
}

}  // namespace anatomynet
