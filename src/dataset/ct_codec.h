#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/grid.h"

namespace anatomynet::dataset {

/// Lossless compression of a CT by zlib alone. Each voxel is predicted from neighbours already known (west W,
/// north N, northwest NW, northeast NE, and P* at the same places of the slice before; -1000 outside):
/// in the first slice by the median of W, N and W + N - NW; later by the median of that, W + P - PW and
/// N + P - PN. The residual modulo 2^16 is folded (0, -1, 1, -2, ... become 0, 1, 2, 3, ...) and put as one
/// byte into one of six streams, chosen by how much the neighbours differ (`ct_stream` in ct_codec.cpp); 255
/// stands for a value of two bytes in the seventh. Seven uint32 little-endian (the streams' lengths) and the
/// streams, one after another, are one zlib stream.
std::string compress_ct(std::span<const std::int16_t> voxels, const Size3& size);

/// The inverse. Throws Error(input) where the bytes are not such a stream of exactly that size; takes memory
/// only where so many bytes can hold so many voxels.
std::vector<std::int16_t> decompress_ct(std::span<const std::byte> bytes, const Size3& size);

/// One zlib stream, level 9.
std::string compress_bytes(std::span<const std::uint8_t> bytes);

/// The inverse, for a byte a voxel. Throws Error(input) as above.
std::vector<std::uint8_t> decompress_bytes(std::span<const std::byte> bytes, const Size3& size);

}  // namespace anatomynet::dataset
