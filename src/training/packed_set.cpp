#include "training/packed_set.h"

#include <algorithm>
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

[[noreturn]] void fail(const std::string& why) { throw Error(ErrorKind::input, why); }

// The tensor of a case, of the type and shape that training takes for granted.
const NamedTensor& checked(const TensorFile& file, const std::string& id, const char* part, ElementType type,
                           const std::vector<std::int64_t>& shape) {
  const NamedTensor* t = file.find(id + "/" + part);
  if (!t) fail("case " + id + " has no " + part);
  if (t->type != type || t->shape != shape)
    fail("case " + id + ": " + part + " is of another type or size than its grid");
  return *t;
}

const NamedTensor& checked_labels(const TensorFile& file, const std::string& id, const char* part,
                                  const Grid& grid, std::size_t classes) {
  const NamedTensor& t =
      checked(file, id, part, ElementType::uint8, {grid.size[2], grid.size[1], grid.size[0]});
  const auto known = [&](std::byte v) { return std::to_integer<std::size_t>(v) < classes; };
  if (!std::all_of(t.bytes.begin(), t.bytes.end(), known))
    fail("case " + id + ": " + part + " holds classes beyond " + std::to_string(classes - 1));
  return t;
}

TrainingCase take_case(const json& j, const TensorFile& file, std::size_t classes) {
  TrainingCase c;
  c.id = j.at("id").get<std::string>();
  c.grid = grid_from(j.at("grid"));
  c.grid.check("case " + c.id);
  const Size3& s = c.grid.size;
  c.image = to_torch(checked(file, c.id, "image", ElementType::int16, {s[2], s[1], s[0]}));
  c.labels = to_torch(checked_labels(file, c.id, "labels", c.grid, classes));
  c.annotated =
      to_torch(checked(file, c.id, "annotated", ElementType::float32, {static_cast<std::int64_t>(classes)}));
  const Grid truth_grid = grid_from(j.at("truth_grid"));
  truth_grid.check("case " + c.id + ", truth");
  const NamedTensor& truth = checked_labels(file, c.id, "truth", truth_grid, classes);
  c.truth = LabelVolume(truth_grid);
  std::memcpy(c.truth.voxels.data(), truth.bytes.data(), truth.bytes.size());
  return c;
}

TrainingSet set_from(const TensorFile& file) {
  const auto entry = file.metadata.find("anatomynet_set");
  if (entry == file.metadata.end()) fail("no packed data set (no 'anatomynet_set' metadata)");
  const json j = json::parse(entry->second);
  TrainingSet set;
  set.organs = organs_from_json(j.at("organs"));
  check_organs(set.organs, "its organs");
  set.input = {j.at("hu_low").get<double>(), j.at("hu_high").get<double>(), j.at("spacing_mm").get<Vec3>()};
  if (!(set.input.hu_low < set.input.hu_high)) fail("its HU window is empty");
  for (const double mm : set.input.spacing)
    if (!(mm > 0)) fail("its voxel spacing is not positive");
  set.description = j.at("description").get<std::string>();
  set.attribution = j.at("attribution").get<std::string>();
  for (const json& c : j.at("training")) set.training.push_back(take_case(c, file, set.organs.size() + 1));
  for (const json& c : j.at("validation"))
    set.validation.push_back(take_case(c, file, set.organs.size() + 1));
  return set;
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
  TensorFile file;
  try {
    file = read_tensor_file(path);
  } catch (const Error& e) {
    throw Error(ErrorKind::input, e.what());  // names the path
  }
  try {
    return set_from(file);
  } catch (const json::exception& e) {
    throw Error(ErrorKind::input, path.string() + ": its description is damaged: " + e.what());
  } catch (const Error& e) {
    throw Error(ErrorKind::input, path.string() + ": " + e.what());
  }
}

}  // namespace anatomynet
