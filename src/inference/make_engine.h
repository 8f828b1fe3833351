#pragma once
#include <memory>

#include "inference/engine.h"

namespace anatomynet {

// torch_engine.cpp, or without_torch.cpp in a build that has no libtorch:

bool torch_is_built();
bool torch_has_gpu();
/// fp32 or bf16.
std::unique_ptr<Engine> make_torch_engine(const Model& model, Arithmetic arithmetic, int threads);

}  // namespace anatomynet
