#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

// Internal to the io module.
namespace anatomynet::io {

/// How the frames of Pixel Data are coded.
enum class Coding { native, rle, jpeg, jpeg_ls, jpeg2000 };

/// What a compressed frame says of itself, known before anything is decoded or memory is taken for it.
struct CodeHeader {
  std::int64_t columns = 0, rows = 0;
  int components = 0;      ///< 1 for grey
  int precision = 0;       ///< bits of a value
  bool is_signed = false;  ///< JPEG 2000 alone tells; values of JPEG and JPEG-LS are unsigned
};

/// The frame header of JPEG (ITU-T T.81 B.2.2) and JPEG-LS (T.87 C.2.2). Throws Error(input) without saying
/// which file.
CodeHeader read_jpeg_header(std::span<const std::uint8_t> code);

/// Whether bytes begin as a frame in this coding does. RLE frames have no such mark.
bool starts_frame(std::span<const std::uint8_t> code, Coding coding);

/// Memory that a damaged or hostile file may ask for: `free_bytes`, and a thousand times its own size. Blank
/// slices compress that well, anatomy does not.
bool affordable(double bytes_wanted, double bytes_stored, double free_bytes);
inline constexpr double free_frame_bytes = 16.0 * (1 << 20), free_volume_bytes = 64.0 * (1 << 20);

}  // namespace anatomynet::io
