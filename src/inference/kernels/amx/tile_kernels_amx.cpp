#include <immintrin.h>

#include "inference/kernels/amx/tile_epilogue.h"
#include "inference/kernels/amx/tile_kernels.h"

// Compiled for AMX: nothing here may be shared with other files, and no inline function of a header is
// called.
namespace anatomynet::inference {
namespace {

struct alignas(64) Palette {
  std::uint8_t palette = 1, start = 0, reserved[14]{};
  std::uint16_t row_bytes[16]{};
  std::uint8_t rows[16]{};
  constexpr Palette() {
    for (int t = 0; t < 8; ++t) {
      row_bytes[t] = 64;
      rows[t] = 16;
    }
  }
};

// In memory for good: the compiler's intrinsic says of its first eight bytes alone that they are read.
constexpr Palette palette;

void open(std::byte* kept) {
  _tile_storeconfig(kept);
  _tile_loadconfig(&palette);
}

void close(const std::byte* kept) {
  if (kept[0] == std::byte{0}) {
    _tile_release();
  } else {
    _tile_loadconfig(kept);
  }
}

// Tile numbers are constants of the instruction, so a macro, not a function.
#define ANATOMYNET_PRODUCT(sum, left, right) \
  if constexpr (int8) {                      \
    _tile_dpbssd(sum, left, right);          \
  } else {                                   \
    _tile_dpbf16ps(sum, left, right);        \
  }

template <bool int8>
void multiply_2x2(const TileStep* steps, std::int64_t count, std::int64_t row, const std::byte* weights,
                  float* accumulators) {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (std::int64_t s = 0; s < count; ++s, weights += 2048) {
    const std::int64_t pitch = steps[s].pitch;
    const std::byte* left = steps[s].at + row * pitch;
    _tile_loadd(6, weights, 64);
    _tile_loadd(7, weights + 1024, 64);
    _tile_loadd(4, left, static_cast<int>(pitch));
    _tile_loadd(5, left + 16 * pitch, static_cast<int>(pitch));
    ANATOMYNET_PRODUCT(0, 4, 6)
    ANATOMYNET_PRODUCT(1, 4, 7)
    ANATOMYNET_PRODUCT(2, 5, 6)
    ANATOMYNET_PRODUCT(3, 5, 7)
  }
  _tile_stored(0, accumulators, 128);
  _tile_stored(1, accumulators + 16, 128);
  _tile_stored(2, accumulators + 16 * 32, 128);
  _tile_stored(3, accumulators + 16 * 32 + 16, 128);
}

template <bool int8>
void multiply_4x1(const TileStep* steps, std::int64_t count, std::int64_t row, const std::byte* weights,
                  float* accumulators) {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (std::int64_t s = 0; s < count; ++s, weights += 1024) {
    const std::int64_t pitch = steps[s].pitch;
    const std::byte* left = steps[s].at + row * pitch;
    _tile_loadd(7, weights, 64);
    _tile_loadd(4, left, static_cast<int>(pitch));
    ANATOMYNET_PRODUCT(0, 4, 7)
    _tile_loadd(5, left + 16 * pitch, static_cast<int>(pitch));
    ANATOMYNET_PRODUCT(1, 5, 7)
    _tile_loadd(6, left + 32 * pitch, static_cast<int>(pitch));
    ANATOMYNET_PRODUCT(2, 6, 7)
    _tile_loadd(4, left + 48 * pitch, static_cast<int>(pitch));
    ANATOMYNET_PRODUCT(3, 4, 7)
  }
  _tile_stored(0, accumulators, 64);
  _tile_stored(1, accumulators + 256, 64);
  _tile_stored(2, accumulators + 512, 64);
  _tile_stored(3, accumulators + 768, 64);
}

#undef ANATOMYNET_PRODUCT

template <bool int8, int to>
void epilogue(const TileEpilogue& how, const TileAccumulators& block) {
  EpilogueWriter<int8, to>(how, block).run();
}

template <bool int8, int to>
constexpr TileKernels table{open, close, multiply_2x2<int8>, multiply_4x1<int8>, epilogue<int8, to>};

}  // namespace

const TileKernels& tile_kernels_amx(bool integers, decltype(TileEpilogue::to) to) {
  switch (to) {
    case TileEpilogue::f32:
      return integers ? table<true, TileEpilogue::f32> : table<false, TileEpilogue::f32>;
    case TileEpilogue::s8:
      return integers ? table<true, TileEpilogue::s8> : table<false, TileEpilogue::s8>;
    case TileEpilogue::bf16:
      break;
  }
  return integers ? table<true, TileEpilogue::bf16> : table<false, TileEpilogue::bf16>;
}

}  // namespace anatomynet::inference
