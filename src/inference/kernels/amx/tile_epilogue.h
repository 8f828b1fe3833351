#pragma once
#include <immintrin.h>

#include "inference/kernels/amx/tile_kernels.h"

// For tile_kernels_amx.cpp alone, which is compiled for more than the CPU may have.
namespace anatomynet::inference {
namespace {

inline __m256i to_bf16(__m512 v) { return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(v)); }

inline __m512 from_bf16(__m256i v) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(v), 16));
}

// Turns accumulators, floats or (`int8`) int32, into stored values: scale and bias, accumulation, activation.
template <bool int8, int to>
class EpilogueWriter {
 public:
  EpilogueWriter(const TileEpilogue& how, const TileAccumulators& block)
      : how_(how), p_(block), at_(block.accumulators) {
    // All of a voxel's accumulators in full vectors, voxel by voxel without gaps: the common case.
    if (how.group * how.outputs == how.row && how.plane == 0 && how.outputs % 16 == 0)
      vectors_ = static_cast<int>(how.outputs / 16);
  }

  void run() {
    while (p_.voxels > 0) {
      const bool wanted = p_.x < how_.width;
      const std::int64_t end = wanted ? how_.width : how_.pitch,
                         n = p_.voxels < end - p_.x ? p_.voxels : end - p_.x;
      if (wanted && vectors_ == 1) {
        full_vectors<1>(n);
      } else if (wanted && vectors_ == 2) {
        full_vectors<2>(n);
      } else {
        some(n, wanted);
      }
      p_.voxels -= n;
      p_.x += n;
      if (p_.x == how_.pitch) {
        p_.x = 0;
        p_.to += how_.row_gap * size;
        if (p_.channel_sums) p_.channel_sums += how_.row_step;
      }
    }
  }

 private:
  static constexpr std::int64_t size = to == TileEpilogue::bf16 ? 2 : to == TileEpilogue::f32 ? 4 : 1;

  // 16 outputs of one voxel: scaled, with bias.
  __m512 value(const float* accumulators, std::int64_t c, __mmask16 some) const {
    const __m512 bias = _mm512_loadu_ps(how_.bias + c);
    if constexpr (int8) {
      const __m512 v = _mm512_cvtepi32_ps(_mm512_maskz_loadu_epi32(some, accumulators + c));
      return _mm512_fmadd_ps(v, _mm512_loadu_ps(how_.scale + c), bias);
    } else {
      return _mm512_add_ps(_mm512_maskz_loadu_ps(some, accumulators + c), bias);
    }
  }

  __m512 write(__m512 v, std::byte* out, std::int64_t c, __mmask16 some) const {
    const __m512 slope = _mm512_set1_ps(how_.slope);
    if constexpr (to == TileEpilogue::bf16) {
      auto* at = reinterpret_cast<std::uint16_t*>(out) + c;
      if (how_.accumulate_from)
        v = _mm512_fmadd_ps(from_bf16(_mm256_maskz_loadu_epi16(some, at)),
                            _mm512_loadu_ps(how_.accumulate_from + c), v);
      v = _mm512_max_ps(v, _mm512_mul_ps(v, slope));
      _mm256_mask_storeu_epi16(at, some, to_bf16(v));
    } else if constexpr (to == TileEpilogue::f32) {
      auto* at = reinterpret_cast<float*>(out) + c;
      if (how_.accumulate_from)
        v = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(some, at), _mm512_loadu_ps(how_.accumulate_from + c), v);
      v = _mm512_max_ps(v, _mm512_mul_ps(v, slope));
      if (how_.plane == 0) {
        _mm512_mask_storeu_ps(at, some, v);
      } else {
        alignas(64) float each[16];
        _mm512_store_ps(each, v);
        at = reinterpret_cast<float*>(out) + c * how_.plane;
        for (std::int64_t k = 0; k < how_.outputs - c && k < 16; ++k) at[k * how_.plane] = each[k];
      }
    } else {
      v = _mm512_max_ps(v, _mm512_mul_ps(v, slope));
      const __m512i rounded = _mm512_max_epi32(_mm512_cvtps_epi32(v), _mm512_set1_epi32(-127));
      _mm512_mask_cvtsepi32_storeu_epi8(reinterpret_cast<std::int8_t*>(out) + c, some, rounded);
    }
    return v;
  }

  template <int vectors>
  void full_vectors(std::int64_t n) {
    __m512 total[vectors];
    if (p_.channel_sums)
      for (int i = 0; i < vectors; ++i) total[i] = _mm512_loadu_ps(p_.channel_sums + 16 * i);
    for (std::int64_t v = 0; v < n; ++v, at_ += 16 * vectors, p_.to += how_.step * size)
      for (int i = 0; i < vectors; ++i) {
        const __m512 made = write(value(at_, 16 * i, 0xffff), p_.to, 16 * i, 0xffff);
        if (p_.channel_sums) total[i] = _mm512_add_ps(total[i], made);
      }
    if (p_.channel_sums)
      for (int i = 0; i < vectors; ++i) _mm512_storeu_ps(p_.channel_sums + 16 * i, total[i]);
  }

  void some(std::int64_t n, bool wanted) {
    for (std::int64_t v = 0; v < n; ++v) {
      if (wanted) {
        for (std::int64_t c = 0; c < how_.outputs; c += 16) {
          const std::int64_t left = how_.outputs - c;
          const auto mask = static_cast<__mmask16>(left >= 16 ? 0xffff : (1 << left) - 1);
          const __m512 made = write(value(at_, c, mask), p_.to, c, mask);
          if (p_.channel_sums) {
            float* total = p_.channel_sums + c;
            _mm512_mask_storeu_ps(total, mask, _mm512_add_ps(_mm512_maskz_loadu_ps(mask, total), made));
          }
        }
        p_.to += how_.step * size;
      }
      at_ += how_.outputs;
      if (++beside_ == how_.group) {
        beside_ = 0;
        at_ += how_.row - how_.group * how_.outputs;
      }
    }
  }

  const TileEpilogue& how_;
  TileAccumulators p_;
  const float* at_;
  std::int64_t beside_ = 0;
  int vectors_ = 0;
};

}  // namespace
}  // namespace anatomynet::inference
