#include "inference/kernels/arena.h"

#include <new>

#include <sys/mman.h>

namespace anatomynet::inference {
namespace {

void* mapped(std::int64_t bytes) {
  void* made = ::mmap(nullptr, static_cast<std::size_t>(bytes), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (made == MAP_FAILED) throw std::bad_alloc();
  return made;
}

}  // namespace

void Arena::release() {
  if (data_) ::munmap(data_, static_cast<std::size_t>(bytes_));
  data_ = nullptr;
  bytes_ = 0;
}

std::byte* Arena::reserve(std::int64_t bytes) {
  if (bytes <= bytes_) return data_;
  release();
  void* made = mapped(bytes);
  ::madvise(made, static_cast<std::size_t>(bytes), MADV_HUGEPAGE);  // fewer faults; only advice
  data_ = static_cast<std::byte*>(made);
  bytes_ = bytes;
  return data_;
}

void require_addresses(std::int64_t bytes) { ::munmap(mapped(bytes), static_cast<std::size_t>(bytes)); }

}  // namespace anatomynet::inference
