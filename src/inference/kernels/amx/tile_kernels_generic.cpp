#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "core/bfloat16.h"
#include "inference/kernels/amx/tile_kernels.h"

// The AMX tile kernels in plain C++, with the order of additions that AMX has (Intel SDM vol. 2, TDPBF16PS
// and TDPBSSD), so that all around them is tested on every machine.
namespace anatomynet::inference {
namespace {

constexpr std::int64_t tile = 1024, side = 16;

void open(std::byte*) {}
void close(const std::byte*) {}

template <class T>
T read(const std::byte* at, std::int64_t index) {
  T value;
  std::memcpy(&value, at + index * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
  return value;
}

// One row of 16 accumulators += a row of 32 bf16 times a tile. Even and odd products are summed separately
// first.
void add_row(const std::byte* left, const std::byte* right, float* accumulators) {
  float even[side] = {}, odd[side] = {};
  for (std::int64_t k = 0; k < side; ++k) {
    const float first = widen(read<std::uint16_t>(left, 2 * k)),
                second = widen(read<std::uint16_t>(left, 2 * k + 1));
    for (std::int64_t n = 0; n < side; ++n) {
      even[n] += first * widen(read<std::uint16_t>(right, 2 * (k * side + n)));
      odd[n] += second * widen(read<std::uint16_t>(right, 2 * (k * side + n) + 1));
    }
  }
  for (std::int64_t n = 0; n < side; ++n) accumulators[n] += even[n] + odd[n];
}

// The same of 64 int8.
void add_row(const std::byte* left, const std::byte* right, std::int32_t* accumulators) {
  for (std::int64_t k = 0; k < side; ++k)
    for (std::int64_t n = 0; n < side; ++n)
      for (std::int64_t i = 0; i < 4; ++i)
        accumulators[n] +=
            read<std::int8_t>(left, 4 * k + i) * read<std::int8_t>(right, 4 * (k * side + n) + i);
}

template <class Sum, int tiles_down, int tiles_beside>
void multiply(const TileStep* steps, std::int64_t count, std::int64_t row, const std::byte* weights,
              float* accumulators) {
  constexpr std::int64_t rows = tiles_down * side;
  Sum all[rows][tiles_beside][side] = {};
  for (std::int64_t s = 0; s < count; ++s, weights += tiles_beside * tile)
    for (std::int64_t m = 0; m < rows; ++m)
      for (std::int64_t t = 0; t < tiles_beside; ++t)
        add_row(steps[s].at + (row + m) * steps[s].pitch, weights + t * tile, all[m][t]);
  std::memcpy(accumulators, all, sizeof all);
}

std::int8_t to_int8(float v) {
  if (!(v > -127)) return -127;
  return static_cast<std::int8_t>(std::lrint(std::min(v, 127.0f)));
}

// One output of one voxel: what is left after all is added.
template <bool int8, int to>
float with_epilogue(const TileEpilogue& how, const float* accumulators, std::int64_t c, const std::byte* at) {
  float v = 0;
  if constexpr (int8) {
    std::int32_t sum = 0;
    std::memcpy(&sum, accumulators + c, sizeof sum);
    v = std::fma(static_cast<float>(sum), how.scale[c], how.bias[c]);
  } else {
    v = accumulators[c] + how.bias[c];
  }
  if (how.accumulate_from && to == TileEpilogue::bf16)
    v = std::fma(widen(read<std::uint16_t>(at, 0)), how.accumulate_from[c], v);
  if (how.accumulate_from && to == TileEpilogue::f32)
    v = std::fma(read<float>(at, 0), how.accumulate_from[c], v);
  return std::max(v, v * how.slope);
}

template <bool int8, int to>
void epilogue(const TileEpilogue& how, const TileAccumulators& block) {
  constexpr std::int64_t size = to == TileEpilogue::bf16 ? 2 : to == TileEpilogue::f32 ? 4 : 1;
  const std::int64_t apart = how.plane > 0 ? how.plane : 1;  // values from an output to the next
  std::byte* out = block.to;
  float* channel_sums = block.channel_sums;
  std::int64_t x = block.x;
  for (std::int64_t i = 0; i < block.voxels; ++i) {
    const float* at = block.accumulators + i / how.group * how.row + i % how.group * how.outputs;
    if (x < how.width) {
      for (std::int64_t c = 0; c < how.outputs; ++c) {
        std::byte* to_value = out + c * apart * size;
        const float v = with_epilogue<int8, to>(how, at, c, to_value);
        if constexpr (to == TileEpilogue::bf16) {
          const std::uint16_t bits = narrow<std::uint16_t>(v);
          std::memcpy(to_value, &bits, size);
        } else if constexpr (to == TileEpilogue::f32) {
          std::memcpy(to_value, &v, size);
        } else {
          const std::int8_t rounded = to_int8(v);
          std::memcpy(to_value, &rounded, size);
        }
        if (channel_sums) channel_sums[c] += v;
      }
      out += how.step * size;
    }
    if (++x == how.pitch) {
      x = 0;
      out += how.row_gap * size;
      if (channel_sums) channel_sums += how.row_step;
    }
  }
}

template <bool int8, int to>
constexpr TileKernels table() {
  using Sum = std::conditional_t<int8, std::int32_t, float>;
  return {open, close, multiply<Sum, 2, 2>, multiply<Sum, 4, 1>, epilogue<int8, to>};
}

template <bool int8>
const TileKernels& of(decltype(TileEpilogue::to) to) {
  static constexpr TileKernels bf16 = table<int8, TileEpilogue::bf16>(),
                               f32 = table<int8, TileEpilogue::f32>(), s8 = table<int8, TileEpilogue::s8>();
  return to == TileEpilogue::f32 ? f32 : to == TileEpilogue::s8 ? s8 : bf16;
}

}  // namespace

const TileKernels& tile_kernels_generic(bool integers, decltype(TileEpilogue::to) to) {
  return integers ? of<true>(to) : of<false>(to);
}

}  // namespace anatomynet::inference
