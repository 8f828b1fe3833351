#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "model/tensor_file.h"

namespace anatomynet::model {

/// A tensor that a network has, under the authors' name.
struct TensorSpec {
  std::string name;
  std::vector<std::int64_t> shape;
};

/// The architectures that network_tensors knows, AnatomyNet first; the names of network/network.h.
const std::vector<std::string>& network_names();

/// All tensors of an architecture with `classes` outputs (background first), as the network of that name has
/// them (network/network.h), known without libtorch; without the batch norms' num_batches_tracked, which is
/// no weight. Throws Error(model) for an unknown name.
std::vector<TensorSpec> network_tensors(const std::string& architecture, std::int64_t classes);

/// Brings tensors into the network's order, without num_batches_tracked. Throws Error(model) "what: ..." with
/// how many tensors are missing, left over and of another shape, and the first of each.
std::vector<NamedTensor> fit_to_network(std::vector<NamedTensor> tensors, const std::string& architecture,
                                        std::int64_t classes, const std::string& what);

/// The first architecture whose names the tensors have and whose shapes they have but for the last layer's
/// classes; empty where there is none.
std::string architecture_of(const std::vector<NamedTensor>& tensors);

}  // namespace anatomynet::model
