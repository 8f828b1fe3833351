#pragma once
#include <cstdint>
#include <random>

namespace anatomynet::training {

// Draws that are the same with every standard library, as std::uniform_real_distribution's are not.

inline double uniform(std::mt19937_64& random, double low, double high) {
  return low + (high - low) * (static_cast<double>(random() >> 11) * 0x1.0p-53);
}

inline std::int64_t below(std::mt19937_64& random, std::int64_t n) {
  return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
}

/// True with this probability.
inline bool chance(std::mt19937_64& random, double probability) {
  return uniform(random, 0, 1) < probability;
}

}  // namespace anatomynet::training
