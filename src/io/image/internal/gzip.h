#pragma once
#include <cstddef>
#include <functional>
#include <span>
#include <string>

namespace anatomynet::io {

/// Writes the bytes from `at` on.
using FillBytes = std::function<void(std::size_t at, std::span<char> to)>;

/// `size` bytes as one gzip member (RFC 1952), taken chunk by chunk from `fill`. Chunks are compressed each
/// for itself, and one of zeros is compressed but once, so that a mask costs what its organ takes. Throws
/// Error(memory).
std::string gzip(std::size_t size, const FillBytes& fill);

/// The same as a zlib stream (RFC 1950).
std::string zlib_stream(std::size_t size, const FillBytes& fill);

}  // namespace anatomynet::io
