#include "core/error.h"
#include "inference/cpu.h"
#include "inference/make_engine.h"

// Stands in for the oneDNN engine in a build without oneDNN.
namespace anatomynet::inference {

bool onednn_is_built() { return false; }
bool cpu_has(Arithmetic arithmetic) { return arithmetic == Arithmetic::fp32; }
bool cpu_has_tiles() { return false; }
std::string cpu_text() { return "no oneDNN in this build"; }

std::unique_ptr<Engine> make_onednn_engine(const model::Model&, Arithmetic, const EngineOptions&) {
  throw Error(ErrorKind::usage,
              "the oneDNN engine is not in this build; configure with -DANATOMYNET_ONEDNN=ON");
}

}  // namespace anatomynet::inference
