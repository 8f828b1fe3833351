#pragma once
#include <memory>

#include "inference/engine.h"

namespace anatomynet {

// dnnl_engine.cpp, or without_onednn.cpp in a build that has no oneDNN:

bool onednn_is_built();
std::unique_ptr<Engine> make_onednn_engine(const Model& model, Arithmetic arithmetic,
                                           const EngineOptions& options);

// torch_engine.cpp, or without_torch.cpp in a build that has no libtorch:

bool torch_is_built();
bool torch_has_gpu();
/// libtorch's own operations in fp32, whose sums the number of threads may order: for benchmarks.
std::unique_ptr<Engine> make_eager_engine(const Model& model, int threads);
/// fp32 or bf16.
std::unique_ptr<Engine> make_torch_engine(const Model& model, Arithmetic arithmetic, int threads);

}  // namespace anatomynet
