#pragma once
#include <cstdint>

namespace anatomynet::inference {

/// A bfloat16's bits: the upper half of a float.
struct Bfloat16 {
  std::uint16_t bits;
};

}  // namespace anatomynet::inference
