#pragma once
#include <bit>
#include <cstdint>

#include "core/names.h"

namespace anatomynet::core {

// bfloat16 as its 16 bits, so that loops over it are vectorised.

inline float widen(float v) { return v; }
inline float widen(std::uint16_t v) { return std::bit_cast<float>(std::uint32_t{v} << 16); }

template <class T>
T narrow(float v);
template <>
inline float narrow<float>(float v) {
  return v;
}
/// To the nearest, ties to even; NaN stays NaN.
template <>
inline std::uint16_t narrow<std::uint16_t>(float v) {
  const auto bits = std::bit_cast<std::uint32_t>(v);
  const std::uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const std::uint32_t nan = (bits >> 16) | 0x40u;
  return static_cast<std::uint16_t>((bits & 0x7fffffffu) > 0x7f800000u ? nan : rounded);
}

}  // namespace anatomynet::core
