#pragma once
#include <cstdint>
#include <vector>

#include "io/dicom/internal/jpeg2000_header.h"

// Internal to the io module.
namespace anatomynet::io {

/// Whether this build can decode JPEG 2000 (it does where OpenJPEG was found).
bool have_jpeg2000();

/// Decodes one grey frame of at most 16 bits into columns x rows values: in two's complement of 16 bits where
/// the stream is signed. Throws Error(input) without saying which file.
void decode_jpeg2000(const Jpeg2000Header& code, std::vector<std::uint16_t>& values);

}  // namespace anatomynet::io
