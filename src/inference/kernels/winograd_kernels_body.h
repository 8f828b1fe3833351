// The bodies of winograd_kernels.h, compiled once an instruction set (vector_body.h).
// NOLINTBEGIN(misc-definitions-in-headers): one file an instruction set includes it
#include "inference/kernels/vector_body.h"
#include "inference/kernels/winograd_kernels.h"

namespace anatomynet::inference {
namespace {

constexpr float p = 0.75f, q = 1.5f;  // the points: 0, p, -p, q, -q, infinity

// Six values to their factors: d(x) times the polynomial that vanishes at all points but one.
template <class V>
[[gnu::always_inline]] inline void forward(const V* d, V* to) {
  const V even_p = d[4] - q * q * d[2], odd_p = p * (d[3] - q * q * d[1]);
  const V even_q = d[4] - p * p * d[2], odd_q = q * (d[3] - p * p * d[1]);
  to[0] = d[4] - (p * p + q * q) * d[2] + p * p * q * q * d[0];
  to[1] = even_p + odd_p;
  to[2] = even_p - odd_p;
  to[3] = even_q + odd_q;
  to[4] = even_q - odd_q;
  to[5] = d[5] - (p * p + q * q) * d[3] + p * p * q * q * d[1];
}

// Values at the points to four coefficients.
template <class V>
[[gnu::always_inline]] inline void back(const V* m, V* to) {
  const V even_p = m[1] + m[2], odd_p = m[1] - m[2], even_q = m[3] + m[4], odd_q = m[3] - m[4];
  to[0] = m[0] + even_p + even_q;
  to[1] = p * odd_p + q * odd_q;
  to[2] = p * p * even_p + q * q * even_q;
  to[3] = p * p * p * odd_p + q * q * q * odd_q + m[5];
}

// n channels from channel c on: through the slices and down the columns once each, then along the rows tile
// by tile.
template <int n, class T>
[[gnu::always_inline]] inline void factors(const T* const* row, Index channels, Index c, Index first,
                                           Index width, Index tiles, float* columns, float* const* v,
                                           Index channels_up, Index pitch) {
  using V = Vector<n>;
  const auto column = [&](Index x) {
    return columns + x % 6 * 36 * n;
  };  // of the last six: [slice's factor][row's]
  for (Index t = 0; t < tiles; ++t) {
    for (Index x = t == 0 ? 0 : 4 * t + 2; x < 4 * t + 6; ++x) {
      const Index at = first - 1 + x;
      float* const to = column(x);
      if (at < 0 || at >= width) {
        for (int i = 0; i < 36; ++i) store<n>(to + i * n, V{});
        continue;
      }
      const Index offset = x * channels + c, next = offset + 4 * channels;
      const auto voxel = [&](int s, int i) __attribute__((always_inline)) {
        __builtin_prefetch(row[6 * s + i] + next);  // 36 rows are more than the hardware follows
        return load<n>(row[6 * s + i] + offset);
      };
      const auto down = [&](const V* through, int s) __attribute__((always_inline)) {
        V f[6];
        forward(through, f);
        for (int i = 0; i < 6; ++i) store<n>(to + (6 * s + i) * n, f[i]);
      };
      // Three factors at a time fit into the registers.
      V a[6], b[6], e[6];
      for (int i = 0; i < 6; ++i) {
        const V d1 = voxel(1, i), d2 = voxel(2, i), d3 = voxel(3, i), d4 = voxel(4, i);
        const V even = d4 - q * q * d2, odd = p * (d3 - q * q * d1);
        a[i] = d4 - (p * p + q * q) * d2 + p * p * q * q * voxel(0, i);
        b[i] = even + odd;
        e[i] = even - odd;
      }
      down(a, 0);
      down(b, 1);
      down(e, 2);
      for (int i = 0; i < 6; ++i) {
        const V d1 = voxel(1, i), d2 = voxel(2, i), d3 = voxel(3, i), d4 = voxel(4, i);
        const V even = d4 - p * p * d2, odd = q * (d3 - p * p * d1);
        a[i] = voxel(5, i) - (p * p + q * q) * d3 + p * p * q * q * d1;
        b[i] = even + odd;
        e[i] = even - odd;
      }
      down(b, 3);
      down(e, 4);
      down(a, 5);
    }
    const float* at[6];
    for (int x = 0; x < 6; ++x) at[x] = column(4 * t + x);
    for (int s = 0; s < 6; ++s) {
      float* const to = v[s] + t * channels_up + c;
      for (int i = 0; i < 6; ++i) {
        V d[6], f[6];
        for (int x = 0; x < 6; ++x) d[x] = load<n>(at[x] + (6 * s + i) * n);
        forward(d, f);
        for (int x = 0; x < 6; ++x) store<n>(to + (6 * i + x) * pitch, f[x]);
      }
    }
  }
}

template <class T>
void transform(const T* const* row, Index channels, Index first, Index width, Index tiles, float* columns,
               float* const* v, Index channels_up, Index pitch) {
  each_vector(
      channels, [&](Index c, auto length) __attribute__((always_inline)) {
        factors<decltype(length)::value>(row, channels, c, first, width, tiles, columns, v, channels_up,
                                         pitch);
      });
}

// The six sums of a group of slices one after the other, joined to its four slices as soon as they can be.
template <int n, int rows, int vectors>
void product(const float* const* v, const ChannelRun* runs, Index channels_up, const float* weights,
             Index slice, Index out, float* const* to) {
  using V = Vector<n>;
  Sums<n, rows, vectors> sums{}, even, odd, last;
  const auto add = [&](int s) __attribute__((always_inline)) {
    sums.add(v[s], runs, channels_up, weights + s * slice, out);
  };
  const auto give = [&](int s, int r, int k, V value) __attribute__((always_inline)) {
    store<n>(to[s] + r * out + k * n, value);
  };
  add(1);
  even = sums;
  sums = {};
  add(2);
  sums.each([&](V& m, int r, int k) {
    const V one = even.of[r][k];
    even.of[r][k] = one + m;
    odd.of[r][k] = one - m;
  });
  sums = {};
  add(3);
  last = sums;
  sums = {};
  add(4);
  sums.each([&](V& m, int r, int k) {
    const V even_q = last.of[r][k] + m, odd_q = last.of[r][k] - m, even_p = even.of[r][k],
            odd_p = odd.of[r][k];
    if (to[1]) give(1, r, k, p * odd_p + q * odd_q);
    if (to[2]) give(2, r, k, p * p * even_p + q * q * even_q);
    last.of[r][k] = p * p * p * odd_p + q * q * q * odd_q;
    m = even_p + even_q;
  });
  if (to[0]) {
    add(0);
    sums.each([&](V& m, int r, int k) { give(0, r, k, m); });
  }
  if (to[3]) {
    sums = last;
    add(5);
    sums.each([&](V& m, int r, int k) { give(3, r, k, m); });
  }
}

struct Product {
  using Function = void (*)(const float* const*, const ChannelRun*, Index, const float*, Index, Index,
                            float* const*);
  template <int n, int rows, int vectors>
  static constexpr Function of = product<n, rows, vectors>;
};
constexpr RowTable<Product> products;

// By vectors (0: half of one). More than 8 tiles fit, but what is kept from point to point then costs more.
constexpr int tiles_at_once[4] = {most_rows[1], most_rows[1], most_rows[2] < 8 ? most_rows[2] : 8,
                                  most_rows[3]};

void multiply(const float* const* v, Index tiles, const ChannelRun* runs, Index channels_up,
              const float* weights, Index slice, Index out, float* const* to) {
  for (Index o = 0; o < out;) {
    const Index left = (out - o) / lanes;
    const int vectors = left == 3 ? 3 : left < 2 ? static_cast<int>(left) : 2;
    const Index most = tiles_at_once[vectors];
    const Index groups = (tiles + most - 1) / most;
    for (Index g = 0; g < groups; ++g) {
      const Index begin = tiles * g / groups, end = tiles * (g + 1) / groups;
      const float* at[6];
      for (int s = 0; s < 6; ++s) at[s] = v[s] + begin * channels_up;
      float* made[4];
      for (int s = 0; s < 4; ++s) made[s] = to[s] ? to[s] + begin * out + o : nullptr;
      products.of[vectors][end - begin](at, runs, channels_up, weights + o, slice, out, made);
    }
    o += vectors == 0 ? half_lanes : vectors * lanes;
  }
}

template <class T>
void epilogue(const float* m, Index pitch, Index tiles, Index out_up, const WinogradEpilogue<T>& e) {
  each_vector(
      e.out, [&](Index c, auto length) __attribute__((always_inline)) {
        constexpr int n = decltype(length)::value;
        const Vector<n> add = load<n>(e.bias + c);
        const Vector<n> scale = e.scales ? load<n>(e.scales + c) : Vector<n>{} + 1;
        Vector<n> channel_sum{};
        for (Index tile = 0; tile < tiles; ++tile) {
          Vector<n> half[4][6];
          for (int x = 0; x < 6; ++x) {
            Vector<n> d[6], t[4];
            for (int i = 0; i < 6; ++i) d[i] = load<n>(m + (6 * i + x) * pitch + tile * out_up + c);
            back(d, t);
            for (int y = 0; y < 4; ++y) half[y][x] = t[y];
          }
          const Index columns = e.columns - 4 * tile < 4 ? e.columns - 4 * tile : 4;
          for (Index y = 0; y < e.rows; ++y) {
            Vector<n> t[4];
            back(half[y], t);
            for (Index x = 0; x < columns; ++x) {
              T* at = e.to + y * e.row_step + (4 * tile + x) * e.step + c;
              Vector<n> value = t[x] + add;
              if (e.accumulate) value += scale * load<n>(at);
              const Vector<n> low = value * e.slope;
              value = value > low ? value : low;
              store<n>(at, value);
              channel_sum += value;
            }
          }
        }
        if (e.channel_sums) store<n>(e.channel_sums + c, channel_sum);
      });
}

template <class T>
constexpr WinogradStorage<T> storage{transform<T>, epilogue<T>};
constexpr WinogradKernels kernels{lanes, half_lanes, multiply, storage<float>, storage<Bfloat16>};

}  // namespace
}  // namespace anatomynet::inference
// NOLINTEND(misc-definitions-in-headers)
