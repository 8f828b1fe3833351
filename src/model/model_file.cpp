#include "model/model_file.h"

#include <cmath>
#include <cstdio>
#include <cstring>

#include "core/checksum.h"
#include "core/error.h"
#include "core/json.h"
#include "core/json_text.h"
#include "core/sha256.h"
#include "core/text.h"
#include "model/organ_json.h"

namespace anatomynet::model {
namespace {

using nlohmann::json;
constexpr int format_version = 1;

json to_json(const ModelInfo& info) {
  json j = {{"format_version", format_version},
            {"name", info.name},
            {"architecture", info.architecture},
            {"organs", organs_to_json(info.organs)},
            {"hu_low", info.hu_low},
            {"hu_high", info.hu_high},
            {"phantom_only", info.phantom_only},
            {"training_data", info.training_data},
            {"attribution", info.attribution},
            {"metrics", parse_json(info.metrics.empty() ? "{}" : info.metrics, "metrics", ErrorKind::model)},
            {"code_version", info.code_version}};
  if (!info.lineage.empty()) j["lineage"] = parse_json(info.lineage, "lineage", ErrorKind::model);
  if (!info.engines.empty()) j["engines"] = parse_json(info.engines, "notes for engines", ErrorKind::model);
  if (!info.evidence.empty()) j["evidence"] = evidence_to_json(info.evidence);
  if (!info.shape_priors.empty()) j["shape_priors"] = shape_priors_to_json(info.shape_priors);
  if (!info.hu_curves.empty()) j["hu_curves"] = hu_curves_to_json(info.hu_curves);
  if (!info.organ_ends.empty()) j["organ_ends"] = organ_ends_to_json(info.organ_ends);
  if (!info.refinements.empty()) j["refinements"] = refinements_to_json(info.refinements);
  j["spacing_mm"] = info.spacing ? json(*info.spacing) : json(nullptr);
  return j;
}

ModelInfo info_from(const json& j) {
  ModelInfo info;
  info.name = j.at("name").get<std::string>();
  info.architecture = j.at("architecture").get<std::string>();
  info.organs = organs_from_json(j.at("organs"));
  info.hu_low = j.at("hu_low").get<double>();
  info.hu_high = j.at("hu_high").get<double>();
  if (!j.at("spacing_mm").is_null()) info.spacing = j.at("spacing_mm").get<Vec3>();
  info.phantom_only = j.at("phantom_only").get<bool>();
  info.training_data = j.at("training_data").get<std::string>();
  info.attribution = j.at("attribution").get<std::string>();
  info.metrics = json_text(j.value("metrics", json::object()));
  info.code_version = j.value("code_version", "");
  info.evidence = evidence_from_json(j.value("evidence", json::array()));
  info.hu_curves = hu_curves_from_json(j.value("hu_curves", json::array()));
  info.organ_ends = organ_ends_from_json(j.value("organ_ends", json::array()));
  if (j.contains("lineage")) info.lineage = json_text(j.at("lineage"));
  if (j.contains("engines")) info.engines = json_text(j.at("engines"));
  return info;
}

void check_info(const ModelInfo& info, const std::string& what) {
  const auto fail = [&](const std::string& why) { throw Error(ErrorKind::model, what + ": " + why); };
  check_organs(info.organs, what);
  check_evidence(info.evidence, info.organs, what);
  check_shape_priors(info.shape_priors, info.organs, what);
  check_hu_curves(info.hu_curves, info.organs, what);
  check_organ_ends(info.organ_ends, info.organs, what);
  check_refinements(info.refinements, info.organs, what);
  if (info.name.empty() || clean_text(info.name, longest_value) != info.name)
    fail("its name is empty, too long or holds what is no text");
  if (!(std::isfinite(info.hu_low) && std::isfinite(info.hu_high) && info.hu_low < info.hu_high))
    fail("its HU window is empty or not finite");
  if (info.spacing) {
    for (const double s : *info.spacing)
      if (!(s > 0.05 && s < 50)) fail("its voxel spacing is not between 0.05 and 50 mm");
  }
}

void check_finite(const NamedTensor& tensor, const std::string& what) {
  if (tensor.type != ElementType::float32) return;
  for (std::int64_t i = 0; i < tensor.count(); ++i) {
    float value = 0;
    std::memcpy(&value, tensor.bytes.data() + i * 4, 4);
    if (!std::isfinite(value)) {
      throw Error(ErrorKind::model, what + ": weight " + std::to_string(i) + " of tensor " + tensor.name +
                                        " is not finite; the file is damaged or its training diverged");
    }
  }
}

// Of what is kept beside the weights: shape priors and refinements.
std::vector<NamedTensor> tensors_beside(const ModelInfo& info) {
  std::vector<NamedTensor> tensors;
  add_shape_tensors(info.shape_priors, tensors);
  add_refinement_tensors(info.refinements, tensors);
  return tensors;
}

// Names and bytes of all weights. Weights files hold it: it stays as it is.
std::string checksum_of_weights(const TensorFile& file) {
  std::uint64_t hash = checksum_start;
  for (const NamedTensor& t : file.tensors) {
    hash = checksum(t.name, hash);
    hash = checksum({reinterpret_cast<const char*>(t.bytes.data()), t.bytes.size()}, hash);
  }
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return std::string(text).substr(0, 12);
}

std::string identity(const Model& model) {
  Sha256 hash;
  hash.add_field(json_text(to_json(model.info)));
  const auto add = [&](const std::vector<NamedTensor>& tensors) {
    for (const NamedTensor& t : tensors) {
      hash.add_field(t.name);
      hash.add_field(json_text(json{static_cast<int>(t.type), t.shape}));
      hash.add(t.bytes);
    }
  };
  add(model.weights.tensors);
  add(tensors_beside(model.info));
  return model.info.name + "-" + hash.hex().substr(0, 12);
}

Model model_of(TensorFile file, const std::string& what) {
  Model model;
  model.weights = std::move(file);
  const auto entry = model.weights.metadata.find("anatomynet");
  if (entry == model.weights.metadata.end()) {
    throw Error(ErrorKind::model,
                what + ": a safetensors file, but not an AnatomyNet model (no 'anatomynet' metadata)");
  }
  const std::string where = what + ": its description is damaged or incomplete";
  model.info = reading_json(where, ErrorKind::model, [&] {
    const json j = parse_json(entry->second, where, ErrorKind::model);
    const int version = j.at("format_version").get<int>();
    if (version != format_version) {
      throw Error(ErrorKind::model, what + ": format version " + std::to_string(version) +
                                        ", this program reads version " + std::to_string(format_version) +
                                        "; use the matching release");
    }
    ModelInfo info = info_from(j);
    info.shape_priors =
        take_shape_priors(j.value("shape_priors", json::array()), model.weights.tensors, what);
    info.refinements = take_refinements(j.value("refinements", json::array()), model.weights.tensors, what);
    return info;
  });
  check_info(model.info, what);
  for (const NamedTensor& t : model.weights.tensors) check_finite(t, what);
  for (const NamedTensor& t : tensors_beside(model.info)) check_finite(t, what);
  model.id = identity(model);
  model.weights_id = checksum_of_weights(model.weights);
  return model;
}

}  // namespace

Model read_model(const std::filesystem::path& path) {
  return model_of(read_tensor_file(path), path.string());
}

Model read_model(std::span<const std::byte> file, const std::string& what) {
  TensorFileView view = view_tensor_file(what, file);
  TensorFile copy{std::move(view.metadata), {}};
  for (TensorView& t : view.tensors)
    copy.tensors.push_back({std::move(t.name), t.type, std::move(t.shape), {t.bytes.begin(), t.bytes.end()}});
  return model_of(std::move(copy), what);
}

void write_model(const std::filesystem::path& path, const ModelInfo& info, std::vector<NamedTensor> weights) {
  check_info(info, path.string());
  TensorFile file;
  file.metadata["anatomynet"] = json_text(to_json(info));
  file.metadata["format"] = "pt";
  file.tensors = std::move(weights);
  for (NamedTensor& t : tensors_beside(info)) file.tensors.push_back(std::move(t));
  for (const NamedTensor& t : file.tensors) check_finite(t, path.string());
  write_tensor_file(path, file);
}

}  // namespace anatomynet::model
