#include "io/dicom/internal/jpeg2000_header.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "core/error.h"

namespace anatomynet::io {
namespace {

[[noreturn]] void fail(const char* why) {
  throw Error(ErrorKind::input, std::string("JPEG 2000 voxels ") + why + "; copy the file again");
}

constexpr unsigned soc = 0xff4f, siz = 0xff51, cod = 0xff52, coc = 0xff53, sot = 0xff90, sod = 0xff93,
                   eoc = 0xffd9;
constexpr const char* damaged = "have no readable header: truncated or damaged";

// Bytes of a big-endian file; reading past the end is an error.
struct Bytes {
  std::span<const std::uint8_t> all;

  std::uint32_t number(std::size_t at, std::size_t bytes) const {
    if (at > all.size() || bytes > all.size() - at) fail(damaged);
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < bytes; ++i) out = out << 8 | all[at + i];
    return out;
  }
};

// The code stream box of a JP2 file (Annex I); other boxes say nothing that a grey image needs.
std::span<const std::uint8_t> without_boxes(std::span<const std::uint8_t> code) {
  if (code.size() < 12 || std::memcmp(code.data() + 4, "jP  ", 4) != 0) return code;
  const Bytes file{code};
  for (std::size_t at = 0; at + 8 <= code.size();) {
    std::uint64_t length = file.number(at, 4);
    std::size_t header = 8;
    if (length == 1) {
      length = std::uint64_t{file.number(at + 8, 4)} << 32 | file.number(at + 12, 4);
      header = 16;
    }
    const std::size_t left = code.size() - at;
    if (length == 0) length = left;  // the last box
    if (length < header) fail(damaged);
    if (file.number(at + 4, 4) == 0x6a703263)  // "jp2c"
      return code.subspan(at + header, std::min<std::uint64_t>(length, left) - header);
    if (length > left) fail(damaged);
    at += static_cast<std::size_t>(length);
  }
  fail(damaged);
}

struct Tiles {
  std::uint64_t columns = 0, rows = 0;  // of one tile
  std::uint64_t count = 1;
};

Tiles read_size(const Bytes& code, std::size_t at, CodeHeader& header) {
  std::uint64_t x[8];  // Xsiz Ysiz XOsiz YOsiz XTsiz YTsiz XTOsiz YTOsiz
  for (std::size_t i = 0; i < 8; ++i) x[i] = code.number(at + 4 + 4 * i, 4);
  header.components = static_cast<int>(code.number(at + 36, 2));
  if (header.components != 1) fail("have several colours, expected grey");
  const std::uint32_t depth = code.number(at + 38, 1);
  header.precision = static_cast<int>(depth & 0x7f) + 1;
  header.is_signed = (depth & 0x80) != 0;
  if (code.number(at + 39, 2) != 0x0101) fail("are subsampled, expected a value for every voxel");
  Tiles tiles;
  for (std::size_t k = 0; k < 2; ++k) {
    const std::uint64_t end = x[k], start = x[2 + k], tile = x[4 + k], first = x[6 + k];
    if (end <= start || tile == 0 || first > start || first + tile <= start) fail(damaged);
    (k == 0 ? header.columns : header.rows) = static_cast<std::int64_t>(end - start);
    (k == 0 ? tiles.columns : tiles.rows) = std::min(tile, end - start);
    tiles.count *= (end - first + tile - 1) / tile;
  }
  return tiles;
}

// What OpenJPEG allocates for tiles coded as a COD or COC segment says; `at`: its style byte Scod.
void check_coding(const Bytes& code, std::size_t at, std::size_t parameters, const Tiles& tiles,
                  std::uint64_t count) {
  const bool own_precincts = (code.number(at, 1) & 1) != 0;
  const std::uint32_t levels = code.number(parameters, 1);
  const std::uint32_t block = code.number(parameters + 1, 1) + code.number(parameters + 2, 1) + 4;
  if (levels > 32 || block > 12) fail(damaged);
  std::uint64_t precincts = 0;
  for (std::uint32_t r = 0; r <= levels; ++r) {
    const std::uint32_t size = own_precincts ? code.number(parameters + 5 + r, 1) : 0xff;
    const auto parts = [&](std::uint64_t n, std::uint32_t exponent) {
      const std::uint32_t shift = std::min(levels - r + exponent, 40U);
      return (n + (std::uint64_t{1} << shift) - 1) >> shift;
    };
    precincts += parts(tiles.columns, size & 15) * parts(tiles.rows, size >> 4);
  }
  const std::uint64_t bytes = code.all.size();
  if (precincts > bytes || precincts * count > bytes)  // each has a packet, and no packet is empty
    fail("have more precincts than bytes: damaged");
  constexpr double block_bytes = 800;  // OpenJPEG's state of a code block
  const double blocks = double(tiles.columns) * double(tiles.rows) * double(count) / double(1U << block);
  if (!affordable(blocks * block_bytes, double(bytes), free_volume_bytes))
    fail("have more code blocks than their bytes can fill: damaged");
}

}  // namespace

Jpeg2000Header read_jpeg2000_header(std::span<const std::uint8_t> code) {
  Jpeg2000Header header;
  header.stream = without_boxes(code);
  const Bytes bytes{header.stream};
  if (bytes.number(0, 2) != soc || bytes.number(2, 2) != siz) fail(damaged);
  const Tiles tiles = read_size(bytes, 4, header);
  constexpr std::size_t least_tile_bytes = 14;  // SOT and SOD
  if (tiles.count > header.stream.size() / least_tile_bytes) fail("have more tiles than bytes: damaged");

  // Coding styles stand in the main header, or in that of a tile part, which is then left at its SOD.
  std::size_t at = 2, next_part = 0;
  std::uint64_t count = tiles.count;  // that a coding style is for
  while (at + 4 <= header.stream.size()) {
    const std::uint32_t marker = bytes.number(at, 2);
    if (marker == eoc) break;
    if (marker == sod) {
      if (next_part <= at || next_part >= header.stream.size()) break;  // the decoder says what is missing
      at = next_part;
      continue;
    }
    const std::size_t length = bytes.number(at + 2, 2);
    if (marker < 0xff00 || length < 2) fail(damaged);
    if (marker == sot) {
      const std::size_t part = bytes.number(at + 6, 4);
      next_part = part == 0 ? 0 : at + part;
      count = 1;
    }
    if (marker == cod) check_coding(bytes, at + 4, at + 9, tiles, count);
    if (marker == coc) check_coding(bytes, at + 5, at + 6, tiles, count);
    at += 2 + length;
  }
  return header;
}

}  // namespace anatomynet::io
