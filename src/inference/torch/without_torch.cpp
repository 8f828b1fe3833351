#include "core/error.h"
#include "inference/make_engine.h"

namespace anatomynet::inference {

bool torch_is_built() { return false; }
bool torch_has_gpu() { return false; }

namespace {

[[noreturn]] void refuse() {
  throw Error(ErrorKind::usage,
              "the torch engine is not in this build; configure with -DANATOMYNET_TORCH=ON");
}

}  // namespace

std::unique_ptr<Engine> make_torch_engine(const model::Model&, const TorchOptions&) { refuse(); }

}  // namespace anatomynet::inference
