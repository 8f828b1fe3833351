#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/names.h"

namespace anatomynet::core {

constexpr std::uint64_t checksum_start = 14695981039346656037ull;

/// FNV-1a over the bytes, going on from `hash`: against damage and mix-ups, not against tampering.
constexpr std::uint64_t checksum(std::string_view bytes, std::uint64_t hash = checksum_start) {
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return hash;
}

}  // namespace anatomynet::core
