// The body of pointwise_kernels.h, compiled once an instruction set (vector_body.h).
// NOLINTBEGIN(misc-definitions-in-headers): one file an instruction set includes it
#include "inference/kernels/pointwise_kernels.h"
#include "inference/kernels/vector_body.h"

namespace anatomynet::inference {
namespace {

// Outputs that fill no vector, one by one: the next voxel's channels lie behind them. Not inlined: copies for
// every number of rows took the compiler most of its time.
template <class T>
[[gnu::noinline]] void finish_outputs(const float* values, T* to, Index outputs, Index o,
                                      const PointwiseEpilogue<T>& e) {
  for (Index c = 0; c < outputs; ++c) {
    float value = values[c] + e.bias[o + c];
    if (e.accumulate) value += (e.scales ? e.scales[o + c] : 1) * load(to, c);
    const float low = value * e.slope;
    store(to, c, value > low ? value : low);
  }
}

// `rows` voxels from `voxel` on, outputs from o on. The parts begin at `voxel`.
template <class T>
struct RowsOfVoxels {
  using Function = void (*)(const PointwisePart<float>*, Index, Index, Index, const PointwiseEpilogue<T>&);
  template <int n, int rows, int vectors>
  static void of(const PointwisePart<float>* parts, Index count, Index voxel, Index o,
                 const PointwiseEpilogue<T>& e) {
    Sums<n, rows, vectors> sums{};
    for (Index i = 0; i < count; ++i)
      sums.add(parts[i].source, parts[i].runs, parts[i].channels, parts[i].weights + o, e.out_up);
    T* const to = e.to + voxel * e.out + o;
    if (o + n * vectors <= e.out) {
      sums.each([&](Vector<n> & sum, int r, int k) __attribute__((always_inline)) {
        T* const at = to + r * e.out + k * n;
        const Vector<n> scale = e.scales ? load<n>(e.scales + o + k * n) : Vector<n>{} + 1;
        Vector<n> value = sum + load<n>(e.bias + o + k * n);
        if (e.accumulate) value += scale * load<n>(at);
        const Vector<n> low = value * e.slope;
        store<n>(at, value > low ? value : low);
      });
      return;
    }
    float values[rows][vectors * n];
    sums.each([&](Vector<n> & sum, int r, int k)
                  __attribute__((always_inline)) { store<n>(values[r] + k * n, sum); });
    for (Index r = 0; r < rows; ++r) finish_outputs(values[r], to + r * e.out, e.out - o, o, e);
  }
};
template <class T>
constexpr RowTable<RowsOfVoxels<T>> row_table;

inline const float* as_floats(const float* from, Index, float*) { return from; }

// The products take single values as floats: wider once than for every output.
inline const float* as_floats(const Bfloat16* from, Index count, float* room) {
  Index i = 0;
  for (; i + lanes <= count; i += lanes) store<lanes>(room + i, load<lanes>(from + i));
  for (; i < count; ++i) room[i] = load(from, i);
  return room;
}

template <class T>
void compute(const PointwisePart<T>* parts, Index count, Index voxels, const PointwiseEpilogue<T>& e) {
  constexpr Index room = sizeof(T) == sizeof(float) ? 1 : PointwiseKernels::most_channels;
  float floats[2][room];
  Index most = e.out_up / lanes % 2 == 1 && e.out_up >= 3 * lanes ? most_rows[3] : most_rows[2];
  if (room > 1)
    for (Index i = 0; i < count; ++i)
      if (most * parts[i].channels > room) most = room / parts[i].channels;
  for (Index voxel = 0; voxel < voxels; voxel += most) {
    const Index rows = voxels - voxel < most ? voxels - voxel : most;
    PointwisePart<float> from[2];
    for (Index i = 0; i < count; ++i)
      from[i] = {as_floats(parts[i].source + voxel * parts[i].channels, rows * parts[i].channels, floats[i]),
                 parts[i].channels, parts[i].runs, parts[i].weights};
    for (Index o = 0; o < e.out;) {
      const Index left = (e.out_up - o) / lanes;
      const Index vectors = left == 3 && rows <= most_rows[3] ? 3 : left < 2 ? left : 2;
      row_table<T>.of[vectors][rows](from, count, voxel, o, e);
      o += vectors == 0 ? half_lanes : vectors * lanes;
    }
  }
}

constexpr PointwiseKernels kernels{lanes, half_lanes, compute<float>, compute<Bfloat16>};

}  // namespace
}  // namespace anatomynet::inference
// NOLINTEND(misc-definitions-in-headers)
