#include "network/norm_kernels.h"

#include <cstring>
#include <numeric>

#include <ATen/Parallel.h>

#include "core/bfloat16.h"
#include "network/vector_clones.h"

namespace anatomynet::network {
namespace {

using torch::Tensor;
constexpr std::int64_t lanes = 16, chunk_values = 1 << 14;

// Plain pointers for the loops; `n` values from `first` on, a whole number of channel rows.
template <class T>
struct Rows {
  const T *gy, *x, *y;
  const float *scale, *offset, *a, *b, *c;
  float slope;
  std::int64_t n, period;
};

// The loops copy what they need into locals that alias nothing, or they would not be vectorised.
#define ANATOMYNET_INLINE inline __attribute__((always_inline))

template <class F>
ANATOMYNET_INLINE void for_rows(std::int64_t n, std::int64_t period, const F& row) {
  for (std::int64_t i = 0; i < n; i += period) row(i, std::min(period, n - i));
}

template <class T>
ANATOMYNET_INLINE void square_rows(const Rows<T>& r, float* a, float* b) {
  for_rows(r.n, r.period, [=, from = r.x](std::int64_t i, std::int64_t count) {
    const T* __restrict x = from + i;
    float* __restrict first = a, * __restrict second = b;
    for (std::int64_t j = 0; j < count; ++j) {
      const float v = widen(x[j]);
      first[j] += v;
      second[j] += v * v;
    }
  });
}

// The gradient before the activation, by the sign of the result or of what went in.
template <bool by_result, class T>
ANATOMYNET_INLINE float before_activation(float gy, const T* y, float x, const float* scale,
                                          const float* offset, float slope, std::int64_t j) {
  const float z = by_result ? widen(y[j]) : scale[j] * x + offset[j];
  return gy * (z > 0 ? 1.0f : slope);
}

template <bool by_result, class T>
ANATOMYNET_INLINE void gradient_rows(const Rows<T>& rows, float* a, float* b) {
  for_rows(rows.n, rows.period, [=, r = rows](std::int64_t i, std::int64_t count) {
    const T* __restrict x = r.x + i, * __restrict gy = r.gy + i, * __restrict y = by_result ? r.y + i : r.x + i;
    const float* __restrict scale = r.scale, * __restrict offset = r.offset, * __restrict by = r.a, * __restrict plus = r.b;
    float* __restrict first = a, * __restrict second = b;
    const float slope = r.slope;
    for (std::int64_t j = 0; j < count; ++j) {
      const float v = widen(x[j]);
      const float g = before_activation<by_result>(widen(gy[j]), y, v, scale, offset, slope, j);
      first[j] += g;
      second[j] += g * (by[j] * v + plus[j]);
    }
  });
}

template <bool with_rest, class T>
ANATOMYNET_INLINE void scale_rows(const Rows<T>& rows, T* to) {
  for_rows(rows.n, rows.period, [=, r = rows](std::int64_t i, std::int64_t count) {
    const T* __restrict x = r.x + i, * __restrict rest = with_rest ? r.y + i : r.x + i;
    const float* __restrict scale = r.scale, * __restrict offset = r.offset;
    T* __restrict out = to + i;
    const float slope = r.slope;
    for (std::int64_t j = 0; j < count; ++j) {
      float z = scale[j] * widen(x[j]) + offset[j];
      if (with_rest) z += widen(rest[j]);
      out[j] = narrow<T>(z > 0 ? z : slope * z);
    }
  });
}

template <bool by_result, bool keep, class T>
ANATOMYNET_INLINE void mix_rows(const Rows<T>& rows, T* to, T* residual) {
  for_rows(rows.n, rows.period, [=, r = rows](std::int64_t i, std::int64_t count) {
    const T* __restrict x = r.x + i, * __restrict gy = r.gy + i, * __restrict y = by_result ? r.y + i : r.x + i;
    const float* __restrict scale = r.scale, * __restrict offset = r.offset, * __restrict by_g = r.a, * __restrict by_x = r.b, * __restrict constant = r.c;
    T* __restrict out = to + i, * __restrict kept = keep ? residual + i : nullptr;
    const float slope = r.slope;
    for (std::int64_t j = 0; j < count; ++j) {
      const float v = widen(x[j]);
      const float g = before_activation<by_result>(widen(gy[j]), y, v, scale, offset, slope, j);
      out[j] = narrow<T>(by_g[j] * g + by_x[j] * v + constant[j]);
      if (keep) kept[j] = narrow<T>(g);
    }
  });
}

template <class T>
ANATOMYNET_INLINE void gradient_rows(const Rows<T>& r, float* a, float* b) {
  r.y ? gradient_rows<true>(r, a, b) : gradient_rows<false>(r, a, b);
}
template <class T>
ANATOMYNET_INLINE void scale_rows(const Rows<T>& r, T* out) {
  r.y ? scale_rows<true>(r, out) : scale_rows<false>(r, out);
}
template <class T>
ANATOMYNET_INLINE void mix_rows(const Rows<T>& r, T* out, T* g) {
  if (!r.y) return mix_rows<false, false>(r, out, g);
  g ? mix_rows<true, true>(r, out, g) : mix_rows<true, false>(r, out, g);
}

using Bits = std::uint16_t;
ANATOMYNET_VECTOR_CLONES void squares(const Rows<float>& r, float* a, float* b) { square_rows(r, a, b); }
ANATOMYNET_VECTOR_CLONES void squares(const Rows<Bits>& r, float* a, float* b) { square_rows(r, a, b); }
ANATOMYNET_VECTOR_CLONES void gradients(const Rows<float>& r, float* a, float* b) { gradient_rows(r, a, b); }
ANATOMYNET_VECTOR_CLONES void gradients(const Rows<Bits>& r, float* a, float* b) { gradient_rows(r, a, b); }
ANATOMYNET_VECTOR_CLONES void scale(const Rows<float>& r, float* out) { scale_rows(r, out); }
ANATOMYNET_VECTOR_CLONES void scale(const Rows<Bits>& r, Bits* out) { scale_rows(r, out); }
ANATOMYNET_VECTOR_CLONES void mix(const Rows<float>& r, float* out, float* g) { mix_rows(r, out, g); }
ANATOMYNET_VECTOR_CLONES void mix(const Rows<Bits>& r, Bits* out, Bits* g) { mix_rows(r, out, g); }

std::int64_t period_of(std::int64_t channels) { return std::lcm(channels, lanes); }
std::int64_t voxels_of(const Tensor& x) { return x.numel() / x.size(1); }
std::int64_t chunk_of(std::int64_t period) {
  return std::max<std::int64_t>(1, chunk_values / period) * period;
}

template <class T>
const T* pointer(const Tensor& t) {
  return t.defined() ? static_cast<const T*>(t.data_ptr()) : nullptr;
}

template <class T>
Rows<T> moved(Rows<T> r, std::int64_t first, std::int64_t n) {
  r.x += first;
  if (r.y) r.y += first;
  if (r.gy) r.gy += first;
  r.n = n;
  return r;
}

template <class F>
void for_chunks(std::int64_t values, std::int64_t chunk, const F& f) {
  at::parallel_for(0, (values + chunk - 1) / chunk, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) f(i, i * chunk, std::min(chunk, values - i * chunk));
  });
}

template <class T>
ChannelSums sum(const Rows<T>& rows, std::int64_t channels, void (*add)(const Rows<T>&, float*, float*)) {
  const std::int64_t chunk = chunk_of(rows.period), chunks = (rows.n + chunk - 1) / chunk;
  std::vector<double> parts(static_cast<std::size_t>(chunks * channels * 2));
  for_chunks(rows.n, chunk, [&](std::int64_t i, std::int64_t first, std::int64_t n) {
    std::vector<float> sums(static_cast<std::size_t>(2 * rows.period));
    add(moved(rows, first, n), sums.data(), sums.data() + rows.period);
    double* to = parts.data() + i * channels * 2;
    for (std::int64_t j = 0; j < rows.period; ++j) {
      to[j % channels] += double(sums[static_cast<std::size_t>(j)]);
      to[channels + j % channels] += double(sums[static_cast<std::size_t>(rows.period + j)]);
    }
  });
  ChannelSums out{std::vector<double>(static_cast<std::size_t>(channels)),
                  std::vector<double>(static_cast<std::size_t>(channels))};
  for (std::int64_t i = 0; i < chunks; ++i)
    for (std::int64_t c = 0; c < channels; ++c) {
      out.first[static_cast<std::size_t>(c)] += parts[static_cast<std::size_t>(i * channels * 2 + c)];
      out.second[static_cast<std::size_t>(c)] +=
          parts[static_cast<std::size_t>(i * channels * 2 + channels + c)];
    }
  return out;
}

Tensor room_like(const Tensor& x) {
  return torch::empty(x.sizes(), x.options(), torch::MemoryFormat::ChannelsLast3d);
}

template <class T>
Rows<T> rows_of(const ActivationGradient& g) {
  return {pointer<T>(g.gy), pointer<T>(g.x), pointer<T>(g.y), g.scale.data(), g.offset.data(),       nullptr,
          nullptr,          nullptr,         float(g.slope),  g.x.numel(),    period_of(g.x.size(1))};
}

// Calls f with a value of the type that the loops see.
template <class F>
auto by_type(const Tensor& x, const F& f) {
  return x.scalar_type() == torch::kBFloat16 ? f(Bits{}) : f(float{});
}

}  // namespace

ChannelTable::ChannelTable(std::span<const double> values) {
  const auto channels = static_cast<std::int64_t>(values.size()), period = period_of(channels);
  for (std::int64_t i = 0; i < period; ++i)
    values_.push_back(static_cast<float>(values[static_cast<std::size_t>(i % channels)]));
}

ChannelSums sums_of_squares(const Tensor& x) {
  return by_type(x, [&](auto type) {
    using T = decltype(type);
    Rows<T> r{};
    r.x = pointer<T>(x);
    r.n = x.numel();
    r.period = period_of(x.size(1));
    return sum<T>(r, x.size(1), squares);
  });
}

Tensor scaled(const Tensor& x, const ChannelTable& by, const ChannelTable& offset, const Tensor& r,
              double slope) {
  Tensor out = room_like(x);
  by_type(x, [&](auto type) {
    using T = decltype(type);
    Rows<T> rows{nullptr, pointer<T>(x), pointer<T>(r), by.data(), offset.data(), nullptr,
                 nullptr, nullptr,       float(slope),  x.numel(), by.size()};
    auto* to = static_cast<T*>(out.data_ptr());
    for_chunks(rows.n, chunk_of(rows.period), [&](std::int64_t, std::int64_t first, std::int64_t n) {
      scale(moved(rows, first, n), to + first);
    });
    return 0;
  });
  return out;
}

ChannelSums gradient_sums(const ActivationGradient& g, const ChannelTable& deviation,
                          const ChannelTable& shift) {
  return by_type(g.x, [&](auto type) {
    using T = decltype(type);
    Rows<T> rows = rows_of<T>(g);
    rows.a = deviation.data();
    rows.b = shift.data();
    return sum<T>(rows, g.x.size(1), gradients);
  });
}

Tensor gradient_mix(const ActivationGradient& g, const ChannelTable& by_g, const ChannelTable& by_x,
                    const ChannelTable& constant, Tensor* residual) {
  Tensor out = room_like(g.x);
  if (residual) *residual = room_like(g.x);
  by_type(g.x, [&](auto type) {
    using T = decltype(type);
    Rows<T> rows = rows_of<T>(g);
    rows.a = by_g.data();
    rows.b = by_x.data();
    rows.c = constant.data();
    auto* to = static_cast<T*>(out.data_ptr());
    auto* rest = residual ? static_cast<T*>(residual->data_ptr()) : nullptr;
    for_chunks(rows.n, chunk_of(rows.period), [&](std::int64_t, std::int64_t first, std::int64_t n) {
      mix(moved(rows, first, n), to + first, rest ? rest + first : nullptr);
    });
    return 0;
  });
  return out;
}

Tensor joined_channels(const Tensor& a, const Tensor& b) {
  auto sizes = a.sizes().vec();
  sizes[1] += b.size(1);
  Tensor out = torch::empty(sizes, a.options(), torch::MemoryFormat::ChannelsLast3d);
  const std::size_t of_a = std::size_t(a.size(1)) * a.element_size(),
                    of_b = std::size_t(b.size(1)) * b.element_size();
  const auto *from_a = static_cast<const char*>(a.data_ptr()),
             *from_b = static_cast<const char*>(b.data_ptr());
  auto* to = static_cast<char*>(out.data_ptr());
  at::parallel_for(0, voxels_of(a), 4096, [&](std::int64_t begin, std::int64_t end) {
    for (auto v = std::size_t(begin); v < std::size_t(end); ++v) {
      std::memcpy(to + v * (of_a + of_b), from_a + v * of_a, of_a);
      std::memcpy(to + v * (of_a + of_b) + of_a, from_b + v * of_b, of_b);
    }
  });
  return out;
}

std::pair<Tensor, Tensor> parted_channels(const Tensor& ab, std::int64_t channels_of_a) {
  auto sizes = ab.sizes().vec();
  sizes[1] = channels_of_a;
  Tensor a = torch::empty(sizes, ab.options(), torch::MemoryFormat::ChannelsLast3d);
  sizes[1] = ab.size(1) - channels_of_a;
  Tensor b = torch::empty(sizes, ab.options(), torch::MemoryFormat::ChannelsLast3d);
  const std::size_t of_a = std::size_t(channels_of_a) * ab.element_size(),
                    of_b = std::size_t(sizes[1]) * ab.element_size();
  const auto* from = static_cast<const char*>(ab.data_ptr());
  auto *to_a = static_cast<char*>(a.data_ptr()), *to_b = static_cast<char*>(b.data_ptr());
  at::parallel_for(0, voxels_of(ab), 4096, [&](std::int64_t begin, std::int64_t end) {
    for (auto v = std::size_t(begin); v < std::size_t(end); ++v) {
      std::memcpy(to_a + v * of_a, from + v * (of_a + of_b), of_a);
      std::memcpy(to_b + v * of_b, from + v * (of_a + of_b) + of_a, of_b);
    }
  });
  return {a, b};
}

}  // namespace anatomynet::network
