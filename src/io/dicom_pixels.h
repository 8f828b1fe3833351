#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/warning.h"
#include "io/dicom_header.h"

// Internal to the io room.
namespace anatomynet::dicom {

/// A DICOM file opened for its voxels.
class PixelFile {
 public:
  explicit PixelFile(const std::filesystem::path& file);
  ~PixelFile();
  PixelFile(const PixelFile&) = delete;
  PixelFile& operator=(const PixelFile&) = delete;

  /// Decodes a slice into `hu` (row by row, columns x rows values). Declared padding and anything below
  /// `lowest_hu` becomes `lowest_hu`. Throws Error(input) for what cannot be decoded, with the transfer
  /// syntax.
  void read(const SliceHeader& slice, std::vector<std::int16_t>& hu);

  /// Empty, or one line on a padding value that lies within tissue and was not taken as padding.
  const std::optional<Warning>& warning() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace anatomynet::dicom
