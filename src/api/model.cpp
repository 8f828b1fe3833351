#include <limits>
#include <span>

#include <nlohmann/json.hpp>

#include "api/guard.h"
#include "api/handles.h"
#include "core/cpus.h"
#include "core/json.h"
#include "inference/engine.h"

namespace anatomynet::api {
namespace {

// Of each organ what training measured on cases of validation.
std::vector<double> validation_dice(const model::ModelInfo& info) {
  std::vector<double> dice(info.organs.size(), std::numeric_limits<double>::quiet_NaN());
  if (info.metrics.empty()) return dice;
  const nlohmann::json all = parse_json(info.metrics, "metrics", ErrorKind::model);
  const auto found = all.find("validation_dice");
  if (!all.is_object() || found == all.end() || !found->is_object()) return dice;
  for (std::size_t i = 0; i < dice.size(); ++i) {
    const auto value = found->find(info.organs[i].name);
    if (value != found->end() && value->is_number()) dice[i] = value->get<double>();
  }
  return dice;
}

template <class Read>
anatomynet_status open(const Read& read, const anatomynet_model_options* given, anatomynet_model** out) {
  if (out) *out = nullptr;
  return guarded([&] {
    require(out, "model");
    const auto options = options_of(given, "anatomynet_model_options");
    if (options.memory_limit < 0) refuse("memory_limit is negative; expected bytes, or 0 for no limit");
    const int threads = threads_of(options.threads);
    const model::Model opened = read();
    auto made = std::make_unique<anatomynet_model>();
    const CpuShare share(threads);
    const inference::EngineOptions engine{.engine = "onednn",
                                          .threads = threads,
                                          .precision = text_or(options.precision, "auto"),
                                          .memory_limit = options.memory_limit};
    made->engine = inference::make_engine(opened, engine);
    made->info = opened.info;
    made->id = opened.id;
    made->precision = inference::name_of(made->engine->arithmetic());
    made->validation_dice = validation_dice(opened.info);
    made->threads = threads;
    made->segmenter = std::make_unique<inference::Segmenter>(
        made->info, made->engine, options.memory_limit,
        inference::make_refiner(made->info, engine, inference::make_engine));
    if (made->info.metrics.empty()) made->info.metrics = "{}";
    *out = made.release();
  });
}

}  // namespace
}  // namespace anatomynet::api

using namespace anatomynet;
using namespace anatomynet::api;

anatomynet_status anatomynet_model_open(const char* path, const anatomynet_model_options* options,
                                        anatomynet_model** model) {
  return open(
      [&] {
        require(path, "path");
        return model::read_model(path);
      },
      options, model);
}

anatomynet_status anatomynet_model_open_memory(const void* bytes, size_t count,
                                               const anatomynet_model_options* options,
                                               anatomynet_model** model) {
  return open(
      [&] {
        require(bytes, "bytes");
        return model::read_model(std::span(static_cast<const std::byte*>(bytes), count), "weights in memory");
      },
      options, model);
}

void anatomynet_model_close(anatomynet_model* model) { delete model; }

void anatomynet_model_release_memory(anatomynet_model* model) {
  if (!model) return;
  const std::lock_guard lock(model->one_at_a_time);
  model->engine->release();
}

const char* anatomynet_model_name(const anatomynet_model* model) {
  return model ? model->info.name.c_str() : "";
}
const char* anatomynet_model_id(const anatomynet_model* model) { return model ? model->id.c_str() : ""; }
const char* anatomynet_model_precision(const anatomynet_model* model) {
  return model ? model->precision.c_str() : "";
}
int32_t anatomynet_model_phantom_only(const anatomynet_model* model) {
  return model && model->info.phantom_only;
}
const char* anatomynet_model_training_data(const anatomynet_model* model) {
  return model ? model->info.training_data.c_str() : "";
}
const char* anatomynet_model_attribution(const anatomynet_model* model) {
  return model ? model->info.attribution.c_str() : "";
}
const char* anatomynet_model_evidence(const anatomynet_model* model) {
  return model ? model->info.metrics.c_str() : "";
}

size_t anatomynet_model_organ_count(const anatomynet_model* model) {
  return model ? model->info.organs.size() : 0;
}

anatomynet_status anatomynet_model_organ(const anatomynet_model* model, size_t index,
                                         anatomynet_organ* organ) {
  return guarded([&] {
    require(model, "model");
    require_index(index, model->info.organs.size(), "organ");
    const Organ& from = model->info.organs[index];
    anatomynet_organ out{};
    out.name = from.name.c_str();
    out.snomed_code = from.snomed_code.c_str();
    out.snomed_meaning = from.snomed_meaning.c_str();
    out.validation_dice = model->validation_dice[index];
    out.id = from.id;
    out.side = from.laterality == Laterality::left    ? ANATOMYNET_LEFT
               : from.laterality == Laterality::right ? ANATOMYNET_RIGHT
                                                      : ANATOMYNET_NO_SIDE;
    std::copy(from.colour.begin(), from.colour.end(), out.colour);
    give(organ, out, "anatomynet_organ");
  });
}
