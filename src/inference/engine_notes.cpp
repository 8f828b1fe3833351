#include "inference/engine_notes.h"

#include <cmath>

#include "core/error.h"
#include "core/json.h"
#include "core/json_text.h"
#include "inference/cpu.h"

namespace anatomynet::inference {

bool Agreement::proven() const { return voxels >= 0.999 && least_dice >= 0.995 && cases > 0; }

EngineNotes read_notes(const model::Model& model) {
  EngineNotes notes;
  if (model.info.engines.empty()) return notes;
  const std::string where = "model " + model.info.name + ": its notes for engines are damaged";
  return reading_json(where, ErrorKind::model, [&] {
    const auto j = parse_json(model.info.engines, where, ErrorKind::model);
    if (j.at("weights").get<std::string>() != model.weights_id) return notes;
    for (const auto& [precision, a] : j.at("agreement").items())
      notes.agreement[precision] = {a.at("voxels").get<double>(), a.at("least_dice").get<double>(),
                                    a.at("cases").get<int>()};
    for (const auto& [block, steps] : j.at("int8").items()) {
      const Int8Block b{steps.at("input").get<double>(), steps.at("middle").get<double>()};
      if (!(b.input > 0 && b.middle > 0 && std::isfinite(b.input) && std::isfinite(b.middle)))
        throw Error(ErrorKind::model, "model " + model.info.name + ": int8 step of " + block +
                                          " is not positive; calibrate again with anatomynet quantise");
      notes.int8[block] = b;
    }
    return notes;
  });
}

std::string notes_text(const EngineNotes& notes, const model::Model& model) {
  nlohmann::json j = {{"weights", model.weights_id},
                      {"agreement", nlohmann::json::object()},
                      {"int8", nlohmann::json::object()}};
  for (const auto& [precision, a] : notes.agreement)
    j["agreement"][precision] = {{"voxels", a.voxels}, {"least_dice", a.least_dice}, {"cases", a.cases}};
  for (const auto& [block, b] : notes.int8) j["int8"][block] = {{"input", b.input}, {"middle", b.middle}};
  return json_text(j);
}

const char* bf16_proof(bool products) { return products ? "bf16" : "bf16-stored"; }

Arithmetic proven_bf16(const model::Model& model) {
  const EngineNotes notes = read_notes(model);
  const auto found = notes.agreement.find(bf16_proof(true));
  return found != notes.agreement.end() && found->second.proven() ? Arithmetic::bf16 : Arithmetic::fp32;
}

Arithmetic fastest_proven(const model::Model& model) {
  const EngineNotes notes = read_notes(model);
  const auto proven = [&](const char* name) {
    const auto found = notes.agreement.find(name);
    return found != notes.agreement.end() && found->second.proven();
  };
  const bool tiles = cpu_has_tiles();
  if (tiles && proven(name_of(Arithmetic::int8)) && !notes.int8.empty()) return Arithmetic::int8;
  return proven(bf16_proof(tiles)) ? Arithmetic::bf16 : Arithmetic::fp32;
}

}  // namespace anatomynet::inference
