#pragma once
#include <memory>

#include "inference/engine.h"

namespace anatomynet::inference {

// dnnl_engine.cpp, or without_onednn.cpp in a build that has no oneDNN:

bool onednn_is_built();
std::unique_ptr<Engine> make_onednn_engine(const model::Model& model, Arithmetic arithmetic,
                                           const EngineOptions& options);

// torch_engine.cpp, or without_torch.cpp in a build that has no libtorch:

bool torch_is_built();
bool torch_has_gpu();
struct TorchOptions {
  Arithmetic arithmetic = Arithmetic::fp32;  ///< or bf16
  int threads = 0;
  bool eager = false;  ///< libtorch's own operations alone, whose sums the number of threads may order
  /// The GPU's way: channels-last weights, one recorded graph a shape, labels made on the device. Always
  /// where there is a GPU; on a CPU for tests.
  bool on_device = false;
};
std::unique_ptr<Engine> make_torch_engine(const model::Model& model, const TorchOptions& options);

}  // namespace anatomynet::inference
