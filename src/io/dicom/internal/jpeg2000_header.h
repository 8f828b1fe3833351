#pragma once
#include "io/dicom/internal/code_header.h"

// Internal to the io module.
namespace anatomynet::io {

struct Jpeg2000Header : CodeHeader {
  std::span<const std::uint8_t> stream;  ///< the code stream, without the JP2 boxes that some writers add
};

/// Reads the marker segments of a JPEG 2000 code stream (ISO/IEC 15444-1 Annex A). OpenJPEG allocates tiles,
/// precincts and code blocks by them, so numbers that this few bytes cannot fill are an Error(input), which
/// does not say which file.
Jpeg2000Header read_jpeg2000_header(std::span<const std::uint8_t> code);

}  // namespace anatomynet::io
