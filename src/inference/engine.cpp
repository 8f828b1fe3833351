#include "inference/engine.h"

#include "core/error.h"

namespace anatomynet {

std::unique_ptr<Engine> make_torch_engine(const Model& model,
                                          int threads);  // torch_engine.cpp or without_torch.cpp

std::unique_ptr<Engine> make_engine(const Model& model, const EngineOptions& options) {
  if (options.engine == "auto" || options.engine == "torch") return make_torch_engine(model, options.threads);
  throw Error(ErrorKind::usage, "unknown engine '" + options.engine + "'; known are auto, torch");
}

}  // namespace anatomynet
