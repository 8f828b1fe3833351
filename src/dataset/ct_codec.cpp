#include "dataset/ct_codec.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <limits>

#include <zlib.h>

#include "core/error.h"

namespace anatomynet::dataset {
namespace {

constexpr int air = -1000;
constexpr std::size_t streams = 6, header = (streams + 1) * sizeof(std::uint32_t);
constexpr std::uint8_t wide = 255;
// Deflate cannot make more than this of a byte (zlib's own documentation: 1032 : 1).
constexpr std::size_t largest_ratio = 1032;
constexpr std::size_t largest_array = std::size_t{1} << 28;

[[noreturn]] void damaged(const std::string& why) {
  throw Error(ErrorKind::input, "its compressed bytes are damaged: " + why);
}

int median(int a, int b, int c) { return std::max(std::min(a, b), std::min(std::max(a, b), c)); }

// How much the neighbours differ, in HU, to the stream: noise, tissue and edges have residuals of their own.
std::size_t ct_stream(int difference) {
  return difference == 0    ? 0
         : difference < 16  ? 1
         : difference < 64  ? 2
         : difference < 200 ? 3
         : difference < 600 ? 4
                            : 5;
}

// Calls value = voxel(prediction, stream) in storage order; writer and reader differ in that function alone.
template <class Voxel>
void walk(const Size3& size, Voxel voxel) {
  const std::int64_t nx = size[0], ny = size[1];
  const std::int64_t row = nx + 2;  // a column of air on either side, a row of it before the first
  std::vector<int> before(static_cast<std::size_t>((ny + 1) * row), air), now = before;
  for (std::int64_t z = 0; z < size[2]; ++z) {
    for (std::int64_t y = 1; y <= ny; ++y) {
      int* at = now.data() + y * row;
      const int* last = before.data() + y * row;
      for (std::int64_t x = 1; x <= nx; ++x) {
        const int w = at[x - 1], n = at[x - row], nw = at[x - row - 1], ne = at[x - row + 1];
        int prediction = median(w, n, w + n - nw);
        int difference = std::abs(w - nw) + std::abs(n - nw) + std::abs(ne - n);
        if (z > 0) {
          const int p = last[x], pw = last[x - 1], pn = last[x - row];
          prediction = median(prediction, w + p - pw, n + p - pn);
          difference += std::abs(w - pw) + std::abs(n - pn) + std::abs(p - pw) + std::abs(p - pn);
        }
        at[x] = voxel(prediction, ct_stream(difference));
      }
    }
    std::swap(before, now);
  }
}

std::size_t voxel_count(const Size3& size) {
  std::size_t count = 1;
  for (const std::int64_t n : size) {
    if (n < 1 || static_cast<std::size_t>(n) > largest_array / count) damaged("impossible size");
    count *= static_cast<std::size_t>(n);
  }
  return count;
}

// Refuses before memory is taken.
std::size_t voxel_count_for(const Size3& size, std::size_t bytes) {
  const std::size_t count = voxel_count(size);
  if (count > bytes * largest_ratio)
    damaged(std::to_string(bytes) + " bytes cannot hold " + std::to_string(count) + " voxels");
  return count;
}

// At most `most` bytes; fewer are left to the caller to judge.
std::string inflated(std::span<const std::byte> bytes, std::size_t most) {
  std::string out(most, '\0');
  uLongf size = most;
  uLong taken = bytes.size();
  const int status = uncompress2(reinterpret_cast<Bytef*>(out.data()), &size,
                                 reinterpret_cast<const Bytef*>(bytes.data()), &taken);
  if (status == Z_MEM_ERROR) throw Error(ErrorKind::memory, "zlib has no memory left");
  if (status == Z_BUF_ERROR && size == most) damaged("longer than the case's size allows");
  if (status != Z_OK || taken != bytes.size()) damaged("not a whole zlib stream");
  out.resize(size);
  return out;
}

std::string deflated(std::span<const std::uint8_t> bytes) {
  uLongf size = compressBound(bytes.size());
  std::string out(size, '\0');
  if (compress2(reinterpret_cast<Bytef*>(out.data()), &size, bytes.data(), bytes.size(), 9) != Z_OK)
    throw Error(ErrorKind::memory, "zlib has no memory left");
  out.resize(size);
  return out;
}

}  // namespace

std::string compress_ct(std::span<const std::int16_t> voxels, const Size3& size) {
  if (voxels.size() != voxel_count(size)) throw Error(ErrorKind::internal, "compress_ct: voxels and size");
  std::array<std::vector<std::uint8_t>, streams + 1> parts;
  std::size_t next = 0;
  walk(size, [&](int prediction, std::size_t stream) {
    const int value = voxels[next++];
    const auto residual = static_cast<std::int16_t>(static_cast<std::uint16_t>(value - prediction));
    const auto folded = static_cast<std::uint16_t>(residual < 0 ? -2 * residual - 1 : 2 * residual);
    if (folded < wide) {
      parts[stream].push_back(static_cast<std::uint8_t>(folded));
    } else {
      parts[stream].push_back(wide);
      parts[streams].push_back(static_cast<std::uint8_t>(folded & 255));
      parts[streams].push_back(static_cast<std::uint8_t>(folded >> 8));
    }
    return value;
  });
  std::vector<std::uint8_t> all(header);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto length = static_cast<std::uint32_t>(parts[i].size());
    std::memcpy(&all[i * sizeof length], &length, sizeof length);
    all.insert(all.end(), parts[i].begin(), parts[i].end());
  }
  return deflated(all);
}

std::vector<std::int16_t> decompress_ct(std::span<const std::byte> bytes, const Size3& size) {
  const std::size_t count = voxel_count_for(size, bytes.size());
  const std::string all = inflated(bytes, std::min(header + 3 * count, bytes.size() * largest_ratio));
  std::array<std::span<const char>, streams + 1> parts;
  std::size_t at = header, symbols = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::uint32_t length = 0;
    if (all.size() < header) damaged("no list of lengths");
    std::memcpy(&length, &all[i * sizeof length], sizeof length);
    if (length > all.size() - at) damaged("a part ends behind the end");
    parts[i] = std::span(all).subspan(at, length);
    at += length;
    if (i < streams) symbols += length;
  }
  if (at != all.size() || symbols != count) damaged("another number of voxels than its grid's");
  std::array<std::size_t, streams + 1> next{};
  const auto take = [&](std::size_t part) {
    if (next[part] >= parts[part].size()) damaged("a part is too short");
    return static_cast<unsigned>(static_cast<std::uint8_t>(parts[part][next[part]++]));
  };
  std::vector<std::int16_t> voxels;
  voxels.reserve(count);
  walk(size, [&](int prediction, std::size_t stream) {
    unsigned folded = take(stream);
    if (folded == wide) {
      folded = take(streams);
      folded |= take(streams) << 8;
    }
    const int residual = folded % 2 ? -static_cast<int>(folded / 2) - 1 : static_cast<int>(folded / 2);
    voxels.push_back(static_cast<std::int16_t>(static_cast<std::uint16_t>(prediction + residual)));
    return static_cast<int>(voxels.back());
  });
  if (next[streams] != parts[streams].size()) damaged("bytes are left over");
  return voxels;
}

std::string compress_bytes(std::span<const std::uint8_t> bytes) { return deflated(bytes); }

std::vector<std::uint8_t> decompress_bytes(std::span<const std::byte> bytes, const Size3& size) {
  const std::size_t count = voxel_count_for(size, bytes.size());
  const std::string out = inflated(bytes, count);
  if (out.size() != count) damaged("another number of voxels than its grid's");
  return {out.begin(), out.end()};
}

}  // namespace anatomynet::dataset
