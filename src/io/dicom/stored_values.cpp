#include "io/dicom/internal/stored_values.h"

#include <algorithm>
#include <cmath>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "core/error.h"
#include "io/dicom/internal/dicom_item.h"

namespace anatomynet::io {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorKind::input, message); }

// Padding that maps into this range of HU would erase tissue.
constexpr double tissue_low = -900, tissue_high = 3000;

}  // namespace

Packing read_packing(DcmItem& data, const std::string& where) {
  const auto integer = [&](const DcmTagKey& tag) {
    return static_cast<int>(required_number(data, tag, where));
  };
  if (const auto photometric = required_text(data, DCM_PhotometricInterpretation, where);
      photometric != "MONOCHROME2")
    fail(where + ": " + tag_name(DCM_PhotometricInterpretation) + " is " + photometric +
         ", expected MONOCHROME2");
  const int allocated = integer(DCM_BitsAllocated);
  Packing packing;
  packing.stored = integer(DCM_BitsStored);
  packing.high_bit = integer(DCM_HighBit);
  packing.is_signed = integer(DCM_PixelRepresentation) == 1;
  if ((allocated != 8 && allocated != 16) || packing.stored < 1 || packing.stored > allocated ||
      packing.high_bit >= allocated || packing.high_bit + 1 < packing.stored)
    fail(where + ": Bits Allocated " + std::to_string(allocated) + ", Stored " +
         std::to_string(packing.stored) + ", High Bit " + std::to_string(packing.high_bit) +
         " is no CT voxel; expected 8 or 16 bits");
  return packing;
}

Packing packing_of(const StreamValues& stream, const Packing& header, bool overlays) {
  Packing out = header;
  if (stream.precision == 0) return out;
  out.is_signed = header.is_signed || stream.is_signed.value_or(false);
  // A wider stream may be of whole cells, with values at their top, overlays above them, or a sign that does
  // not reach up to the cell's.
  const bool sign_within = header.is_signed && !stream.is_signed.value_or(false);
  const bool whole_cells =
      stream.precision > header.stored && (overlays || header.high_bit >= header.stored || sign_within);
  if (!whole_cells) {
    out.stored = stream.precision;
    out.high_bit = stream.precision - 1;
  }
  return out;
}

bool sign_in_doubt(const StreamValues& stream, const Packing& header) {
  if (stream.precision == 0) return false;
  if (stream.is_signed) return *stream.is_signed != header.is_signed;
  return header.is_signed && stream.precision < header.stored;
}

std::optional<Padding> Padding::read(DcmItem& data, const Packing& packing, const std::string& where) {
  const auto value = numbers(data, DCM_PixelPaddingValue, where);
  if (!value) return {};
  const auto limit = numbers(data, DCM_PixelPaddingRangeLimit, where).value_or(*value);
  const double numbers_found[] = {value->front(), limit.front()};
  Padding out;
  out.is_signed_ = packing.is_signed || numbers_found[0] < 0 || numbers_found[1] < 0;
  std::int32_t ends[2];
  for (int k = 0; k < 2; ++k) {
    const auto pattern = static_cast<std::uint16_t>(std::lround(numbers_found[k]));
    ends[k] = out.is_signed_ ? static_cast<std::int16_t>(pattern) : pattern;
  }
  out.low_ = std::min(ends[0], ends[1]);
  out.high_ = std::max(ends[0], ends[1]);
  return out;
}

bool Padding::covers_tissue(const Packing& packing, double slope, double intercept) const {
  const std::int32_t values = std::int32_t{1} << packing.stored;
  const std::int32_t lowest = packing.is_signed ? -values / 2 : 0, highest = lowest + values - 1;
  const auto covers = [&](std::int32_t low, std::int32_t high) {
    low = std::max(low, lowest);
    high = std::min(high, highest);
    if (low > high) return false;
    const double a = slope * low + intercept, b = slope * high + intercept;
    return std::max(a, b) > tissue_low && std::min(a, b) < tissue_high;
  };
  constexpr std::int32_t patterns = 1 << 16;
  if (packing.is_signed || !is_signed_) return covers(low_, high_);
  // negative numbers are the upper half of unsigned patterns
  return (low_ < 0 && covers(low_ + patterns, std::min(high_, -1) + patterns)) ||
         (high_ >= 0 && covers(std::max(low_, 0), high_));
}

std::string Padding::text() const {
  return std::to_string(low_) + (high_ == low_ ? std::string() : " to " + std::to_string(high_));
}

bool has_embedded_overlays(DcmItem& data) {
  for (Uint16 group = 0x6000; group <= 0x601e; group = static_cast<Uint16>(group + 2)) {
    Uint16 allocated = 0;
    if (data.findAndGetUint16(DcmTagKey(group, 0x0100), allocated).good() && allocated > 1) return true;
  }
  return false;
}

}  // namespace anatomynet::io
