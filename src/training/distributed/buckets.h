#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include <torch/types.h>

namespace anatomynet::training {

/// Calls `use` with flat copies of the tensors, each holding those of one type and device, at most `bytes` at
/// a time (a larger tensor alone). A copy lies on the CPU, or where `stay` says so of a device, on the device
/// of its tensors. What `use` leaves there is written back.
void for_each_bucket(const std::vector<torch::Tensor>& tensors, std::int64_t bytes,
                     const std::function<void(torch::Tensor& flat)>& use,
                     const std::function<bool(torch::Device)>& stay = {});

}  // namespace anatomynet::training
