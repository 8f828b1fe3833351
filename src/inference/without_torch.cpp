#include "core/error.h"
#include "inference/engine.h"

namespace anatomynet {

std::unique_ptr<Engine> make_torch_engine(const Model&, int) {
  throw Error(ErrorKind::usage,
              "the torch engine is not in this build; configure with -DANATOMYNET_TORCH=ON");
}

}  // namespace anatomynet
