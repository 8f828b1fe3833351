#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "io/dicom/internal/frame_reader.h"

class DcmItem;

// What stored values mean. Internal to the io module.
namespace anatomynet::io {

/// How values lie in cells (PS3.3 C.7.6.3.1.1).
struct Packing {
  int stored = 16, high_bit = 15;
  bool is_signed = false;

  std::int32_t value(std::uint16_t cell) const {
    const std::uint32_t top = static_cast<std::uint32_t>(cell) << (31 - high_bit);
    const int below = 32 - stored;
    return is_signed ? static_cast<std::int32_t>(top) >> below : static_cast<std::int32_t>(top >> below);
  }
};

/// The header's packing. Throws Error(input) that begins with `where` for what is no grey voxel of 8 or 16
/// bits.
Packing read_packing(DcmItem& data, const std::string& where);

/// The packing of a frame whose stream has its own. Where the two differ the stream is right, as PS3.5 8.2
/// says: it may be narrower or wider than Bits Stored. A sign that either of them has is taken, since writers
/// of two's complement often mark it in one of the two only. `overlays`: bits above Bits Stored are overlays.
Packing packing_of(const StreamValues& stream, const Packing& header, bool overlays);

/// Whether the stream's sign, or its width under a sign, contradicts the header's, so that `packing_of`
/// guessed.
bool sign_in_doubt(const StreamValues& stream, const Packing& header);

/// Pixel Padding Value and Range Limit (PS3.3 C.7.5.1.1.2) as a range of bit patterns. Both come as US or SS,
/// whatever the pixels are, and may need bits above Bits Stored.
class Padding {
 public:
  /// Nothing where the header declares none.
  static std::optional<Padding> read(DcmItem& data, const Packing& packing, const std::string& where);

  /// Whether a cell, or the value that was unpacked from it, is padding.
  bool holds(std::uint16_t cell, std::int32_t value) const {
    return within(cell) || within(static_cast<std::uint16_t>(value));
  }

  /// Whether values that the packing can hold would be tissue: HU = slope * value + intercept.
  bool covers_tissue(const Packing& packing, double slope, double intercept) const;

  std::string text() const;  ///< "-2000" or "-2000 to -1500"

 private:
  bool within(std::uint16_t pattern) const {
    const std::int32_t v = is_signed_ ? static_cast<std::int16_t>(pattern) : pattern;
    return v >= low_ && v <= high_;
  }

  bool is_signed_ = false;
  std::int32_t low_ = 0, high_ = 0;
};

/// Whether group 60xx says that bits of the cells are overlays (retired, PS3.5 8.1.2).
bool has_embedded_overlays(DcmItem& data);

}  // namespace anatomynet::io
