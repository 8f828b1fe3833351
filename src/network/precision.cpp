#include "network/precision.h"

#include <ATen/autocast_mode.h>

namespace anatomynet::network {

PrecisionScope::PrecisionScope(Precision precision, torch::Device device)
    : active_(precision == Precision::bf16), cuda_(device.is_cuda()) {
  if (!active_) return;
  if (cuda_) {
    at::autocast::set_autocast_gpu_dtype(torch::kBFloat16);
    at::autocast::set_enabled(true);
  } else {
    at::autocast::set_autocast_cpu_dtype(torch::kBFloat16);
    at::autocast::set_cpu_enabled(true);
  }
}

PrecisionScope::~PrecisionScope() {
  if (!active_) return;
  at::autocast::clear_cache();
  if (cuda_) {
    at::autocast::set_enabled(false);
  } else {
    at::autocast::set_cpu_enabled(false);
  }
}

}  // namespace anatomynet::network
