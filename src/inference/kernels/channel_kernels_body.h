// The bodies of channel_kernels.h, compiled once an instruction set; `table` names that set's function.
// Nothing here may be shared between them: no inline function of a header is called.
// NOLINTBEGIN(misc-definitions-in-headers): one file an instruction set includes it
#include <cstring>

#include "inference/kernels/channel_kernels.h"
#include "inference/kernels/value_body.h"

namespace anatomynet::inference {
namespace {

inline float activated(float v, float slope) {
  const float low = v * slope;
  return v > low ? v : low;
}

constexpr std::int64_t group = 16, longest = 128 * group;  // voxels a pattern, its largest length

template <class T>
void channel_sums(const T* from, std::int64_t voxels, std::int64_t channels, double* to) {
  float pattern[longest];
  const std::int64_t length = channels * group, groups = voxels / group;
  for (std::int64_t i = 0; i < length; ++i) pattern[i] = 0;
  for (std::int64_t g = 0; g < groups; ++g) {
    const T* at = from + g * length;
    for (std::int64_t i = 0; i < length; ++i) pattern[i] += load(at, i);
  }
  for (std::int64_t v = 0; v < group; ++v)
    for (std::int64_t c = 0; c < channels; ++c) to[c] += static_cast<double>(pattern[v * channels + c]);
  for (std::int64_t v = groups * group; v < voxels; ++v)
    for (std::int64_t c = 0; c < channels; ++c) to[c] += static_cast<double>(load(from, v * channels + c));
}

template <class T, class X>
void residual(T* y, const X* x, const float* scale, std::int64_t voxels, std::int64_t channels, float slope) {
  const std::int64_t total = voxels * channels, length = channels * group;
  for (std::int64_t first = 0; first < total; first += length) {
    const std::int64_t n = total - first < length ? total - first : length;
    T* __restrict to = y + first;
    const X* __restrict from = x + first;
    const float* __restrict by = scale;
    for (std::int64_t i = 0; i < n; ++i) store(to, i, activated(load(to, i) * by[i] + load(from, i), slope));
  }
}

template <class T>
void stem(const float* const* rows, const float* weights, const float* bias, std::int64_t voxels,
          std::int64_t channels, float slope, T* out) {
  constexpr int lanes = 16, voxels_per_step = 4;
  const std::int64_t blocks = (channels + lanes - 1) / lanes;
  for (std::int64_t v = 0; v < voxels; v += voxels_per_step) {
    const int n = static_cast<int>(voxels - v < voxels_per_step ? voxels - v : voxels_per_step);
    for (std::int64_t b = 0; b < blocks; ++b) {
      float sum[voxels_per_step][lanes];
      for (int k = 0; k < voxels_per_step; ++k)
        for (int l = 0; l < lanes; ++l) sum[k][l] = bias[b * lanes + l];
      for (int r = 0; r < 9; ++r)
        for (int x = 0; x < 3; ++x) {
          const float* w = weights + ((r * 3 + x) * blocks + b) * lanes;
          for (int k = 0; k < voxels_per_step; ++k) {
            const float value = rows[r][2 * (k < n ? v + k : v) + x];
            for (int l = 0; l < lanes; ++l) sum[k][l] += w[l] * value;
          }
        }
      const int count = static_cast<int>(channels - b * lanes < lanes ? channels - b * lanes : lanes);
      for (int k = 0; k < n; ++k)
        for (int l = 0; l < count; ++l)
          store(out, (v + k) * channels + b * lanes + l, activated(sum[k][l], slope));
    }
  }
}

template <class T>
void narrow(const float* from, std::int64_t n, T* out) {
  for (std::int64_t i = 0; i < n; ++i) store(out, i, from[i]);
}

template <class T>
void fold(const float* const* rows, std::int64_t voxels, T* out) {
  for (std::int64_t v = 0; v < voxels; ++v)
    for (std::int64_t r = 0; r < 4; ++r)
      for (std::int64_t x = 0; x < 2; ++x) store(out, 8 * v + 2 * r + x, rows[r][2 * v + x]);
}

// A memcpy of unknown length is a call; these are moves of registers.
inline void copy(std::uint8_t* __restrict to, const std::uint8_t* __restrict from, std::int64_t bytes) {
  std::int64_t i = 0;
  for (; i + 64 <= bytes; i += 64) __builtin_memcpy(to + i, from + i, 64);
  for (; i + 8 <= bytes; i += 8) __builtin_memcpy(to + i, from + i, 8);
  for (; i + 2 <= bytes; i += 2) __builtin_memcpy(to + i, from + i, 2);
}

template <class T>
void concatenate(const T* first, std::int64_t a, const T* second, std::int64_t b, std::int64_t voxels,
                 T* out) {
  constexpr auto size = static_cast<std::int64_t>(sizeof(T));
  const auto* one = reinterpret_cast<const std::uint8_t*>(first);
  const auto* two = reinterpret_cast<const std::uint8_t*>(second);
  auto* to = reinterpret_cast<std::uint8_t*>(out);
  const std::int64_t na = a * size, nb = b * size;
  for (std::int64_t v = 0; v < voxels; ++v, to += na + nb) {
    copy(to, one + v * na, na);
    copy(to + na, two + v * nb, nb);
  }
}

// Adding 1.5 x 2^23 rounds to the nearest integer and leaves it in the lowest bits.
template <class T>
void to_int8(const T* __restrict from, std::int64_t n, float inverse, std::int8_t* __restrict to) {
  constexpr float magic = 12582912.0f;
  for (std::int64_t i = 0; i < n; ++i) {
    float v = load(from, i) * inverse;
    v = v > 127.0f ? 127.0f : v;
    v = v < -127.0f ? -127.0f : v;
    const float rounded = v + magic;
    std::int32_t bits = 0;
    std::memcpy(&bits, &rounded, sizeof bits);
    to[i] = static_cast<std::int8_t>(bits - 0x4b400000);
  }
}

template <class T>
void concatenate_int8(const T* first, std::int64_t a, const T* second, std::int64_t b, std::int64_t voxels,
                      float inverse, std::int8_t* out) {
  if (b == 0) return to_int8(first, voxels * a, inverse, out);
  for (std::int64_t v = 0; v < voxels; ++v) {
    to_int8(first + v * a, a, inverse, out + v * (a + b));
    to_int8(second + v * b, b, inverse, out + v * (a + b) + a);
  }
}

void planes(const float* from, std::int64_t pitch, std::int64_t channels, const float* bias, bool taps,
            std::int64_t width, std::int64_t voxels, float* to, std::int64_t plane) {
  if (!taps) {
    constexpr std::int64_t block = 16;  // voxels whose channels stay in cache
    for (std::int64_t first = 0; first < voxels; first += block) {
      const std::int64_t end = first + block < voxels ? first + block : voxels;
      for (std::int64_t c = 0; c < channels; ++c)
        for (std::int64_t v = first; v < end; ++v) to[c * plane + v] = bias[c] + from[v * pitch + c];
    }
    return;
  }
  for (std::int64_t v = 0; v < voxels; ++v) {
    const float* at = from + v * pitch;
    const bool left = v > 0, right = v + 1 < width;
    for (std::int64_t c = 0; c < channels; ++c) {
      float sum = bias[c] + at[channels + c];
      if (left) sum += at[c - pitch];
      if (right) sum += at[2 * channels + c + pitch];
      to[c * plane + v] = sum;
    }
  }
}

template <class T>
constexpr ChannelKernels<T> kernels{channel_sums<T>, residual<T, T>, residual<T, float>,  stem<T>, narrow<T>,
                                    fold<T>,         concatenate<T>, concatenate_int8<T>, planes};

}  // namespace
}  // namespace anatomynet::inference
// NOLINTEND(misc-definitions-in-headers)
