#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "inference/kernels/bfloat16.h"
#include "inference/kernels/isa.h"

namespace anatomynet::test {

/// The tables of kernels that this CPU runs, each once.
template <class Table>
std::vector<const Table*> runnable_tables(const Table& (*table_for)(inference::Isa)) {
  std::vector<const Table*> list;
  for (const inference::Isa isa : inference::runnable_isas())
    if (list.empty() || list.back() != &table_for(isa)) list.push_back(&table_for(isa));
  return list;
}

/// Normally distributed, the same for the same seed.
inline std::vector<float> numbers(std::int64_t n, unsigned seed) {
  std::mt19937 bits(seed);
  std::normal_distribution<float> value;
  std::vector<float> list(static_cast<std::size_t>(n));
  for (float& v : list) v = value(bits);
  return list;
}

/// What a bfloat16 stands for.
inline float value_of(inference::Bfloat16 v) { return std::bit_cast<float>(std::uint32_t{v.bits} << 16); }

/// The bfloat16 nearest to a number, the even one of two that are as near, found by comparing distances:
/// infinite from half a step above the largest on. NaN: any.
inline inference::Bfloat16 nearest_bfloat16(float v) {
  const auto upper = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(v) >> 16);
  if (std::isnan(v)) return {static_cast<std::uint16_t>(upper | 0x40)};
  if (std::isinf(v)) return {upper};
  // Towards zero and away from it; the value after the largest counts as 2^128, which a double holds.
  const auto away = static_cast<std::uint16_t>(upper + 1);
  const double low = std::abs(double(value_of({upper}))),
               high = (away & 0x7fff) == 0x7f80 ? std::ldexp(1.0, 128) : std::abs(double(value_of({away})));
  const double at = std::abs(double(v));
  if (at - low != high - at) return {at - low < high - at ? upper : away};
  return {upper % 2 == 0 ? upper : away};
}

inline std::vector<inference::Bfloat16> rounded(const std::vector<float>& values) {
  std::vector<inference::Bfloat16> list;
  list.reserve(values.size());
  for (const float v : values) list.push_back(nearest_bfloat16(v));
  return list;
}

inline std::vector<float> widened(const std::vector<inference::Bfloat16>& values) {
  std::vector<float> list;
  list.reserve(values.size());
  for (const inference::Bfloat16 v : values) list.push_back(value_of(v));
  return list;
}

/// Whether both hold the same bits; NaN equals any NaN.
inline bool same_bits(const std::vector<inference::Bfloat16>& a, const std::vector<inference::Bfloat16>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i].bits != b[i].bits && !(std::isnan(value_of(a[i])) && std::isnan(value_of(b[i])))) return false;
  return true;
}

/// Every upper half of a float, with lower halves around ties: both signs, all exponents, denormal numbers,
/// infinities and NaN.
inline std::vector<float> edge_values() {
  std::vector<float> list;
  for (std::uint32_t upper = 0; upper < 0x10000; ++upper)
    for (const std::uint32_t lower : {0x0000u, 0x0001u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu})
      list.push_back(std::bit_cast<float>(upper << 16 | lower));
  return list;
}

}  // namespace anatomynet::test
