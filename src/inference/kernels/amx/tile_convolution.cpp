#include "inference/kernels/amx/tile_convolution.h"

#include <algorithm>
#include <cstring>

#include <omp.h>

#include "inference/kernels/convolution_options.h"

namespace anatomynet::inference {
namespace {

constexpr std::int64_t tile = TilePass::row_bytes;
constexpr std::int64_t cache = 640 << 10;  // that the three slices of a block may take
constexpr std::int64_t line = 64;
constexpr std::int64_t block_accumulators = 1024;

std::int64_t up(std::int64_t n, std::int64_t to) { return (n + to - 1) / to * to; }

}  // namespace

bool TileConvolution::suits(const ConvolutionOptions& o) {
  return o.source != ValueType::f32 && (o.kernel == 3 || o.kernel == 1);
}

TileConvolution::TileConvolution(const ConvolutionOptions& o, std::shared_ptr<Arena> scratch, Isa isa)
    : parts_(o.parts),
      out_(o.out),
      taps_(o.kernel),
      taps_x_(o.kernel_x),
      size_(o.source == ValueType::s8 ? 1 : 2),
      accumulate_(o.accumulates()),
      upsamples_(o.upsample_2x),
      slope_(o.activates() ? o.slope : 1),
      to_(o.destination == ValueType::f32  ? TileEpilogue::f32
          : o.destination == ValueType::s8 ? TileEpilogue::s8
                                           : TileEpilogue::bf16),
      kernels_(tile_kernels(size_ == 1, to_, isa)),
      bias_(o.bias),
      scale_(static_cast<std::size_t>(o.out + 32), 1),
      ones_(scale_),
      scratch_(std::move(scratch)) {
  if (parts_.empty()) parts_ = {o.in};
  bias_.resize(static_cast<std::size_t>(out_ + 32));
  if (size_ == 1) {
    const std::vector<float> steps = weight_steps(o);
    for (std::size_t row = 0; row < steps.size(); ++row) {
      scale_[row] = static_cast<float>(double(steps[row]) * o.source_step / o.destination_step);
      bias_[row] = static_cast<float>(double(o.bias[row]) / o.destination_step);
    }
  }
  passes_ = tile_passes(o);
}

// Voxels from a row to the next: rows of tiles should not cross cache lines.
std::int64_t TileConvolution::pitch_of(std::int64_t width) const {
  std::int64_t pitch = width + 1;
  for (const std::int64_t c : parts_)
    while (c * size_ % line != 0 && line % (c * size_) == 0 && pitch * c * size_ % line != 0) ++pitch;
  return pitch;
}

// A slice of a block, as many rows more on either side as the taps reach, zeros before the first and behind
// each; then what the last tiles read beyond.
std::int64_t TileConvolution::slot_bytes(std::size_t part, std::int64_t rows, std::int64_t width) const {
  const std::int64_t voxel = parts_[part] * size_;
  std::int64_t beyond = 0;
  for (const TilePass& p : passes_)
    beyond = std::max(beyond, (p.voxels() + p.group) * voxel + p.tiles[part] * tile);
  return up(lead(part) + (rows + taps_ - 1) * pitch_of(width) * voxel + beyond, line);
}

// Slices outside the source are zeros.
void TileConvolution::pack(const TileRun& r, const Block& b, std::int64_t slice, std::byte* slot) const {
  const std::int64_t kernel_radius = taps_ / 2;
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    const std::int64_t voxel = parts_[part] * size_, bytes = slot_bytes(part, b.rows, r.width),
                       row = pitch_of(r.width) * voxel;
    std::byte* to = slot + lead(part);
    std::memset(slot, 0, static_cast<std::size_t>(lead(part)));
    const auto* from = static_cast<const std::byte*>(r.sources[part]);
    for (std::int64_t y = b.y - kernel_radius; y < b.y + b.rows + kernel_radius; ++y, to += row) {
      const bool inside = slice >= 0 && slice < r.depth && y >= 0 && y < r.height;
      const auto used = static_cast<std::size_t>(inside ? r.width * voxel : 0);
      if (inside) std::memcpy(to, from + (slice * r.height + y) * r.width * voxel, used);
      std::memset(to + used, 0, static_cast<std::size_t>(row) - used);
    }
    std::memset(to, 0, static_cast<std::size_t>(slot + bytes - to));
    slot += bytes;
  }
}

void TileConvolution::column(const TileRun& r, const Block& b, TileStep* steps, std::byte* scratch) const {
  auto* accumulators = reinterpret_cast<float*>(scratch);  // twice 64 x 16 or 32 x 32
  std::byte* const ring = scratch + 2 * block_accumulators * sizeof(float);
  std::int64_t slot = 0;
  for (std::size_t part = 0; part < parts_.size(); ++part) slot += slot_bytes(part, b.rows, r.width);
  const std::int64_t pitch = pitch_of(r.width), width = r.wanted_width > 0 ? r.wanted_width : r.width,
                     height = r.wanted_height > 0 ? r.wanted_height : r.height,
                     positions = std::min(b.rows, height - b.y) * pitch,
                     value = to_ == TileEpilogue::bf16 ? 2
                             : to_ == TileEpilogue::s8 ? 1
                                                       : 4,
                     step = r.plane > 0  ? 1
                            : upsamples_ ? out_ / 4
                                         : out_,
                     front = taps_ == 1 ? 0 : r.front;
  std::int64_t known = b.z0 - front;
  for (std::int64_t z = b.z0; z < b.z1; ++z) {
    const std::int64_t first = z - front;  // of the source's slices that are summed
    for (; known < first + taps_; ++known) pack(r, b, known, ring + (known + 1) % taps_ * slot);
    const auto row_at = [&](std::int64_t y, std::int64_t first_output) {
      if (!upsamples_) return (z * height + y) * width * step + first_output * (r.plane > 0 ? r.plane : 1);
      const std::int64_t of_line = out_ / 4, quarter = first_output / of_line;  // two voxels, of rows (z, y)
      return ((2 * z + quarter / 2) * 2 * height + 2 * y + quarter % 2) * width * of_line +
             first_output % of_line;
    };
    float* const channel_sums = r.channel_sums ? r.channel_sums + (z * height + b.y) * out_ : nullptr;
    if (channel_sums) std::fill_n(channel_sums, positions / pitch * out_, 0.0f);
    for (const TilePass& p : passes_) {
      std::int64_t count = 0, before = 0;
      for (std::size_t part = 0; part < parts_.size(); ++part) {
        const std::int64_t voxel = parts_[part] * size_;
        for (std::int64_t zy = 0; zy < taps_ * taps_; ++zy)
          for (std::int64_t t = 0; t < p.tiles[part]; ++t)
            steps[count++] = {ring + (first + zy / taps_ + 1) % taps_ * slot + before +
                                  zy % taps_ * pitch * voxel + t * tile,
                              p.group * voxel};
        before += slot_bytes(part, b.rows, r.width);
      }
      const float* const accumulate_from = !accumulate_        ? nullptr
                                           : r.accumulate_from ? r.accumulate_from + p.first
                                                               : ones_.data();
      const TileEpilogue how{p.group,
                             p.outputs,
                             16 * p.columns,
                             bias_.data() + p.first,
                             scale_.data() + p.first,
                             accumulate_from,
                             slope_,
                             to_,
                             step,
                             out_,
                             r.plane,
                             pitch,
                             width,
                             upsamples_ ? width * step : 0};
      const auto multiply = p.columns == 2 ? kernels_.multiply_2x2 : kernels_.multiply_4x1;
      TileAccumulators
          before_it{};  // finished while the last results of the AMX tiles are on their way to memory
      for (std::int64_t at = 0; at < positions; at += p.voxels()) {
        float* const into = accumulators + at / p.voxels() % 2 * block_accumulators;
        multiply(steps, count, at / p.group, p.weights.data()->bytes, into);
        kernels_.epilogue(how, before_it);
        const std::int64_t y = at / pitch, x = at % pitch;
        before_it = {into, std::min(p.voxels(), positions - at), x,
                     static_cast<std::byte*>(r.destination) +
                         (row_at(b.y + y, p.first) + std::min(x, width) * step) * value,
                     channel_sums ? channel_sums + y * out_ + p.first : nullptr};
      }
      kernels_.epilogue(how, before_it);
    }
  }
}

TileConvolution::Share TileConvolution::share_of(const TileRun& r) const {
  const std::int64_t depth_out = taps_ == 1 ? r.depth : r.depth + r.front + r.back - 2;
  Share share{};
  share.threads = omp_get_max_threads();
  std::int64_t voxel = 0;
  for (const std::int64_t c : parts_) voxel += c * size_;
  const std::int64_t most = std::max<std::int64_t>(
      4, cache / std::max<std::int64_t>(1, taps_ * pitch_of(r.width) * voxel) - (taps_ - 1));
  // Several blocks a thread, since cores that share their AMX unit with others differ in speed.
  const std::int64_t wanted =
      std::max((r.height + most - 1) / most, std::min<std::int64_t>(4 * share.threads, (r.height + 7) / 8));
  // Which voxels stand beside each other must not depend on the blocks: sums are rounded in that order.
  std::int64_t group = 1;
  for (const TilePass& p : passes_) group = std::max(group, p.group);
  share.rows = up((r.height + wanted - 1) / wanted, group);
  share.blocks = (r.height + share.rows - 1) / share.rows;
  share.parts =
      std::clamp<std::int64_t>(2 * share.threads / share.blocks, 1, std::max<std::int64_t>(1, depth_out / 4));
  share.bytes = 2 * block_accumulators * std::int64_t{sizeof(float)};
  for (std::size_t part = 0; part < parts_.size(); ++part)
    share.bytes += taps_ * slot_bytes(part, share.rows, r.width);
  for (const TilePass& p : passes_) share.steps = std::max(share.steps, std::ssize(p.weights) / p.columns);
  return share;
}

// The threads' memory, then their steps.
std::byte* TileConvolution::scratch_for(const Share& share) const {
  return scratch_->reserve(share.threads *
                           (share.bytes + share.steps * static_cast<std::int64_t>(sizeof(TileStep))));
}

void TileConvolution::prepare(const TileRun& r) const { scratch_for(share_of(r)); }

void TileConvolution::run(const TileRun& r) const {
  const std::int64_t depth_out = taps_ == 1 ? r.depth : r.depth + r.front + r.back - 2;
  const Share share = share_of(r);
  std::byte* const scratch = scratch_for(share);
  auto* const steps = reinterpret_cast<TileStep*>(scratch + share.threads * share.bytes);
#pragma omp parallel num_threads(share.threads)
  {
    alignas(64) std::byte kept[64];
    kernels_.open(kept);
#pragma omp for schedule(dynamic)
    for (std::int64_t i = 0; i < share.blocks * share.parts; ++i) {
      const std::int64_t part = i / share.blocks, y = i % share.blocks * share.rows;
      column(r,
             {y, std::min(share.rows, r.height - y), depth_out * part / share.parts,
              depth_out * (part + 1) / share.parts},
             steps + omp_get_thread_num() * share.steps, scratch + omp_get_thread_num() * share.bytes);
    }
    kernels_.close(kept);
  }
}

}  // namespace anatomynet::inference
