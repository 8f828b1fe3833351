#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "inference/kernels/amx/tile_kernels.h"
#include "inference/kernels/amx/tile_pass.h"
#include "inference/kernels/arena.h"

namespace anatomynet::inference {

struct ConvolutionOptions;

/// One slab for a TileConvolution; the first five as Convolution::Shape.
struct TileRun {
  std::int64_t depth, height, width;
  bool front, back;
  std::span<const void* const> sources;  ///< one for each of the options' parts
  void* destination;
  const float* accumulate_from =
      nullptr;                    ///< where it accumulates: the scales of the former values, one a channel
  float* channel_sums = nullptr;  ///< rows x out: sums over each output row, before rounding
  std::int64_t wanted_height = 0, wanted_width = 0;  ///< of the output; 0: all
  std::int64_t plane = 0;  ///< not 0: the channels go to planes so many floats apart
};

/// A convolution of bf16 or int8 (stride 1, same size, kernel 3 or 1) by products of AMX tiles. The channels
/// of neighbouring voxels of a row follow each other in memory, so the taps along x are one dot product of 3
/// x channels, in AMX tiles of 32 values (64 of int8); layers of few outputs give several voxels' outputs
/// beside each other. Blocks of rows go through the slices with three of them in cache, each row with a voxel
/// of zeros behind it, so that an AMX tile need not end with a row.
class TileConvolution {
 public:
  /// Whether the layer is one that this computes.
  static bool suits(const ConvolutionOptions& options);

  /// Without AMX (`isa`) by the plain kernels, slowly.
  TileConvolution(const ConvolutionOptions& options, std::shared_ptr<Arena> scratch, Isa isa = max_isa());

  /// Takes the memory that a run of this size needs on as many threads as OpenMP has now; `run`'s pointers
  /// are not read. Throws std::bad_alloc.
  void prepare(const TileRun& run) const;

  /// Every voxel's value is the same whatever the slab and the number of threads.
  void run(const TileRun& run) const;

 private:
  // Rows y to y + rows of the output's slices z0 to z1.
  struct Block {
    std::int64_t y, rows, z0, z1;
  };
  // How a run is shared out, and its memory.
  struct Share {
    int threads;
    std::int64_t rows, blocks, parts;  // rows of a block, blocks beside each other, parts of the slices
    std::int64_t bytes;                // of a thread's own memory: accumulators and slices
    std::int64_t steps;                // of a pass at most
  };
  Share share_of(const TileRun& run) const;
  std::byte* scratch_for(const Share& share) const;
  std::int64_t lead(std::size_t part) const { return taps_x_ / 2 * parts_[part] * size_; }
  std::int64_t pitch_of(std::int64_t width) const;
  std::int64_t slot_bytes(std::size_t part, std::int64_t rows, std::int64_t width) const;
  void pack(const TileRun& run, const Block& block, std::int64_t slice, std::byte* slots) const;
  void column(const TileRun& run, const Block& block, TileStep* steps, std::byte* scratch) const;

  std::vector<std::int64_t> parts_;  // channels of each source
  std::int64_t out_, taps_, taps_x_, size_;
  bool accumulate_, upsamples_;
  float slope_;
  decltype(TileEpilogue::to) to_;
  const TileKernels& kernels_;
  std::vector<float> bias_, scale_, ones_;
  std::vector<TilePass> passes_;
  std::shared_ptr<Arena> scratch_;
};

}  // namespace anatomynet::inference
