#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "core/checksum.h"
#include "core/names.h"

namespace anatomynet::core {

/// A share of many cases that runs on its own: those whose name's checksum says so, whatever the other cases
/// are.
struct Shard {
  std::size_t index = 0, count = 1;  ///< index from 0

  bool whole() const { return count == 1; }
  bool has(std::string_view name) const { return checksum(name) % count == index; }
  /// "2/8", "2-of-8": the second of eight.
  std::string text() const { return std::to_string(index + 1) + "/" + std::to_string(count); }
  std::string file_text() const { return std::to_string(index + 1) + "-of-" + std::to_string(count); }
};

/// "2/8", as the option `--shard` takes it; empty: all cases. Throws Error(usage).
Shard shard_from(const std::string& text);

}  // namespace anatomynet::core
