#include "io/image/internal/gzip.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include <zlib.h>

#include "core/error.h"

namespace anatomynet::io {
namespace {

constexpr std::size_t chunk_size = 1 << 18;

std::string little_endian(std::uint32_t value) {
  std::string bytes;
  for (const int shift : {0, 8, 16, 24}) bytes += static_cast<char>(value >> shift & 0xffu);
  return bytes;
}

std::string big_endian(std::uint32_t value) {
  std::string bytes = little_endian(value);
  std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

struct Checksum {
  uLong (*of)(uLong, const Bytef*, uInt);
  uLong (*joined)(uLong, uLong, z_off_t);
};
constexpr Checksum crc{crc32, crc32_combine}, adler{adler32, adler32_combine};

uLong sum_of(const Checksum& sum, std::span<const char> bytes) {
  return sum.of(sum.of(0, nullptr, 0), reinterpret_cast<const Bytef*>(bytes.data()),
                static_cast<uInt>(bytes.size()));
}

// Raw deflate blocks that end at a byte's border and refer to nothing before them.
class Deflater {
 public:
  Deflater() {
    constexpr int raw = -15, memory_level = 8;
    // the lowest level: a noisy CT shrinks hardly less, in an eighth of the time
    if (deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, raw, memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
      throw Error(ErrorKind::memory, "not enough memory to compress");
  }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  std::string operator()(std::span<char> bytes) {
    deflateReset(&stream_);
    std::vector<char> out(deflateBound(&stream_, static_cast<uLong>(bytes.size())) + 16);
    stream_.next_in = reinterpret_cast<Bytef*>(bytes.data());
    stream_.avail_in = static_cast<uInt>(bytes.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    if (deflate(&stream_, Z_FULL_FLUSH) != Z_OK || stream_.avail_in != 0 || stream_.avail_out == 0)
      throw Error(ErrorKind::internal, "compression failed");
    return {out.data(), out.size() - stream_.avail_out};
  }

 private:
  z_stream stream_{};
};

bool all_zero(std::span<const char> bytes) {
  return bytes.empty() ||
         (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

// Appends the blocks to `out`; the checksum of all bytes.
uLong deflate_all(std::size_t size, const FillBytes& fill, const Checksum& sum, std::string& out) {
  Deflater deflater;
  std::string zeros;  // a whole chunk of them, compressed
  uLong zeros_sum = 0, all = sum.of(0, nullptr, 0);
  std::vector<char> chunk(chunk_size);
  for (std::size_t at = 0; at < size; at += chunk_size) {
    const std::span bytes(chunk.data(), std::min(chunk_size, size - at));
    fill(at, bytes);
    const bool is_zero = bytes.size() == chunk_size && all_zero(bytes);
    if (is_zero && zeros.empty()) {
      zeros = deflater(bytes);
      zeros_sum = sum_of(sum, bytes);
    }
    out += is_zero ? zeros : deflater(bytes);
    all = sum.joined(all, is_zero ? zeros_sum : sum_of(sum, bytes), static_cast<z_off_t>(bytes.size()));
  }
  out.append("\x03\0", 2);  // an empty last block
  return all;
}

}  // namespace

std::string gzip(std::size_t size, const FillBytes& fill) {
  std::string out("\x1f\x8b\x08\0\0\0\0\0\4\xff", 10);  // deflate, no time, fastest, unknown system
  const uLong sum = deflate_all(size, fill, crc, out);
  return out + little_endian(static_cast<std::uint32_t>(sum)) +
         little_endian(static_cast<std::uint32_t>(size));
}

std::string zlib_stream(std::size_t size, const FillBytes& fill) {
  std::string out("\x78\x01", 2);  // deflate, window of 32 KiB, fastest
  const uLong sum = deflate_all(size, fill, adler, out);
  return out + big_endian(static_cast<std::uint32_t>(sum));
}

}  // namespace anatomynet::io
