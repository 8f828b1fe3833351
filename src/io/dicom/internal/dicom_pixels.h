#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/warning.h"
#include "io/dicom/internal/dicom_header.h"

// Internal to the io module.
namespace anatomynet::io {

/// A DICOM file opened for its voxels.
class PixelFile {
 public:
  explicit PixelFile(const std::filesystem::path& file);
  ~PixelFile();
  PixelFile(const PixelFile&) = delete;
  PixelFile& operator=(const PixelFile&) = delete;

  /// Decodes a slice into `hu` (row by row, exactly columns x rows values). Declared padding and anything
  /// below `lowest_hu` becomes `lowest_hu`. Throws Error(input) for what cannot be decoded, with the transfer
  /// syntax, and for values that no CT has: above what 16 bits hold, or of a sign that cannot be told.
  void read(const SliceHeader& slice, std::span<std::int16_t> hu);

  /// Padding within tissue that was not taken as padding, a stream that contradicts the header, surplus
  /// bytes.
  const std::vector<Warning>& warnings() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace anatomynet::io
