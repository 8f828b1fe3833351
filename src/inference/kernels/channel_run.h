#pragma once
#include <cstdint>

namespace anatomynet::inference {

/// Input channels `first` to `first + count` of a layer; a list of them ends with count 0.
struct ChannelRun {
  std::int64_t first, count;
};

}  // namespace anatomynet::inference
