#pragma once
#include <cstdint>
#include <functional>
#include <string>

namespace anatomynet::inference {

/// Sees the values that a block's convolutions read: of conv1 (`middle` false) and conv2.
using ValueWatcher =
    std::function<void(const std::string& block, bool middle, const float* values, std::int64_t count)>;

}  // namespace anatomynet::inference
