#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/dicom/internal/code_header.h"

class DcmDataset;

// Internal to the io module.
namespace anatomynet::io {

/// How a frame's own stream says that its values are stored; `precision` 0 where it says nothing, and the
/// DICOM header alone tells.
struct StreamValues {
  int precision = 0;
  std::optional<bool> is_signed{};  ///< JPEG 2000 only
};

/// The frames of an image's Pixel Data (PS3.3 C.7.6.3), one at a time: uncompressed (also as VR UN), RLE,
/// JPEG, JPEG-LS or JPEG 2000; one grey sample of 1, 8 or 16 bits allocated (single bits uncompressed, RLE or
/// JPEG 2000). Memory is that of a frame.
class FrameReader {
 public:
  /// `data` stays the caller's and must outlive the reader. Throws Error(input) that begins with `where` for
  /// what is missing, cut short, or coded in a way that is not known here.
  FrameReader(DcmDataset& data, const std::string& where);
  ~FrameReader();
  FrameReader(const FrameReader&) = delete;
  FrameReader& operator=(const FrameReader&) = delete;

  std::int64_t columns() const;
  std::int64_t rows() const;
  std::size_t frames() const;
  int bits_allocated() const;

  /// What looks odd, one line; or empty.
  const std::string& warning() const;

  /// Frame `index` from 0 as columns x rows cells: as the DICOM header packs them, or, where the result says
  /// so, as the stream does. Throws Error(input), without saying which file, for damage and for what the
  /// stream's own header contradicts; nothing is allocated that its few bytes cannot fill.
  StreamValues read(std::size_t index, std::vector<std::uint16_t>& cells);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace anatomynet::io
