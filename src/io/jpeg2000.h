#pragma once
#include <cstdint>
#include <span>
#include <vector>

// Internal to the io room.
namespace anatomynet::dicom {

/// Whether this build can decode JPEG 2000 (it does where OpenJPEG was found).
bool have_jpeg2000();

/// Decodes the code stream of one grey frame into columns x rows stored values, two's complement in 16 bits.
/// Throws Error(input) without saying which file.
void decode_jpeg2000(std::span<const std::uint8_t> code, std::int64_t columns, std::int64_t rows,
                     std::vector<std::uint16_t>& values);

}  // namespace anatomynet::dicom
