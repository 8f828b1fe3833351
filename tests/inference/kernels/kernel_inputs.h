#pragma once
#include <cstdint>
#include <random>
#include <vector>

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

}  // namespace anatomynet::test
