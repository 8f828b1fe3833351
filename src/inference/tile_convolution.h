#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "inference/tile_kernels.h"
#include "inference/tile_pass.h"

namespace anatomynet {

struct ConvolutionOptions;
class Scratch;

/// One slab for a TileConvolution; the first five as Convolution::Shape.
struct TileRun {
  std::int64_t depth, height, width;
  bool front, back;
  std::span<const void* const> sources;  ///< one for each of the options' parts
  void* destination;
  const float* there = nullptr;  ///< where it accumulates: what the destination's channels are multiplied by
  float* row_sums = nullptr;     ///< rows x out: totals of each output row, before they are rounded
  std::int64_t wanted_height = 0, wanted_width = 0;  ///< of the output; 0: all
  std::int64_t plane = 0;  ///< not 0: the channels go to planes so many floats apart
};

/// A convolution of bf16 or int8 (stride 1, same size, kernel 3 or 1) by products of tiles (AMX).
/// The channels of neighbouring voxels of a row lie behind each other, so the taps along x are one sum of
/// 3 x channels, in tiles of 32 values (64 of int8); layers of few outputs give several voxels' outputs
/// beside each other. Blocks of rows go through the slices with three of them in cache, each row with a voxel
/// of zeros behind it, so that tiles need not end with rows.
class TileConvolution {
 public:
  /// Whether the layer is one that this computes, and the CPU one that has tiles.
  static bool suits(const ConvolutionOptions& options);

  TileConvolution(const ConvolutionOptions& options, std::shared_ptr<Scratch> scratch);

  /// Every voxel's value is the same whatever the slab and the number of threads.
  void run(const TileRun& run) const;

 private:
  // Rows y to y + rows of the output's slices z0 to z1.
  struct Block {
    std::int64_t y, rows, z0, z1;
  };
  std::int64_t lead(std::size_t part) const { return taps_x_ / 2 * parts_[part] * size_; }
  std::int64_t pitch_of(std::int64_t width) const;
  std::int64_t slot_bytes(std::size_t part, std::int64_t rows, std::int64_t width) const;
  void pack(const TileRun& run, const Block& block, std::int64_t slice, std::byte* slots) const;
  void column(const TileRun& run, const Block& block, TileStep* steps, std::byte* scratch) const;

  std::vector<std::int64_t> parts_;  // channels of each source
  std::int64_t out_, taps_, taps_x_, size_;
  bool accumulate_, raises_;
  float slope_;
  decltype(TileFinish::to) to_;
  const TileKernels& kernels_;
  std::vector<float> bias_, scale_, ones_;
  std::vector<TilePass> passes_;
  std::shared_ptr<Scratch> scratch_;
};

}  // namespace anatomynet
