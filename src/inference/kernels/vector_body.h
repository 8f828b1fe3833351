// Vectors of ANATOMYNET_LANES floats for the bodies of kernels, which are compiled once an instruction set.
// Nothing here may be shared between them: no inline function of a header is called.
// NOLINTBEGIN(misc-definitions-in-headers): one file an instruction set includes it
#pragma once
#include <cstdint>
#include <utility>

#if ANATOMYNET_LANES >= 8
#include <immintrin.h>
#endif

#include "inference/kernels/channel_run.h"
#include "inference/kernels/value_body.h"

namespace anatomynet::inference {
namespace {

using Index = std::int64_t;

constexpr int lanes = ANATOMYNET_LANES, half_lanes = lanes == 4 ? 4 : lanes / 2;

// A vector of n floats, and the same at any address.
template <int n>
struct Floats {
  typedef float Vector __attribute__((vector_size(n * sizeof(float))));
  typedef float Loose __attribute__((vector_size(n * sizeof(float)), aligned(4), may_alias));
  typedef std::uint32_t Bits __attribute__((vector_size(n * sizeof(float))));
  typedef std::uint16_t Halves __attribute__((vector_size(n * 2)));
  typedef std::uint16_t PairsOfHalves __attribute__((vector_size(n * 4)));
  typedef std::uint16_t LooseHalves __attribute__((vector_size(n * 2), aligned(2), may_alias));
};
template <int n>
using Vector = typename Floats<n>::Vector;

template <int n>
[[gnu::always_inline]] inline Vector<n> load(const float* p) {
  return *reinterpret_cast<const typename Floats<n>::Loose*>(p);
}
template <int n>
[[gnu::always_inline]] inline void store(float* p, Vector<n> v) {
  *reinterpret_cast<typename Floats<n>::Loose*>(p) = v;
}

// The same of bfloat16 in memory: see value_body.h.
template <int n>
[[gnu::always_inline]] inline Vector<n> load(const Bfloat16* p) {
  using Bits = typename Floats<n>::Bits;
  const typename Floats<n>::Halves halves = *reinterpret_cast<const typename Floats<n>::LooseHalves*>(p);
  // GCC 12 converts long vectors in two parts.
#if ANATOMYNET_LANES == 16
  if constexpr (n == 16)
    return reinterpret_cast<Vector<n>>(
        reinterpret_cast<Bits>(_mm512_maskz_cvtepu16_epi32(0xffff, reinterpret_cast<__m256i>(halves))) << 16);
#endif
#if ANATOMYNET_LANES >= 8
  if constexpr (n == 8)
    return reinterpret_cast<Vector<n>>(
        reinterpret_cast<Bits>(_mm256_cvtepu16_epi32(reinterpret_cast<__m128i>(halves))) << 16);
#endif
  return reinterpret_cast<Vector<n>>(__builtin_convertvector(halves, Bits) << 16);
}
template <int n, std::size_t... i>
[[gnu::always_inline]] inline typename Floats<n>::Halves odd_ones(typename Floats<n>::PairsOfHalves v,
                                                                  std::index_sequence<i...>) {
  return __builtin_shufflevector(v, v, (2 * i + 1)...);
}
template <int n>
[[gnu::always_inline]] inline void store(Bfloat16* p, Vector<n> v) {
  using Bits = typename Floats<n>::Bits;
  const Bits bits = reinterpret_cast<Bits>(v);
  const auto a_number = v == v;  // NOLINT(misc-redundant-expression): not so of NaN
  const Bits rounded = a_number ? bits + 0x7fff + (bits >> 16 & 1) : bits | 0x400000;
  *reinterpret_cast<typename Floats<n>::LooseHalves*>(p) = odd_ones<n>(
      reinterpret_cast<typename Floats<n>::PairsOfHalves>(rounded), std::make_index_sequence<n>{});
}

// Calls f with each vector of channels: its first channel, and its length as a type. The last one ends with
// the last channel and may overlap the one before it; it is a half vector where that is enough.
template <int n>
struct Length {
  static constexpr int value = n;
};
template <class F>
[[gnu::always_inline]] inline void each_vector(Index channels, const F& f) {
  Index c = 0;
  for (; c + lanes <= channels; c += lanes) f(c, Length<lanes>{});
  if (c == channels) return;
  if (channels - c <= half_lanes) {
    f(channels - half_lanes, Length<half_lanes>{});
  } else {
    f(channels - lanes, Length<lanes>{});
  }
}

// The sums of `rows` voxels or tiles by `vectors` vectors of n outputs, in registers.
template <int n, int rows, int vectors>
struct Sums {
  Vector<n> of[rows][vectors];

  template <class F>
  [[gnu::always_inline]] void each(const F& f) {
#pragma GCC unroll 32
    for (int r = 0; r < rows; ++r)
#pragma GCC unroll 4
      for (int k = 0; k < vectors; ++k) f(of[r][k], r, k);
  }

  [[gnu::always_inline]] void add(const float* a, const ChannelRun* run, Index channels_up, const float* w,
                                  Index out) {
    for (; run->count > 0; ++run) {
      const float* at = a + run->first;
      for (Index c = 0; c < run->count; ++c, w += out, ++at) {
        Vector<n> b[vectors];
#pragma GCC unroll 4
        for (int k = 0; k < vectors; ++k) b[k] = load<n>(w + k * n);
        each([&](Vector<n> & sum, int r, int k)
                 __attribute__((always_inline)) { sum += b[k] * at[r * channels_up]; });
      }
    }
  }
};

// Rows that fit into the registers with so many vectors: 32 of them with AVX-512, else 16.
constexpr int most_rows[4] = {0, lanes == 16 ? 24 : 12, lanes == 16 ? 14 : 6, lanes == 16 ? 9 : 4};

// A kernel for each number of vectors (0: half of one) and of rows: Kernel::template of<n, rows, vectors>.
template <class Kernel>
struct RowTable {
  typename Kernel::Function of[4][25] = {};
  constexpr RowTable() {
    fill<half_lanes, most_rows[1], 1>(of[0]);
    fill<lanes, most_rows[1], 1>(of[1]);
    fill<lanes, most_rows[2], 2>(of[2]);
    fill<lanes, most_rows[3], 3>(of[3]);
  }

 private:
  template <int n, int rows, int vectors>
  static constexpr void fill(typename Kernel::Function* table) {
    if constexpr (rows > 0) {
      table[rows] = Kernel::template of<n, rows, vectors>;
      fill<n, rows - 1, vectors>(table);
    }
  }
};

}  // namespace
}  // namespace anatomynet::inference
// NOLINTEND(misc-definitions-in-headers)
