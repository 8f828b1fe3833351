#pragma once
#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "io/image/internal/image_data.h"

// Voxels read piece by piece, so that no second copy of a volume lies in memory. Internal to the io module.
namespace anatomynet::io {

/// The voxels' bytes of an image, in this machine's byte order.
class VoxelStream {
 public:
  /// Opens the data file. Throws Error(input) where the header promises more than the file can hold, before
  /// memory is taken. `path` is the file that the user named.
  VoxelStream(const std::filesystem::path& path, const Header& header);
  ~VoxelStream();
  VoxelStream(const VoxelStream&) = delete;
  VoxelStream& operator=(const VoxelStream&) = delete;

  std::size_t count() const { return count_; }
  /// Bytes of the next voxels, empty after the last. Throws Error(input) for truncated and damaged data, also
  /// where a compressed stream goes on after the last voxel.
  std::span<const char> next();
  /// What is left aside; complete after the last voxels.
  const std::vector<Warning>& warnings() const { return warnings_; }

 private:
  struct Parts;
  void check_end();
  std::unique_ptr<Parts> parts_;
  std::size_t count_ = 0;
  std::vector<Warning> warnings_;
};

/// Calls use(std::span<const T>) with the voxels of the image, from the first to the last, in pieces.
template <class Use>
void for_each_piece(VoxelStream& stream, VoxelType type, Use use) {
  with_type(type, [&]<class T>(T) {
    for (auto bytes = stream.next(); !bytes.empty(); bytes = stream.next())
      use(std::span(reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)));
  });
}

}  // namespace anatomynet::io
