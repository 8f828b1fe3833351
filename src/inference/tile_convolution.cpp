#include "inference/tile_convolution.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <omp.h>

#include "inference/channel_kernels.h"
#include "inference/cpu.h"
#include "inference/dnnl_convolution.h"

namespace anatomynet {
namespace {

constexpr std::int64_t tile = 64;  // bytes of a row
constexpr std::int64_t cache = 640 << 10;  // that the three slices of a block may take
constexpr std::int64_t line = 64;

std::int64_t up(std::int64_t n, std::int64_t to) { return (n + to - 1) / to * to; }

std::uint16_t bf16_bits(float v) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &v, sizeof bits);
  return static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

}  // namespace

bool TileConvolution::suits(const ConvolutionOptions& o) {
  using Type = dnnl::memory::data_type;
  return o.source == Type::bf16 && o.kernel == 3 && cpu_has_tiles() && tiles_are_granted();
}

TileConvolution::TileConvolution(const ConvolutionOptions& o, std::shared_ptr<Scratch> scratch)
    : parts_(o.parts),
      out_(o.out),
      taps_x_(o.kernel_x),
      size_(2),
      accumulate_(o.epilogue == Epilogue::accumulate || o.epilogue == Epilogue::accumulate_then_activate),
      slope_(o.epilogue == Epilogue::activate || o.epilogue == Epilogue::accumulate_then_activate ? o.slope
                                                                                                  : 1),
      to_(o.destination == dnnl::memory::data_type::f32 ? TileFinish::f32 : TileFinish::bf16),
      bias_(o.bias),
      scratch_(std::move(scratch)) {
  if (parts_.empty()) parts_ = {o.in};
  bias_.resize(static_cast<std::size_t>(out_ + 32));
  const std::int64_t pairs = out_ / 32 * 32;
  for (std::int64_t first = 0; first < pairs; first += 32) add_pass(o, first, 32);
  if (out_ > pairs) add_pass(o, pairs, out_ - pairs);
}

// Of the numbers of voxels beside each other the one with the fewest products.
void TileConvolution::add_pass(const ConvolutionOptions& o, std::int64_t first, std::int64_t outputs) {
  const std::int64_t each = tile / size_;  // values of a tile's row
  Pass p{first, outputs, 1, 1, {}, {}};
  double least = 0;
  for (std::int64_t group = 1; group * outputs <= 32; group *= 2) {
    const std::int64_t columns = (group * outputs + 15) / 16;
    double cost = 0;
    for (const std::int64_t c : parts_) cost += double(up((group + taps_x_ - 1) * c, each) * columns);
    cost /= double(group);
    if (least == 0 || cost < least) {
      least = cost;
      p.group = group;
      p.columns = columns;
    }
  }
  for (const std::int64_t c : parts_) p.tiles.push_back(up((p.group + taps_x_ - 1) * c, each) / each);
  std::int64_t tiles = 0, before = 0;
  for (const std::int64_t t : p.tiles) tiles += t;
  p.weights.resize(static_cast<std::size_t>(9 * tiles * p.columns));
  RightTile* to = p.weights.data();
  for (std::size_t part = 0; part < parts_.size(); before += parts_[part], ++part)
    for (std::int64_t zy = 0; zy < 9; ++zy)
      for (std::int64_t t = 0; t < p.tiles[part]; ++t)
        for (std::int64_t n = 0; n < p.columns; ++n, ++to)
          for (std::int64_t k = 0; k < each; ++k)
            for (std::int64_t column = 0; column < 16; ++column) {
              const std::int64_t c = parts_[part], at = t * each + k, beside = (n * 16 + column) / outputs,
                                 row = first + (n * 16 + column) % outputs, tap = at / c - beside;
              if (beside >= p.group || tap < 0 || tap >= taps_x_) continue;
              const std::uint16_t bits = bf16_bits(
                  o.weights[static_cast<std::size_t>(((row * o.in + before + at % c) * 9 + zy) * taps_x_ + tap)]);
              std::memcpy(to->bytes + k / 2 * tile + column * 4 + k % 2 * 2, &bits, 2);
            }
  passes_.push_back(std::move(p));
}

// Rows y to y + rows of slices z0 to z1 of the output.
struct TileConvolution::Block {
  std::int64_t y, rows, z0, z1;
  std::int64_t depth, height, width;
  std::int64_t front;  // slices of zeros before the source
  std::span<const void* const> sources;
  std::byte* destination;
};

// Voxels from a row to the next: rows of tiles should not lie across lines of the cache.
std::int64_t TileConvolution::pitch_of(std::int64_t width) const {
  std::int64_t pitch = width + 1;
  for (const std::int64_t c : parts_)
    while (c * size_ % line != 0 && line % (c * size_) == 0 && pitch * c * size_ % line != 0) ++pitch;
  return pitch;
}

// A slice of a block, one row more on either side, zeros before the first and behind each; then
// what the last tiles read beyond.
std::int64_t TileConvolution::slot_bytes(std::int64_t part, std::int64_t rows, std::int64_t width) const {
  const std::int64_t voxel = parts_[static_cast<std::size_t>(part)] * size_;
  std::int64_t beyond = 0;
  for (const Pass& p : passes_)
    beyond = std::max(beyond, (p.voxels() + p.group) * voxel + p.tiles[static_cast<std::size_t>(part)] * tile);
  return up(taps_x_ / 2 * voxel + (rows + 2) * pitch_of(width) * voxel + beyond, line);
}

// Slices -1 to `depth` of the sources; those outside are zeros.
void TileConvolution::pack(const Block& b, std::int64_t slice, std::byte* slot) const {
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    const std::int64_t voxel = parts_[part] * size_, bytes = slot_bytes(std::int64_t(part), b.rows, b.width);
    const std::int64_t lead = taps_x_ / 2 * voxel, row = pitch_of(b.width) * voxel;
    std::byte* to = slot + lead;
    std::memset(slot, 0, static_cast<std::size_t>(lead));
    const auto* from = static_cast<const std::byte*>(b.sources[part]);
    for (std::int64_t y = b.y - 1; y <= b.y + b.rows; ++y, to += row) {
      const bool inside = slice >= 0 && slice < b.depth && y >= 0 && y < b.height;
      const auto used = static_cast<std::size_t>(inside ? b.width * voxel : 0);
      if (inside) std::memcpy(to, from + (slice * b.height + y) * b.width * voxel, used);
      std::memset(to + used, 0, static_cast<std::size_t>(row) - used);
    }
    std::memset(to, 0, static_cast<std::size_t>(slot + bytes - to));
    slot += bytes;
  }
}

void TileConvolution::column(const Block& b, std::byte* scratch) const {
  const TileKernels& kernels = tile_kernels_bf16;
  auto* sums = reinterpret_cast<float*>(scratch);  // 64 x 16 or 32 x 32
  std::byte* const ring = scratch + 1024 * sizeof(float);
  std::int64_t slot = 0;
  for (std::size_t part = 0; part < parts_.size(); ++part)
    slot += slot_bytes(std::int64_t(part), b.rows, b.width);
  const std::int64_t pitch = pitch_of(b.width), positions = b.rows * pitch;
  const std::int64_t value = to_ == TileFinish::f32 ? 4 : to_ == TileFinish::s8 ? 1 : 2;
  std::int64_t known = b.z0 - b.front;
  std::vector<std::vector<TileStep>> steps(passes_.size());
  for (std::int64_t z = b.z0; z < b.z1; ++z) {
    const std::int64_t first = z - b.front;  // of the three slices of the source
    for (; known < first + 3; ++known) pack(b, known, ring + (known + 1) % 3 * slot);
    for (std::size_t i = 0; i < passes_.size(); ++i) {
      steps[i].clear();
      std::int64_t before = 0;
      for (std::size_t part = 0; part < parts_.size(); ++part) {
        const std::int64_t voxel = parts_[part] * size_;
        for (std::int64_t zy = 0; zy < 9; ++zy)
          for (std::int64_t t = 0; t < passes_[i].tiles[part]; ++t)
            steps[i].push_back({ring + (first + zy / 3 + 1) % 3 * slot + before +
                                    zy % 3 * pitch * voxel + t * tile,
                                passes_[i].group * voxel});
        before += slot_bytes(std::int64_t(part), b.rows, b.width);
      }
    }
    std::byte* const to = b.destination + (z * b.height + b.y) * b.width * out_ * value;
    for (std::size_t i = 0; i < passes_.size(); ++i) {
      const Pass& p = passes_[i];
      const TileFinish how{p.group, p.outputs, 16 * p.columns, bias_.data() + p.first,
                           scale_.empty() ? nullptr : scale_.data() + p.first, slope_, accumulate_, to_, out_};
      const auto multiply = p.columns == 2 ? kernels.multiply_2x2 : kernels.multiply_4x1;
      for (std::int64_t at = 0; at < positions; at += p.voxels()) {
        multiply(steps[i].data(), static_cast<std::int64_t>(steps[i].size()), at / p.group, p.weights.data()->bytes,
                 sums);
        const std::int64_t y = at / pitch, x = at % pitch;
        kernels.finish(how, sums, std::min(p.voxels(), positions - at), x, b.width, pitch,
                       to + ((y * b.width + std::min(x, b.width)) * out_ + p.first) * value);
      }
    }
  }
}

void TileConvolution::run(std::int64_t depth, std::int64_t height, std::int64_t width, bool front, bool back,
                          std::span<const void* const> sources, void* destination) const {
  const std::int64_t depth_out = depth + front + back - 2;
  const int threads = omp_get_max_threads();
  std::int64_t voxel = 0;
  for (const std::int64_t c : parts_) voxel += c * size_;
  const std::int64_t most = std::max<std::int64_t>(4, cache / (3 * pitch_of(width) * voxel) - 2);
  const std::int64_t wanted = std::min(height, up((height + most - 1) / most, threads));
  // Which voxels stand beside each other must not depend on the blocks: sums are rounded in that order.
  std::int64_t group = 1;
  for (const Pass& p : passes_) group = std::max(group, p.group);
  const std::int64_t rows = up((height + wanted - 1) / wanted, group), blocks = (height + rows - 1) / rows;
  const std::int64_t parts = std::clamp<std::int64_t>(
      2 * threads / blocks, 1, std::max<std::int64_t>(1, depth_out / 4));
  std::int64_t each = 1024 * sizeof(float);
  for (std::size_t part = 0; part < parts_.size(); ++part)
    each += 3 * slot_bytes(std::int64_t(part), rows, width);
  auto* const scratch = reinterpret_cast<std::byte*>(
      scratch_->reserve(static_cast<std::size_t>(each * threads) / sizeof(float)));
#pragma omp parallel num_threads(threads)
  {
    alignas(64) std::byte kept[64];
    tile_kernels_bf16.open(kept);
#pragma omp for schedule(dynamic)
    for (std::int64_t i = 0; i < blocks * parts; ++i) {
      const std::int64_t part = i / blocks, y = i % blocks * rows;
      column({y, std::min(rows, height - y), depth_out * part / parts, depth_out * (part + 1) / parts, depth,
              height, width, front, sources, static_cast<std::byte*>(destination)},
             scratch + omp_get_thread_num() * each);
    }
    tile_kernels_bf16.close(kept);
  }
}

}  // namespace anatomynet
