// One stored value as a float, for the bodies of kernels, which are compiled once an instruction set.
// Nothing here may be shared between them: no inline function of a header is called.
// NOLINTBEGIN(misc-definitions-in-headers): one file an instruction set includes it
#pragma once
#include <cstdint>
#include <cstring>

#include "inference/kernels/bfloat16.h"

namespace anatomynet::inference {
namespace {

inline float load(const float* p, std::int64_t i) { return p[i]; }
inline void store(float* p, std::int64_t i, float v) { p[i] = v; }

inline float load(const Bfloat16* p, std::int64_t i) {
  const std::uint32_t bits = static_cast<std::uint32_t>(p[i].bits) << 16;
  float v = 0;
  std::memcpy(&v, &bits, sizeof v);
  return v;
}

// The upper half of a float's bits, to nearest, ties to even; NaN stays NaN. In integers, since vcvtneps2bf16
// would flush denormal numbers: the same bits on every CPU. Also of vectors.
template <class Bits>
[[gnu::always_inline]] inline Bits upper_half(Bits bits) {
  const Bits rounded = bits + 0x7fff + (bits >> 16 & 1), quiet = bits | 0x400000;
  return ((bits & 0x7fffffff) > 0x7f800000 ? quiet : rounded) >> 16;
}

inline void store(Bfloat16* p, std::int64_t i, float v) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &v, sizeof bits);
  p[i].bits = static_cast<std::uint16_t>(upper_half(bits));
}

}  // namespace
}  // namespace anatomynet::inference
// NOLINTEND(misc-definitions-in-headers)
