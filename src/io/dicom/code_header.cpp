#include "io/dicom/internal/code_header.h"

#include <cstring>

#include "core/error.h"

namespace anatomynet::io {
namespace {

[[noreturn]] void fail() {
  throw Error(ErrorKind::input,
              "compressed voxels have no readable header: truncated or damaged; copy the file again");
}

constexpr unsigned start_of_image = 0xd8, end_of_image = 0xd9, start_of_scan = 0xda, jpeg_ls_frame = 0xf7;

// SOF markers; the others in their range are DHT, JPG and DAC.
bool starts_frame_header(unsigned marker) {
  return marker == jpeg_ls_frame ||
         (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc);
}

}  // namespace

CodeHeader read_jpeg_header(std::span<const std::uint8_t> code) {
  if (!starts_frame(code, Coding::jpeg)) fail();
  const auto word = [&](std::size_t at) { return code[at] << 8 | code[at + 1]; };
  for (std::size_t at = 2; at + 4 <= code.size();) {
    if (code[at] != 0xff) fail();
    const unsigned marker = code[at + 1];
    if (marker == 0xff) {  // a fill byte
      ++at;
      continue;
    }
    const auto length = static_cast<std::size_t>(word(at + 2));
    if (marker == start_of_scan || marker == end_of_image || length < 2 || length > code.size() - at - 2)
      fail();
    if (starts_frame_header(marker)) {
      if (length < 8) fail();
      CodeHeader header;
      header.precision = code[at + 4];
      header.rows = word(at + 5);
      header.columns = word(at + 7);
      header.components = code[at + 9];
      return header;
    }
    at += 2 + length;
  }
  fail();
}

bool starts_frame(std::span<const std::uint8_t> code, Coding coding) {
  if (coding == Coding::jpeg || coding == Coding::jpeg_ls)
    return code.size() > 2 && code[0] == 0xff && code[1] == start_of_image;
  if (coding != Coding::jpeg2000) return false;
  const bool stream = code.size() > 4 && code[0] == 0xff && code[1] == 0x4f && code[2] == 0xff;
  return stream || (code.size() > 8 && std::memcmp(code.data() + 4, "jP  ", 4) == 0);
}

bool affordable(double bytes_wanted, double bytes_stored, double free_bytes) {
  return bytes_wanted <= free_bytes + 1000 * bytes_stored;
}

}  // namespace anatomynet::io
