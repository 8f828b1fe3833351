#include "inference/kernels/winograd.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include <omp.h>

namespace anatomynet::inference {
namespace {

constexpr std::int64_t products = 36, depths = 6;  // a slice, and points along slices
constexpr std::int64_t most_tiles = 14;            // of a block: what a product keeps in registers

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
  return o.source != ValueType::s8 && o.destination != ValueType::s8 && o.kernel == 3 &&
         (o.kernel_x == 3 || o.kernel_x == 0) && o.group_lag && o.in >= lanes && o.out >= lanes &&
         (!o.accumulates() || o.out % kernels.half == 0) &&
         std::all_of(o.parts.begin(), o.parts.end(), [&](std::int64_t part) { return part >= lanes; }) &&
         std::all_of(o.outputs.begin(), o.outputs.end(),
                     [&](const auto& part) { return part.first >= lanes; });
}

WinogradConvolution::WinogradConvolution(const ConvolutionOptions& o, std::shared_ptr<Arena> scratch,
                                         const WinogradKernels& kernels)
    : kernels_(kernels),
      source_(o.source),
      destination_(o.destination),
      in_(o.in),
      out_(o.out),
      in_up_(up(o.in, 8)),
      out_up_(up(o.out, kernels_.half)),
      parts_(o.parts.empty() ? std::vector{o.in} : o.parts),
      accumulate_(o.accumulates()),
      bias_(o.bias),
      scratch_(std::move(scratch)) {
  for (const auto& [channels, activated] : o.outputs)
    outputs_.push_back({channels, o.activates() && activated ? o.slope : 1});
  if (outputs_.empty()) outputs_.push_back({out_, o.activates() ? o.slope : 1});
  const auto weights = [&](std::int64_t row, std::int64_t i) {
    return o.weights.data() + (row * in_ + i) * 27;
  };
  std::vector<std::int64_t> channels;
  for (std::int64_t i = 0; i < in_; ++i) {
    bool used = false;
    for (std::int64_t row = 0; row < out_; ++row)
      used = used || !std::all_of(weights(row, i), weights(row, i) + 27, [](float w) { return w == 0; });
    if (!used) continue;
    if (channels.empty() || channels.back() != i - 1) runs_.push_back({i, 0});
    ++runs_.back().count;
    channels.push_back(i);
  }
  runs_.push_back({0, 0});
  slice_ = std::ssize(channels) * out_up_;
  weights_.assign(static_cast<std::size_t>(products * depths * slice_), 0);
  for (std::int64_t row = 0; row < out_; ++row)
    for (std::int64_t k = 0; k < std::ssize(channels); ++k) {
      const float* w = weights(row, channels[static_cast<std::size_t>(k)]);
      std::array<std::array<std::array<double, 6>, 6>, 3> plane{};  // [slice][y][x]
      for (std::size_t z = 0; z < 3; ++z) {
        std::array<std::array<double, 6>, 3> along{};  // x, for each of three rows
        for (std::size_t y = 0; y < 3; ++y, w += 3)
          along[y] = factors(double(w[0]), double(w[1]), double(w[2]));
        for (std::size_t x = 0; x < 6; ++x) {
          const auto down = factors(along[0][x], along[1][x], along[2][x]);
          for (std::size_t y = 0; y < 6; ++y) plane[z][y][x] = down[y];
        }
      }
      for (std::size_t y = 0; y < 6; ++y)
        for (std::size_t x = 0; x < 6; ++x) {
          const auto through = factors(plane[0][y][x], plane[1][y][x], plane[2][y][x]);
          for (std::size_t s = 0; s < 6; ++s)
            weights_[((6 * y + x) * 6 + s) * static_cast<std::size_t>(slice_) +
                     static_cast<std::size_t>(k * out_up_ + row)] = static_cast<float>(through[s]);
        }
    }
}

// Tiles of 4 x 4 side by side in rows `y` to y + 4, from column x on, and slices z0 to z1 of the output in
// groups from slice `first` on (z0, or a few before it).
struct WinogradConvolution::Block {
  std::int64_t y, x, tiles, first, z0, z1;
  std::int64_t index, of;  // of the slice's blocks
};

std::int64_t WinogradConvolution::scratch_floats(std::int64_t tiles) const {
  return up(depths * products * pitch_of(tiles, in_up_) + group * products * pitch_of(tiles, out_up_) +
                6 * 36 * kernels_.lanes + (4 * tiles + 2) * in_,
            16);
}

// The factors of the six slices that the group at `z` reads.
template <class T>
void WinogradConvolution::transform(const WinogradRun& r, const Block& b, std::int64_t z, float* columns,
                                    const float* zeros, float* const* factors) const {
  const std::int64_t pitch = pitch_of(b.tiles, in_up_);
  std::int64_t first_in = 0;
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    const std::int64_t channels = parts_[part];
    const auto* const source = static_cast<const T*>(r.sources[part]);
    const T* row[36];
    for (std::int64_t i = 0; i < 36; ++i) {
      const std::int64_t slice = z - r.front + i / 6, y = b.y - 1 + i % 6;
      const bool inside = slice >= 0 && slice < r.depth && y >= 0 && y < r.height;
      row[i] = inside ? source + ((slice * r.height + y) * r.width + b.x - 1) * channels
                      : reinterpret_cast<const T*>(zeros);
    }
    float* to[depths];
    for (std::int64_t s = 0; s < depths; ++s) to[s] = factors[s] + first_in;
    kernels_.storage<T>().transform(row, channels, b.x, r.width, b.tiles, columns, to, in_up_, pitch);
    first_in += channels;
  }
}

// Slice `z` of the output of its products.
template <class T>
void WinogradConvolution::finish(const WinogradRun& r, const Block& b, std::int64_t z,
                                 const float* made) const {
  std::int64_t channel = 0;
  for (std::size_t part = 0; part < outputs_.size(); ++part) {
    const auto [channels, slope] = outputs_[part];
    auto* const to = static_cast<T*>(r.destinations[part]);
    const std::int64_t row = z * r.height + b.y;
    const WinogradEpilogue<T> e{
        .bias = bias_.data() + channel,
        .accumulate = accumulate_,
        .scales = r.scales,
        .slope = slope,
        .out = channels,
        .rows = std::min<std::int64_t>(4, r.height - b.y),
        .columns = std::min(4 * b.tiles, r.width - b.x),
        .to = to + (row * r.width + b.x) * channels,
        .step = channels,
        .row_step = r.width * channels,
        .channel_sums = r.channel_sums ? r.channel_sums + (z * b.of + b.index) * out_ : nullptr};
    kernels_.storage<T>().epilogue(made + channel, pitch_of(b.tiles, out_up_), b.tiles, out_up_, e);
    channel += channels;
  }
}

// The products do not wait for memory, so what the next group reads and this one writes comes meanwhile: of
// the rows of all products' share that of product `f`.
void WinogradConvolution::fetch(const WinogradRun& r, const Block& b, std::int64_t z, std::int64_t f) const {
  asm volatile("");  // a function that does nothing but fetch is left out as one without effect
  constexpr std::int64_t line = 64;
  const auto bytes = [](ValueType type) { return type == ValueType::f32 ? 4 : 2; };
  const std::int64_t columns = std::min(4 * b.tiles, r.width - b.x);
  for (std::size_t part = 0; part < parts_.size(); ++part)
    for (std::int64_t i = f * 24 / products; i < (f + 1) * 24 / products; ++i) {
      const std::int64_t slice = z - r.front + depths + i / 6, y = b.y - 1 + i % 6;
      if (slice >= r.depth || y < 0 || y >= r.height) continue;
      const std::int64_t voxel = parts_[part] * bytes(source_);
      const auto* const row =
          static_cast<const std::byte*>(r.sources[part]) + ((slice * r.height + y) * r.width + b.x) * voxel;
      for (std::int64_t at = 0; at < columns * voxel; at += line) __builtin_prefetch(row + at, 0, 2);
    }
  for (std::size_t part = 0; part < outputs_.size(); ++part)
    for (std::int64_t i = f * 16 / products; i < (f + 1) * 16 / products; ++i) {
      const std::int64_t slice = z + i / 4, y = b.y + i % 4;
      if (slice < b.z0 || slice >= b.z1 || y >= r.height) continue;
      const std::int64_t voxel = outputs_[part].channels * bytes(destination_);
      auto* const row =
          static_cast<std::byte*>(r.destinations[part]) + ((slice * r.height + y) * r.width + b.x) * voxel;
      for (std::int64_t at = 0; at < columns * voxel; at += line) __builtin_prefetch(row + at, 1, 2);
    }
}

void WinogradConvolution::column(const WinogradRun& r, const Block& b, float* scratch) const {
  const std::int64_t pitch = pitch_of(b.tiles, in_up_), pitch_out = pitch_of(b.tiles, out_up_);
  float *v[depths], *made[group];
  for (float*& each : v) each = std::exchange(scratch, scratch + products * pitch);
  for (float*& each : made) each = std::exchange(scratch, scratch + products * pitch_out);
  float* const columns = std::exchange(scratch, scratch + 6 * 36 * kernels_.lanes);
  float* const zeros = scratch;
  std::fill_n(zeros, (4 * b.tiles + 2) * in_, 0.0f);
  for (std::int64_t z = b.first; z < b.z1; z += group) {
    if (source_ == ValueType::f32) {
      transform<float>(r, b, z, columns, zeros, v);
    } else {
      transform<Bfloat16>(r, b, z, columns, zeros, v);
    }
    const auto wanted = [&](std::int64_t s) { return z + s >= b.z0 && z + s < b.z1; };
    for (std::int64_t f = 0; f < products; ++f) {
      const float* from[depths];
      for (std::int64_t s = 0; s < depths; ++s) from[s] = v[s] + f * pitch;
      float* to[group];
      for (std::int64_t s = 0; s < group; ++s) to[s] = wanted(s) ? made[s] + f * pitch_out : nullptr;
      fetch(r, b, z, f);
      kernels_.multiply(from, b.tiles, runs_.data(), in_up_, weights_.data() + f * depths * slice_, slice_,
                        out_up_, to);
    }
    for (std::int64_t s = 0; s < group; ++s) {
      if (!wanted(s)) continue;
      if (destination_ == ValueType::f32) {
        finish<float>(r, b, z + s, made[s]);
      } else {
        finish<Bfloat16>(r, b, z + s, made[s]);
      }
    }
  }
}

float* WinogradConvolution::scratch_for(std::int64_t width, int threads) const {
  const std::int64_t floats = scratch_floats(most_tiles_of_block(width)) * threads;
  return reinterpret_cast<float*>(scratch_->reserve(floats * std::int64_t{sizeof(float)}));
}

void WinogradConvolution::prepare(std::int64_t width) const { scratch_for(width, omp_get_max_threads()); }

std::int64_t WinogradConvolution::sums_a_slice(std::int64_t height, std::int64_t width) {
  return (height + 3) / 4 * blocks_beside(width);
}

void WinogradConvolution::run(const WinogradRun& r) const {
  const std::int64_t depth_out = r.depth + r.front + r.back - 2, tiles = (r.width + 3) / 4;
  const std::int64_t beside = blocks_beside(r.width), blocks = sums_a_slice(r.height, r.width);
  const std::int64_t groups = (depth_out + r.before + group - 1) / group;
  const int threads = omp_get_max_threads();
  // Few blocks for many threads: the slices are shared out too.
  const std::int64_t parts = std::clamp<std::int64_t>(4 * threads / blocks, 1, groups);
  const std::int64_t each = scratch_floats(most_tiles_of_block(r.width));
  float* const scratch = scratch_for(r.width, threads);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
  for (std::int64_t i = 0; i < blocks * parts; ++i) {
    const std::int64_t part = i / blocks, row = i % blocks / beside, n = i % beside;
    const std::int64_t begin = tiles * n / beside, end = tiles * (n + 1) / beside;
    const std::int64_t first = group * (groups * part / parts) - r.before,
                       last = group * (groups * (part + 1) / parts) - r.before;
    column(r,
           {4 * row, 4 * begin, end - begin, first, std::max<std::int64_t>(0, first),
            std::min(depth_out, last), i % blocks, blocks},
           scratch + omp_get_thread_num() * each);
  }
}

}  // namespace anatomynet::inference
