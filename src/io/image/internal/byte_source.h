#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "core/input_file.h"
#include "io/image/internal/image_data.h"

// The bytes of voxels, unpacked while they are read. Internal to the io module.
namespace anatomynet::io {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Fills `to`; fewer bytes only where the data ends. Throws Error(input) where a stream is damaged: its
  /// checksum and its length are compared when its end is reached.
  virtual std::size_t read(std::span<char> to) = 0;
};

/// What lies in `file` (called `path` in messages) from `offset` on. Packing::text gives numbers of `type` in
/// this machine's byte order. The file must outlive the source.
std::unique_ptr<ByteSource> open_source(const InputFile& file, const std::filesystem::path& path,
                                        Packing packing, std::uint64_t offset,
                                        VoxelType type = VoxelType::uint8);

/// By its first two bytes.
bool is_gzip(const InputFile& file);

/// The most bytes that `packed` bytes of a file can hold. Whoever promises more is refused before memory is
/// taken for it.
std::uint64_t most_unpacked(std::uint64_t packed, Packing packing, VoxelType type);

}  // namespace anatomynet::io
