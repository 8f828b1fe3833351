#include "report/image/png.h"

#include <algorithm>
#include <cstdlib>
#include <span>

#include <zlib.h>

#include "report/image/deflate.h"

namespace anatomynet::report {
namespace {

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(value >> shift & 0xffu);
  return bytes;
}

std::string chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  return big_endian(static_cast<std::uint32_t>(data.size())) + body +
         big_endian(static_cast<std::uint32_t>(
             crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()))));
}

using Bytes = std::vector<std::uint8_t>;

// A row less its left or its upper neighbour, whichever leaves the smaller values: it compresses better.
// `to` holds the filter's number and the row; `other` is of the same size.
void filter(const std::uint8_t* row, const std::uint8_t* above, std::size_t channels,
            std::span<std::uint8_t> to, Bytes& other) {
  const std::size_t bytes = to.size() - 1;
  std::uint8_t *left = to.data() + 1, *up = other.data() + 1;
  std::copy_n(row, channels, left);
  for (std::size_t i = channels; i < bytes; ++i)
    left[i] = static_cast<std::uint8_t>(row[i] - row[i - channels]);
  for (std::size_t i = 0; i < bytes; ++i) up[i] = static_cast<std::uint8_t>(row[i] - above[i]);
  const auto size = [&](const std::uint8_t* values) {
    int sum = 0;
    for (std::size_t i = 0; i < bytes; ++i) sum += std::abs(static_cast<std::int8_t>(values[i]));
    return sum;
  };
  to[0] = 1;
  other[0] = 2;
  if (size(up) <= size(left)) std::copy(other.begin(), other.end(), to.begin());
}

std::string encode(int width, int height, const Bytes& pixels, std::size_t channels) {
  const auto stride = static_cast<std::size_t>(width) * channels;
  Bytes rows(static_cast<std::size_t>(height) * (stride + 1)), other(stride + 1);
  const Bytes nothing(stride);
  for (std::size_t y = 0; y < static_cast<std::size_t>(height); ++y) {
    const std::uint8_t* row = pixels.data() + y * stride;
    filter(row, y ? row - stride : nothing.data(), channels,
           std::span(rows).subspan(y * (stride + 1), stride + 1), other);
  }
  const std::string packed = deflated(rows);
  const std::string header = big_endian(static_cast<std::uint32_t>(width)) +
                             big_endian(static_cast<std::uint32_t>(height)) + '\x08' +
                             (channels == 3 ? '\x02' : '\x00') +  // 8 bits; RGB or grey
                             std::string(3, '\0');                // not interlaced
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", header) + chunk("IDAT", packed) + chunk("IEND", "");
}

}  // namespace

std::string encode_png(int width, int height, const std::vector<std::uint8_t>& rgb) {
  return encode(width, height, rgb, 3);
}

std::string encode_grey_png(int width, int height, const std::vector<std::uint8_t>& grey) {
  return encode(width, height, grey, 1);
}

}  // namespace anatomynet::report
