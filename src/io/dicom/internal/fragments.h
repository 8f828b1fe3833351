#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dctk.h>

#include "io/dicom/internal/code_header.h"

// Includes DCMTK, so only .cpp files of this module use it.
namespace anatomynet::io {

/// The compressed frames of encapsulated Pixel Data (PS3.5 A.4): a single frame takes all fragments; of as
/// many fragments as frames each is one; else the Extended or Basic Offset Table tells where frames begin, or
/// the mark with which JPEG, JPEG-LS and JPEG 2000 streams begin.
class Fragments {
 public:
  /// Throws Error(input), without saying which file, where fragments cannot be told apart.
  Fragments(DcmItem& data, DcmPixelSequence& sequence, std::size_t frames, Coding coding);

  /// The bytes of a frame from 0, valid until the next call. Throws Error(input) where the file ends early.
  std::span<const std::uint8_t> frame(std::size_t index);

 private:
  bool starts_from_table(const std::vector<std::uint64_t>& offsets, std::size_t frames);
  std::span<const std::uint8_t> bytes(std::size_t fragment) const;
  void release();

  Coding coding_;
  std::vector<DcmPixelItem*> items_;
  std::vector<std::size_t> starts_;    ///< a frame's first fragment; one more at the end
  std::size_t in_memory_[2] = {0, 0};  ///< fragments whose bytes are held
  std::vector<std::uint8_t> joined_;
};

}  // namespace anatomynet::io
