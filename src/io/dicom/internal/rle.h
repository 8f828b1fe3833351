#pragma once
#include <cstdint>
#include <span>

// Internal to the io module.
namespace anatomynet::io {

/// Decodes one RLE frame (PS3.5 Annex G) into stored values of `bits_allocated` 8 or 16. DCMTK's decoder
/// reads past the end of damaged data. Throws Error(input) without saying which file.
void decode_rle(std::span<const std::uint8_t> code, int bits_allocated, std::span<std::uint16_t> values);

}  // namespace anatomynet::io
