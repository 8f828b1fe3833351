#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

namespace anatomynet::phantom {

/// One well-mixed 64-bit word of any other (the finaliser of SplitMix64).
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// Seeded draws; unlike the distributions of <random>, the same with every standard library.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(mix(seed)) {}
  std::uint64_t bits() { return mix(state_ += 0x9e3779b97f4a7c15ULL); }
  float uniform(float low, float high) {
    return low + (high - low) * static_cast<float>(static_cast<double>(bits() >> 11) * 0x1p-53);
  }
  bool chance(float probability) { return uniform(0, 1) < probability; }
  /// Near-normal (sum of four uniforms), so never beyond 3.5 standard deviations.
  float normal(float mean, float deviation) {
    float sum = 0;
    for (int i = 0; i < 4; ++i) sum += uniform(-1, 1);
    return mean + deviation * sum * 0.8660254f;
  }
  /// Normal, kept within two deviations: for sizes that must stay plausible.
  float about(float mean, float deviation) {
    return std::clamp(normal(mean, deviation), mean - 2 * deviation, mean + 2 * deviation);
  }

 private:
  std::uint64_t state_;
};

}  // namespace anatomynet::phantom
