#include "core/error.h"
#include "network/onednn_convolution.h"

namespace anatomynet::network {
namespace {

[[noreturn]] torch::Tensor absent() {
  throw Error(ErrorKind::internal, "this build has no oneDNN; install it (libdnnl-dev) and configure again");
}

}  // namespace

bool onednn_available() { return false; }

torch::Tensor onednn_convolution(const torch::Tensor&, const torch::Tensor&, const torch::Tensor&,
                                 torch::IntArrayRef, torch::IntArrayRef, bool) {
  absent();
}

torch::Tensor onednn_transposed_convolution(const torch::Tensor&, const torch::Tensor&, torch::IntArrayRef,
                                            bool) {
  absent();
}

}  // namespace anatomynet::network
