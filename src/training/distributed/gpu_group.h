#pragma once
#include <memory>

#include <torch/types.h>

#include "training/distributed/process_place.h"

namespace c10d {
class Store;
}

namespace anatomynet::training {

/// Calls among processes that have a GPU each, on flat tensors that stay there. Errors are exceptions of any
/// kind; after one the group is of no more use.
class GpuGroup {
 public:
  virtual ~GpuGroup() = default;
  virtual void sum(torch::Tensor& flat) = 0;
  virtual void broadcast(torch::Tensor& flat) = 0;
};

/// By NCCL, which meets at its first call, through `store`. None where the build's libtorch has no NCCL, or
/// ANATOMYNET_NCCL=0 asks to do without (NCCL wants a GPU of its own for every process): tensors then travel
/// through the CPU.
std::unique_ptr<GpuGroup> make_gpu_group(const c10::intrusive_ptr<c10d::Store>& store,
                                         const ProcessPlace& place);

}  // namespace anatomynet::training
