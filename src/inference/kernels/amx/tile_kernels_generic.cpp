#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "core/bfloat16.h"
#include "inference/kernels/amx/tile_kernels.h"

// The tile kernels in plain C++, with AMX's own order of sums (Intel SDM vol. 2, TDPBF16PS and TDPBSSD), so
// that all around them is tested on every machine.
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

// One row of 16 sums += a row of 32 bf16 times a tile. Even and odd products are summed apart, then together.
void add_row(const std::byte* left, const std::byte* right, float* sums) {
  float even[side] = {}, odd[side] = {};
  for (std::int64_t k = 0; k < side; ++k) {
    const float first = widen(read<std::uint16_t>(left, 2 * k)),
                second = widen(read<std::uint16_t>(left, 2 * k + 1));
    for (std::int64_t n = 0; n < side; ++n) {
      even[n] += first * widen(read<std::uint16_t>(right, 2 * (k * side + n)));
      odd[n] += second * widen(read<std::uint16_t>(right, 2 * (k * side + n) + 1));
    }
  }
  for (std::int64_t n = 0; n < side; ++n) sums[n] += even[n] + odd[n];
}

// The same of 64 int8.
void add_row(const std::byte* left, const std::byte* right, std::int32_t* sums) {
  for (std::int64_t k = 0; k < side; ++k)
    for (std::int64_t n = 0; n < side; ++n)
      for (std::int64_t i = 0; i < 4; ++i)
        sums[n] += read<std::int8_t>(left, 4 * k + i) * read<std::int8_t>(right, 4 * (k * side + n) + i);
}

template <class Sum, int tiles_down, int tiles_beside>
void multiply(const TileStep* steps, std::int64_t count, std::int64_t row, const std::byte* weights,
              float* sums) {
  constexpr std::int64_t rows = tiles_down * side;
  Sum all[rows][tiles_beside][side] = {};
  for (std::int64_t s = 0; s < count; ++s, weights += tiles_beside * tile)
    for (std::int64_t m = 0; m < rows; ++m)
      for (std::int64_t t = 0; t < tiles_beside; ++t)
        add_row(steps[s].at + (row + m) * steps[s].pitch, weights + t * tile, all[m][t]);
  std::memcpy(sums, all, sizeof all);
}

std::int8_t to_int8(float v) {
  if (!(v > -127)) return -127;
  return static_cast<std::int8_t>(std::lrint(std::min(v, 127.0f)));
}

// One output of one voxel: what is left after all is added.
template <bool whole, int to>
float finished(const TileFinish& how, const float* sums, std::int64_t c, const std::byte* at) {
  float v = 0;
  if constexpr (whole) {
    std::int32_t sum = 0;
    std::memcpy(&sum, sums + c, sizeof sum);
    v = std::fma(static_cast<float>(sum), how.scale[c], how.bias[c]);
  } else {
    v = sums[c] + how.bias[c];
  }
  if (how.there && to == TileFinish::bf16) v = std::fma(widen(read<std::uint16_t>(at, 0)), how.there[c], v);
  if (how.there && to == TileFinish::f32) v = std::fma(read<float>(at, 0), how.there[c], v);
  return std::max(v, v * how.slope);
}

template <bool whole, int to>
void finish(const TileFinish& how, const TileSums& sums) {
  constexpr std::int64_t size = to == TileFinish::bf16 ? 2 : to == TileFinish::f32 ? 4 : 1;
  const std::int64_t apart = how.plane > 0 ? how.plane : 1;  // values from an output to the next
  std::byte* out = sums.to;
  float* row_sums = sums.row_sums;
  std::int64_t x = sums.x;
  for (std::int64_t i = 0; i < sums.voxels; ++i) {
    const float* at = sums.sums + i / how.group * how.row + i % how.group * how.outputs;
    if (x < how.width) {
      for (std::int64_t c = 0; c < how.outputs; ++c) {
        std::byte* to_value = out + c * apart * size;
        const float v = finished<whole, to>(how, at, c, to_value);
        if constexpr (to == TileFinish::bf16) {
          const std::uint16_t bits = narrow<std::uint16_t>(v);
          std::memcpy(to_value, &bits, size);
        } else if constexpr (to == TileFinish::f32) {
          std::memcpy(to_value, &v, size);
        } else {
          const std::int8_t rounded = to_int8(v);
          std::memcpy(to_value, &rounded, size);
        }
        if (row_sums) row_sums[c] += v;
      }
      out += how.step * size;
    }
    if (++x == how.pitch) {
      x = 0;
      out += how.row_gap * size;
      if (row_sums) row_sums += how.row_step;
    }
  }
}

template <bool whole, int to>
constexpr TileKernels table() {
  using Sum = std::conditional_t<whole, std::int32_t, float>;
  return {open, close, multiply<Sum, 2, 2>, multiply<Sum, 4, 1>, finish<whole, to>};
}

template <bool whole>
const TileKernels& of(decltype(TileFinish::to) to) {
  static constexpr TileKernels bf16 = table<whole, TileFinish::bf16>(), f32 = table<whole, TileFinish::f32>(),
                               s8 = table<whole, TileFinish::s8>();
  return to == TileFinish::f32 ? f32 : to == TileFinish::s8 ? s8 : bf16;
}

}  // namespace

const TileKernels& tile_kernels_generic(bool integers, decltype(TileFinish::to) to) {
  return integers ? of<true>(to) : of<false>(to);
}

}  // namespace anatomynet::inference
