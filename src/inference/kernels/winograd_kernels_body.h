// The bodies of winograd_kernels.h, compiled once an instruction set with vectors of ANATOMYNET_LANES floats.
// Nothing here may be shared between them: no inline function of a header is called.
// NOLINTBEGIN(misc-definitions-in-headers): one file an instruction set includes it
#include "inference/kernels/winograd_kernels.h"

namespace anatomynet::inference {
namespace {

using Index = std::int64_t;

constexpr int lanes = ANATOMYNET_LANES;
typedef float Vector __attribute__((vector_size(lanes * sizeof(float))));
typedef float Loose __attribute__((vector_size(lanes * sizeof(float)), aligned(4), may_alias));

[[gnu::always_inline]] inline Vector load(const float* p) { return *reinterpret_cast<const Loose*>(p); }
[[gnu::always_inline]] inline void store(float* p, Vector v) { *reinterpret_cast<Loose*>(p) = v; }

constexpr float p = 0.75f, q = 1.5f;  // the points: 0, p, -p, q, -q, infinity

// Six values to their factors: d(x) times the polynomial that vanishes at all points but one.
[[gnu::always_inline]] inline void forward(const Vector* d, Vector* to) {
  const Vector even_p = d[4] - q * q * d[2], odd_p = p * (d[3] - q * q * d[1]);
  const Vector even_q = d[4] - p * p * d[2], odd_q = q * (d[3] - p * p * d[1]);
  to[0] = d[4] - (p * p + q * q) * d[2] + p * p * q * q * d[0];
  to[1] = even_p + odd_p;
  to[2] = even_p - odd_p;
  to[3] = even_q + odd_q;
  to[4] = even_q - odd_q;
  to[5] = d[5] - (p * p + q * q) * d[3] + p * p * q * q * d[1];
}

// Values at the points to four coefficients.
[[gnu::always_inline]] inline void back(const Vector* m, Vector* to) {
  const Vector even_p = m[1] + m[2], odd_p = m[1] - m[2], even_q = m[3] + m[4], odd_q = m[3] - m[4];
  to[0] = m[0] + even_p + even_q;
  to[1] = p * odd_p + q * odd_q;
  to[2] = p * p * even_p + q * q * even_q;
  to[3] = p * p * p * odd_p + q * q * q * odd_q + m[5];
}

// The last vector of channels ends with the last channel and may overlap the one before it.
[[gnu::always_inline]] inline Index vector_start(Index c, Index channels) {
  return c + lanes <= channels ? c : channels - lanes;
}

void transform(const float* const* row, const Index* step, Index channels, Index first, Index width,
               Index tiles, float* line, float* v, Index channels_up, Index pitch) {
  const Index columns = 4 * tiles + 2;
  const Index begin = first < 1 ? 1 - first : 0,
              end = first - 1 + columns < width ? columns : width - first + 1;
  for (Index from = 0; from < channels; from += lanes) {
    const Index c = vector_start(from, channels);
    // Down the columns once each, then along the rows tile by tile.
    for (Index x = 0; x < columns; ++x) {
      float* to = line + x * 6 * lanes;
      Vector d[6] = {}, t[6];
      if (x >= begin && x < end)
        for (int i = 0; i < 6; ++i) d[i] = load(row[i] + (first - 1 + x) * step[i] + c);
      forward(d, t);
      for (int i = 0; i < 6; ++i) store(to + i * lanes, t[i]);
    }
    for (Index t = 0; t < tiles; ++t) {
      const float* at = line + 4 * t * 6 * lanes;
      float* to = v + t * channels_up + c;
      for (int i = 0; i < 6; ++i) {
        Vector d[6], f[6];
        for (int x = 0; x < 6; ++x) d[x] = load(at + (x * 6 + i) * lanes);
        forward(d, f);
        for (int x = 0; x < 6; ++x) store(to + (6 * i + x) * pitch, f[x]);
      }
    }
  }
}

// `rows` tiles by `vectors` vectors of outputs, all accumulators in registers.
template <int rows, int vectors>
void product(const float* const* v, Index channels, Index channels_up, const float* weights, Index out,
             float* to) {
  Vector sum[rows][vectors] = {};
  for (int s = 0; s < 3; ++s, weights += channels * out) {
    const float* a = v[s];
    if (!a) continue;
    const float* w = weights;
    for (Index c = 0; c < channels; ++c, w += out, ++a) {
      Vector b[vectors];
#pragma GCC unroll 4
      for (int n = 0; n < vectors; ++n) b[n] = load(w + n * lanes);
#pragma GCC unroll 32
      for (int r = 0; r < rows; ++r)
#pragma GCC unroll 4
        for (int n = 0; n < vectors; ++n) sum[r][n] += b[n] * a[r * channels_up];
    }
  }
#pragma GCC unroll 32
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 4
    for (int n = 0; n < vectors; ++n) store(to + r * out + n * lanes, sum[r][n]);
}

using Product = void (*)(const float* const*, Index, Index, const float*, Index, float*);

// What fits into the registers: 32 of them with AVX-512, else 16.
constexpr int most_rows[4] = {0, lanes == 16 ? 24 : 12, lanes == 16 ? 14 : 6, lanes == 16 ? 9 : 4};

template <int rows, int vectors>
constexpr void fill(Product* table) {
  if constexpr (rows > 0) {
    table[rows] = product<rows, vectors>;
    fill<rows - 1, vectors>(table);
  }
}

struct Products {
  Product of[4][25] = {};
  constexpr Products() {
    fill<most_rows[1], 1>(of[1]);
    fill<most_rows[2], 2>(of[2]);
    fill<most_rows[3], 3>(of[3]);
  }
};
constexpr Products products;

void multiply(const float* const* v, Index tiles, Index channels, Index channels_up, const float* weights,
              Index out, float* to) {
  for (Index n = 0; n < out;) {
    const Index left = (out - n) / lanes;
    const int vectors = left == 3 ? 3 : left == 1 ? 1 : 2;
    const Index groups = (tiles + most_rows[vectors] - 1) / most_rows[vectors];
    for (Index g = 0; g < groups; ++g) {
      const Index begin = tiles * g / groups, end = tiles * (g + 1) / groups;
      const float* at[3];
      for (int s = 0; s < 3; ++s) at[s] = v[s] ? v[s] + begin * channels_up : nullptr;
      products.of[vectors][end - begin](at, channels, channels_up, weights + n, out, to + begin * out + n);
    }
    n += vectors * lanes;
  }
}

void epilogue(const float* m, Index pitch, const float* bias, bool accumulate, float slope, Index out,
              Index rows, Index columns, float* to, Index step, Index row_step) {
  for (Index from = 0; from < out; from += lanes) {
    const Index c = vector_start(from, out);
    Vector half[4][6];
    for (int x = 0; x < 6; ++x) {
      Vector d[6], t[4];
      for (int i = 0; i < 6; ++i) d[i] = load(m + (6 * i + x) * pitch + c);
      back(d, t);
      for (int y = 0; y < 4; ++y) half[y][x] = t[y];
    }
    const Vector add = load(bias + c);
    for (Index y = 0; y < rows; ++y) {
      Vector t[4];
      back(half[y], t);
      for (Index x = 0; x < columns; ++x) {
        float* at = to + y * row_step + x * step + c;
        Vector value = t[x] + add;
        if (accumulate) value += load(at);
        const Vector low = value * slope;
        store(at, value > low ? value : low);
      }
    }
  }
}

constexpr WinogradKernels kernels{lanes, transform, multiply, epilogue};

}  // namespace
}  // namespace anatomynet::inference
// NOLINTEND(misc-definitions-in-headers)
