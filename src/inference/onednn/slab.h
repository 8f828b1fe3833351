#pragma once
#include <cstdint>
#include <cstring>

namespace anatomynet::inference {

/// Slices of a channels-last tensor in memory that someone else owns: those from `first` to `end` of the
/// whole. A slab of fewer slices than the tensor has is filled front to back: `make_room` drops the oldest.
struct Slab {
  std::byte* data = nullptr;
  std::int64_t slice_bytes = 0, capacity = 0;  ///< capacity in slices
  std::int64_t first = 0, end = 0;

  template <class T = std::byte>
  T* at(std::int64_t z) const {
    return reinterpret_cast<T*>(data + (z - first) * slice_bytes);
  }

  /// Keeps the slices from `keep` on and makes room for `count` more. Without memory only the slice numbers
  /// change.
  void make_room(std::int64_t keep, std::int64_t count) {
    if (keep > first && end - first + count > capacity) {
      if (keep > end) keep = end;
      if (data)
        std::memmove(data, data + (keep - first) * slice_bytes,
                     static_cast<std::size_t>((end - keep) * slice_bytes));
      first = keep;
    }
    end += count;
  }
};

}  // namespace anatomynet::inference
