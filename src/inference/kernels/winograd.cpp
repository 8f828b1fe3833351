#include "inference/kernels/winograd.h"

#include <algorithm>
#include <array>

#include <omp.h>

#include "inference/kernels/convolution_options.h"

namespace anatomynet::inference {
namespace {

constexpr std::int64_t products = 36, most_tiles = 14;  // tiles of a block: what a product keeps in registers

std::int64_t up(std::int64_t n, std::int64_t to) { return (n + to - 1) / to * to; }

std::int64_t blocks_beside(std::int64_t width) {
  const std::int64_t tiles = (width + 3) / 4;
  return (tiles + most_tiles - 1) / most_tiles;
}

std::int64_t most_tiles_of_block(std::int64_t width) {
  const std::int64_t tiles = (width + 3) / 4, beside = blocks_beside(width);
  return (tiles + beside - 1) / beside;
}

// Between factors of one product and the next; odd in cache lines, so that 36 of them do not share a cache
// set.
std::int64_t pitch_of(std::int64_t tiles, std::int64_t channels) {
  return (up(tiles * channels, 16) / 16 | 1) * 16;
}

// Three weights to their values at the points (winograd_kernels_body.h), divided by what the input's
// polynomials are there.
std::array<double, 6> factors(double a, double b, double c) {
  constexpr std::array<double, 5> points{0, 0.75, -0.75, 1.5, -1.5};
  std::array<double, 6> out{};
  for (std::size_t i = 0; i < points.size(); ++i) {
    double divisor = 1;
    for (std::size_t j = 0; j < points.size(); ++j)
      if (j != i) divisor *= points[i] - points[j];
    out[i] = (a + points[i] * b + points[i] * points[i] * c) / divisor;
  }
  out[5] = c;
  return out;
}

}  // namespace

bool WinogradConvolution::suits(const ConvolutionOptions& o, const WinogradKernels& kernels) {
  const std::int64_t lanes = kernels.lanes;
  return o.source == ValueType::f32 && o.destination == ValueType::f32 && o.kernel == 3 && o.kernel_x == 3 &&
         o.in >= lanes && o.out >= lanes && (!o.accumulates() || o.out % lanes == 0);
}

WinogradConvolution::WinogradConvolution(const ConvolutionOptions& o, std::shared_ptr<Arena> scratch,
                                         const WinogradKernels& kernels)
    : kernels_(kernels),
      in_(o.in),
      out_(o.out),
      in_up_(up(o.in, 16)),
      out_up_(up(o.out, kernels_.lanes)),
      accumulate_(o.accumulates()),
      slope_(o.activates() ? o.slope : 1),
      bias_(o.bias),
      scratch_(std::move(scratch)) {
  const std::int64_t each = 3 * in_ * out_up_;
  weights_.assign(static_cast<std::size_t>(products * each), 0);
  for (std::int64_t row = 0; row < out_; ++row)
    for (std::int64_t i = 0; i < in_; ++i)
      for (std::int64_t z = 0; z < 3; ++z) {
        const float* w = o.weights.data() + ((row * in_ + i) * 3 + z) * 9;
        std::array<std::array<double, 6>, 3> along{};  // x, for each of three rows
        for (std::size_t y = 0; y < 3; ++y)
          along[y] = factors(double(w[3 * y]), double(w[3 * y + 1]), double(w[3 * y + 2]));
        for (std::size_t x = 0; x < 6; ++x) {
          const auto down = factors(along[0][x], along[1][x], along[2][x]);
          for (std::size_t y = 0; y < 6; ++y)
            weights_[static_cast<std::size_t>(std::int64_t(6 * y + x) * each + (z * in_ + i) * out_up_ +
                                              row)] = static_cast<float>(down[y]);
        }
      }
}

// Tiles of 4 x 4 side by side in rows `y` to y + 4, from column x on, and slices z0 to z1 of the output.
struct WinogradConvolution::Block {
  std::int64_t y, x, tiles, z0, z1;
  std::int64_t depth, height, width;
  std::int64_t front;  // slices of zeros before the source
  const float* source;
  float* destination;
};

std::int64_t WinogradConvolution::scratch_floats(std::int64_t tiles) const {
  return up(3 * products * pitch_of(tiles, in_up_) + products * pitch_of(tiles, out_up_) +
                (4 * tiles + 2) * 6 * kernels_.lanes + in_up_,
            16);
}

void WinogradConvolution::column(const Block& b, float* scratch) const {
  const std::int64_t pitch = pitch_of(b.tiles, in_up_), pitch_out = pitch_of(b.tiles, out_up_);
  float* const rings = scratch;  // factors of three slices
  float* const made = rings + 3 * products * pitch;
  float* const zeros = made + products * pitch_out;
  float* const line = zeros + in_up_;
  std::fill_n(zeros, in_up_, 0.0f);
  const auto ring = [&](std::int64_t slice) { return rings + (slice + 1) % 3 * products * pitch; };
  std::int64_t known = b.z0 - b.front;  // slices of the source that have been transformed
  for (std::int64_t z = b.z0; z < b.z1; ++z) {
    const std::int64_t first = z - b.front;  // of the three slices of the source
    for (; known < first + 3; ++known) {
      if (known < 0 || known >= b.depth) continue;
      const float* row[6];
      std::int64_t step[6];
      for (std::int64_t i = 0; i < 6; ++i) {
        const std::int64_t y = b.y - 1 + i;
        const bool inside = y >= 0 && y < b.height;
        row[i] = inside ? b.source + (known * b.height + y) * b.width * in_ : zeros;
        step[i] = inside ? in_ : 0;
      }
      kernels_.transform(row, step, in_, b.x, b.width, b.tiles, line, ring(known), in_up_, pitch);
    }
    for (std::int64_t f = 0; f < products; ++f) {
      const float* slices[3];
      for (std::int64_t s = 0; s < 3; ++s)
        slices[s] = first + s < 0 || first + s >= b.depth ? nullptr : ring(first + s) + f * pitch;
      kernels_.multiply(slices, b.tiles, in_, in_up_, weights_.data() + f * 3 * in_ * out_up_, out_up_,
                        made + f * pitch_out);
    }
    for (std::int64_t t = 0; t < b.tiles; ++t) {
      const std::int64_t x = b.x + 4 * t;
      kernels_.epilogue(made + t * out_up_, pitch_out, bias_.data(), accumulate_, slope_, out_,
                        std::min<std::int64_t>(4, b.height - b.y), std::min<std::int64_t>(4, b.width - x),
                        b.destination + ((z * b.height + b.y) * b.width + x) * out_, out_, b.width * out_);
    }
  }
}

float* WinogradConvolution::scratch_for(std::int64_t width, int threads) const {
  const std::int64_t floats = scratch_floats(most_tiles_of_block(width)) * threads;
  return reinterpret_cast<float*>(scratch_->reserve(floats * std::int64_t{sizeof(float)}));
}

void WinogradConvolution::prepare(std::int64_t width) const { scratch_for(width, omp_get_max_threads()); }

void WinogradConvolution::run(std::int64_t depth, std::int64_t height, std::int64_t width, bool front,
                              bool back, const float* source, float* destination) const {
  const std::int64_t depth_out = depth + front + back - 2, rows = (height + 3) / 4, tiles = (width + 3) / 4;
  const std::int64_t beside = blocks_beside(width), blocks = rows * beside;
  const int threads = omp_get_max_threads();
  // Few blocks for many threads: the slices are shared out too.
  const std::int64_t parts =
      std::clamp<std::int64_t>(4 * threads / blocks, 1, std::max<std::int64_t>(1, depth_out / 2));
  const std::int64_t each = scratch_floats(most_tiles_of_block(width));
  float* const scratch = scratch_for(width, threads);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
  for (std::int64_t i = 0; i < blocks * parts; ++i) {
    const std::int64_t part = i / blocks, row = i % blocks / beside, n = i % beside;
    const std::int64_t first = tiles * n / beside, end = tiles * (n + 1) / beside;
    column({4 * row, 4 * first, end - first, depth_out * part / parts, depth_out * (part + 1) / parts, depth,
            height, width, front, source, destination},
           scratch + omp_get_thread_num() * each);
  }
}

}  // namespace anatomynet::inference
