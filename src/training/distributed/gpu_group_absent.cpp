#include <torch/csrc/distributed/c10d/Store.hpp>

#include "training/distributed/gpu_group.h"

namespace anatomynet::training {

std::unique_ptr<GpuGroup> make_gpu_group(const c10::intrusive_ptr<c10d::Store>&, const ProcessPlace&) {
  return nullptr;
}

}  // namespace anatomynet::training
