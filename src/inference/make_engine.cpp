#include "inference/make_engine.h"

#include "core/error.h"
#include "inference/engine_notes.h"
#include "inference/folded_network.h"

namespace anatomynet::inference {
namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& n : names) text += (text.empty() ? "" : ", ") + n;
  return text;
}

Arithmetic arithmetic_of(const std::string& precision) {
  for (const Arithmetic a : {Arithmetic::fp32, Arithmetic::bf16, Arithmetic::int8})
    if (precision == name_of(a)) return a;
  throw Error(ErrorKind::usage, "unknown precision '" + precision + "'; known are auto, fp32, bf16, int8");
}

std::unique_ptr<Engine> chosen_engine(const model::Model& model, const EngineOptions& options) {
  std::string engine = options.engine;
  if (engine != "auto" && engine != "onednn" && engine != "torch")
    throw Error(ErrorKind::usage, "unknown engine '" + engine + "'; known are auto, onednn, torch");
  const bool automatic = options.precision == "auto";
  const Arithmetic asked = automatic ? Arithmetic::fp32 : arithmetic_of(options.precision);
  if (engine == "auto") {
    const bool other = torch_is_built() && !(onednn_is_built() && can_fold(model.info.architecture));
    engine = torch_has_gpu() || other ? "torch" : "onednn";
  }
  if (engine == "torch") {
    if (asked == Arithmetic::int8)
      throw Error(ErrorKind::usage, "the torch engine has no int8; use --engine onednn or another precision");
    // A GPU's bf16 is its fast arithmetic, but it too must be proven.
    return make_torch_engine(model,
                             {automatic && torch_has_gpu() ? proven_bf16(model) : asked, options.threads});
  }
  if (!can_fold(model.info.architecture))
    throw Error(torch_is_built() ? ErrorKind::usage : ErrorKind::model,
                "the oneDNN engine does not know the architecture '" + model.info.architecture +
                    "' (it knows " + listed(foldable_architectures()) + "); use --engine torch");
  return make_onednn_engine(model, automatic ? fastest_proven(model) : asked, options);
}

}  // namespace

std::unique_ptr<Engine> make_engine(const model::Model& model, const EngineOptions& options) {
  std::unique_ptr<Engine> engine = chosen_engine(model, options);
  engine->keep_memory(options.keep_memory);
  return engine;
}

}  // namespace anatomynet::inference
