#pragma once
#include <cstddef>
#include <filesystem>
#include <vector>

#include "model/tensor_file.h"

namespace anatomynet::model {

/// Largest checkpoint that is read, in bytes.
inline constexpr std::uint64_t largest_checkpoint = std::uint64_t{2} << 30;

/// The tensors of a network in a file that PyTorch's torch.save wrote: the zip format (1.6 and later) or the
/// one before (0.4 to 1.5). Nothing of its pickles is executed (model/pickle.h). The file may be a
/// state_dict, or hold one under "state_dict", "weight" or another usual key; a prefix that all names share,
/// such as "module.", is taken away. Weights of any floating type become float32, whole numbers int64,
/// row-major.
///
/// Throws Error(model) naming the file: no such format, truncated or damaged, globals or tensors that are
/// none of a state_dict, tensors that reach beyond their storage, larger than `largest_checkpoint`.
std::vector<NamedTensor> read_pytorch_checkpoint(const std::filesystem::path& path);

}  // namespace anatomynet::model
