#include <immintrin.h>

#include <sys/syscall.h>
#include <unistd.h>

#include "inference/tile_kernels.h"

// Compiled for AMX: nothing here may be shared with other files, and no inline function of a header is called.
namespace anatomynet {
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
  if constexpr (whole) {                     \
    _tile_dpbssd(sum, left, right);          \
  } else {                                   \
    _tile_dpbf16ps(sum, left, right);        \
  }

template <bool whole>
void to_floats(float* sums, int count) {
  if constexpr (whole)
    for (int i = 0; i < count; i += 16)
      _mm512_store_ps(sums + i, _mm512_cvtepi32_ps(_mm512_load_si512(sums + i)));
}

template <bool whole>
void multiply_2x2(const TileStep* steps, std::int64_t count, std::int64_t row, const std::byte* weights,
                  float* sums) {
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
  _tile_stored(0, sums, 128);
  _tile_stored(1, sums + 16, 128);
  _tile_stored(2, sums + 16 * 32, 128);
  _tile_stored(3, sums + 16 * 32 + 16, 128);
  to_floats<whole>(sums, 32 * 32);
}

template <bool whole>
void multiply_4x1(const TileStep* steps, std::int64_t count, std::int64_t row, const std::byte* weights,
                  float* sums) {
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
  _tile_stored(0, sums, 64);
  _tile_stored(1, sums + 256, 64);
  _tile_stored(2, sums + 512, 64);
  _tile_stored(3, sums + 768, 64);
  to_floats<whole>(sums, 64 * 16);
}

#undef ANATOMYNET_PRODUCT

inline __m256i to_bf16(__m512 v) { return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(v)); }

inline __m512 from_bf16(__m256i v) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(v), 16));
}

// One voxel's `outputs`, 16 at a time.
template <int to>
inline void finish_voxel(const TileFinish& how, const float* sums, std::byte* destination) {
  const __m512 slope = _mm512_set1_ps(how.slope);
  for (std::int64_t c = 0; c < how.outputs; c += 16) {
    const std::int64_t left = how.outputs - c;
    const auto some = static_cast<__mmask16>(left >= 16 ? 0xffff : (1 << left) - 1);
    __m512 v = _mm512_maskz_loadu_ps(some, sums + c);
    const __m512 bias = _mm512_loadu_ps(how.bias + c);
    v = how.scale ? _mm512_fmadd_ps(v, _mm512_loadu_ps(how.scale + c), bias) : _mm512_add_ps(v, bias);
    if constexpr (to == TileFinish::bf16) {
      auto* at = reinterpret_cast<std::uint16_t*>(destination) + c;
      if (how.accumulate) v = _mm512_add_ps(v, from_bf16(_mm256_maskz_loadu_epi16(some, at)));
      v = _mm512_max_ps(v, _mm512_mul_ps(v, slope));
      _mm256_mask_storeu_epi16(at, some, to_bf16(v));
    } else if constexpr (to == TileFinish::f32) {
      auto* at = reinterpret_cast<float*>(destination) + c;
      if (how.accumulate) v = _mm512_add_ps(v, _mm512_maskz_loadu_ps(some, at));
      v = _mm512_max_ps(v, _mm512_mul_ps(v, slope));
      _mm512_mask_storeu_ps(at, some, v);
    } else {
      v = _mm512_max_ps(v, _mm512_mul_ps(v, slope));
      const __m512i whole = _mm512_max_epi32(_mm512_cvtps_epi32(v), _mm512_set1_epi32(-127));
      _mm512_mask_cvtsepi32_storeu_epi8(reinterpret_cast<std::int8_t*>(destination) + c, some, whole);
    }
  }
}

template <int to>
void finish_as(const TileFinish& how, const float* sums, std::int64_t voxels, std::int64_t x,
               std::int64_t width, std::int64_t pitch, std::byte* destination) {
  constexpr std::int64_t size = to == TileFinish::bf16 ? 2 : to == TileFinish::f32 ? 4 : 1;
  std::int64_t beside = 0;
  const float* at = sums;
  for (std::int64_t v = 0; v < voxels; ++v) {
    if (x < width) {
      finish_voxel<to>(how, at, destination);
      destination += how.step * size;
    }
    if (++x == pitch) x = 0;
    at += how.outputs;
    if (++beside == how.group) {
      beside = 0;
      sums += how.row;
      at = sums;
    }
  }
}

void finish(const TileFinish& how, const float* sums, std::int64_t voxels, std::int64_t x,
            std::int64_t width, std::int64_t pitch, std::byte* destination) {
  if (how.to == TileFinish::bf16) {
    finish_as<TileFinish::bf16>(how, sums, voxels, x, width, pitch, destination);
  } else if (how.to == TileFinish::f32) {
    finish_as<TileFinish::f32>(how, sums, voxels, x, width, pitch, destination);
  } else {
    finish_as<TileFinish::s8>(how, sums, voxels, x, width, pitch, destination);
  }
}

}  // namespace

const TileKernels tile_kernels_bf16{open, close, multiply_2x2<false>, multiply_4x1<false>, finish};
const TileKernels tile_kernels_int8{open, close, multiply_2x2<true>, multiply_4x1<true>, finish};

bool tiles_are_granted() {
  constexpr long request_permission = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  static const bool granted = ::syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
  return granted;
}

}  // namespace anatomynet
