#pragma once
#include <cstddef>
#include <functional>
#include <span>
#include <string>

namespace anatomynet {

/// `size` bytes as one gzip member (RFC 1952), taken chunk by chunk: `fill(at, to)` writes the bytes from
/// `at` on. Chunks are compressed each for itself, and one of zeros is compressed but once, so that a mask
/// costs what its organ takes. Throws Error(memory).
std::string gzip(std::size_t size, const std::function<void(std::size_t at, std::span<char> to)>& fill);

}  // namespace anatomynet
