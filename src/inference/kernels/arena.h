#pragma once
#include <cstddef>
#include <cstdint>

namespace anatomynet::inference {

/// Memory that is reserved but not touched before its first use, and kept between runs. Layers that run one
/// after another can share one arena.
class Arena {
 public:
  Arena() = default;
  ~Arena() { release(); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// At least `bytes`, aligned to a page; earlier contents may be lost. Throws std::bad_alloc.
  std::byte* reserve(std::int64_t bytes);
  void release();
  std::int64_t bytes() const { return bytes_; }

 private:
  std::byte* data_ = nullptr;
  std::int64_t bytes_ = 0;
};

/// Throws std::bad_alloc where the process has no `bytes` of addresses left (ulimit -v). For libraries that
/// do not survive an allocation that fails: asked just before, it keeps them from meeting one.
void require_addresses(std::int64_t bytes);

}  // namespace anatomynet::inference
