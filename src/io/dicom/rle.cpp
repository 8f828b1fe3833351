#include "io/dicom/internal/rle.h"

#include <algorithm>

#include "core/error.h"

namespace anatomynet::io {
namespace {

constexpr std::size_t header_bytes = 64;

[[noreturn]] void fail() {
  throw Error(ErrorKind::input, "RLE voxels cannot be decoded: truncated or damaged; copy the file again");
}

std::size_t header_word(std::span<const std::uint8_t> code, std::size_t index) {
  std::size_t word = 0;
  for (std::size_t k = 4; k-- > 0;) word = word << 8 | code[4 * index + k];
  return word;
}

// Calls put(i, byte) for the bytes of a segment until `count` are done.
template <class Put>
void unpack(std::span<const std::uint8_t> segment, std::size_t count, Put put) {
  std::size_t at = 0, done = 0;
  while (done < count) {
    if (at >= segment.size()) fail();
    const unsigned control = segment[at++];
    if (control == 128) continue;
    const bool literal = control < 128;
    const std::size_t run = literal ? control + 1 : 257 - control;
    if (run > count - done || (literal ? run : 1) > segment.size() - at) fail();
    for (std::size_t k = 0; k < run; ++k) put(done++, segment[literal ? at + k : at]);
    at += literal ? run : 1;
  }
}

}  // namespace

void decode_rle(std::span<const std::uint8_t> code, int bits_allocated, std::span<std::uint16_t> values) {
  const std::size_t segments = static_cast<std::size_t>(bits_allocated) / 8;
  if (code.size() < header_bytes || header_word(code, 0) != segments) fail();
  std::fill(values.begin(), values.end(), std::uint16_t{0});
  for (std::size_t s = 0; s < segments; ++s) {  // most significant bytes first
    const std::size_t start = header_word(code, s + 1);
    const std::size_t end = s + 1 < segments ? header_word(code, s + 2) : code.size();
    if (start < header_bytes || end > code.size() || start > end) fail();
    unpack(code.subspan(start, end - start), values.size(), [&](std::size_t i, std::uint8_t byte) {
      values[i] = static_cast<std::uint16_t>(values[i] << 8 | byte);
    });
  }
}

}  // namespace anatomynet::io
