#pragma once
#include <cstddef>
#include <cstdint>

namespace anatomynet {

/// One step of the sums of a TileConvolution: where the left factors' first row lies, and the bytes from a
/// row to the next. A row is 64 bytes: 32 values of bf16 or 64 of int8.
struct TileStep {
  const std::byte* at;
  std::int64_t pitch;
};

/// What is done to the sums of one pass before they are written.
struct TileFinish {
  std::int64_t group;        ///< voxels that stand beside each other in a row of sums
  std::int64_t outputs;      ///< columns of each, at most 32
  std::int64_t row;          ///< floats of a row of sums
  const float* bias;         ///< of `outputs`, up to the next multiple of 16
  const float* scale;        ///< the same of the sums, or null: 1
  float slope;               ///< max(v, slope v); 1: nothing
  bool accumulate;           ///< plus what lies at the destination, before the activation
  enum { bf16, f32, s8 } to;
  std::int64_t step;         ///< values from a voxel to the next
};

/// The loops of TileConvolution on the tiles of AMX (Intel SDM vol. 1, chapter 18). A table an element type.
struct TileKernels {
  /// Tiles of 16 rows of 64 bytes for this thread; `kept` (64 bytes) takes what was configured before.
  void (*open)(std::byte* kept);
  void (*close)(const std::byte* kept);

  /// sums (32 x 32) = of rows `row` to + 32 the sum over steps of left times right factors; `weights`: two
  /// tiles a step.
  void (*multiply_2x2)(const TileStep* steps, std::int64_t count, std::int64_t row, const std::byte* weights,
                       float* sums);
  /// sums (64 x 16): of 64 rows, one tile a step.
  void (*multiply_4x1)(const TileStep* steps, std::int64_t count, std::int64_t row, const std::byte* weights,
                       float* sums);

  /// `voxels` voxels' sums, from that of column x on. Rows are `pitch` long, of which `width` are wanted.
  /// `to`: where the first of these goes; the others follow densely.
  void (*finish)(const TileFinish& how, const float* sums, std::int64_t voxels, std::int64_t x,
                 std::int64_t width, std::int64_t pitch, std::byte* to);
};

/// Sums of bf16 products in fp32, and of int8 ones in int32 (then made floats).
extern const TileKernels tile_kernels_bf16, tile_kernels_int8;

/// Asks the system for the tiles' registers; false where it has none. The same answer for the process's life.
bool tiles_are_granted();

}  // namespace anatomynet
