#pragma once
#include <cstddef>
#include <cstdint>

#include "inference/kernels/isa.h"

namespace anatomynet::inference {

/// One step of the sums of a TileConvolution: where the left factors' first row lies, and the bytes from a
/// row to the next. A row is 64 bytes: 32 values of bf16 or 64 of int8.
struct TileStep {
  const std::byte* at;
  std::int64_t pitch;
};

/// What is done to the sums of one pass before they are written.
struct TileFinish {
  std::int64_t group;    ///< voxels that stand beside each other in a row of sums
  std::int64_t outputs;  ///< columns of each, at most 32
  std::int64_t row;      ///< floats of a row of sums
  const float* bias;     ///< of `outputs`, up to the next multiple of 16, as the next two
  const float* scale;    ///< of sums of integers
  const float* there;    ///< of what lies at the destination, which is added; null: nothing is
  float slope;           ///< at last max(v, slope v); 1: nothing
  enum { bf16, f32, s8 } to;
  std::int64_t step;          ///< values from a voxel to the next
  std::int64_t row_step;      ///< floats from a row's totals to those of the next
  std::int64_t plane;         ///< of f32, not 0: from an output to the next, which else lie side by side
  std::int64_t pitch, width;  ///< of rows of voxels; those beyond `width` are dropped
  std::int64_t row_gap;       ///< values between what is written of a row and of the next
};

/// Sums of one block of voxels.
struct TileSums {
  const float* sums;  ///< floats, or int32 of integers
  std::int64_t voxels;
  std::int64_t x;   ///< of the first, in its row
  std::byte* to;    ///< where the first that is not dropped goes; the others follow densely
  float* row_sums;  ///< null, or totals of the first voxel's row
};

/// The loops of TileConvolution on tiles as AMX has them (Intel SDM vol. 1, chapter 18).
struct TileKernels {
  /// Makes tiles of 16 rows of 64 bytes for this thread; `kept` (64 bytes) takes what was configured before.
  void (*open)(std::byte* kept);
  void (*close)(const std::byte* kept);

  /// sums (32 x 32) = of rows `row` to + 32 the sum over steps of left times right factors; `weights`: two
  /// tiles a step.
  void (*multiply_2x2)(const TileStep* steps, std::int64_t count, std::int64_t row, const std::byte* weights,
                       float* sums);
  /// sums (64 x 16): of 64 rows, one tile a step.
  void (*multiply_4x1)(const TileStep* steps, std::int64_t count, std::int64_t row, const std::byte* weights,
                       float* sums);
  void (*finish)(const TileFinish& how, const TileSums& sums);
};

/// Sums of bf16 products in fp32, or of int8 ones in int32; by what they become. AMX has kernels of its own,
/// every other instruction set the plain ones.
const TileKernels& tile_kernels(bool integers, decltype(TileFinish::to) to, Isa isa);

const TileKernels& tile_kernels_generic(bool integers, decltype(TileFinish::to) to);
const TileKernels& tile_kernels_amx(bool integers, decltype(TileFinish::to) to);  ///< on x86-64 alone

}  // namespace anatomynet::inference
