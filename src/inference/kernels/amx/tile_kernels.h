#pragma once
#include <cstddef>
#include <cstdint>

#include "inference/kernels/isa.h"

namespace anatomynet::inference {

/// One step of a TileConvolution's product: where the left matrix's first row lies, and the bytes from one
/// row to the next. A row is 64 bytes: 32 values of bf16 or 64 of int8.
struct TileStep {
  const std::byte* at;
  std::int64_t pitch;
};

/// How the accumulators of one pass become the values that are stored.
struct TileEpilogue {
  std::int64_t group;    ///< neighbouring voxels in one row of accumulators
  std::int64_t outputs;  ///< columns of each, at most 32
  std::int64_t row;      ///< floats in a row of accumulators
  const float* bias;     ///< of `outputs`, up to the next multiple of 16, as the next two
  const float* scale;    ///< of int32 accumulators, one an output channel
  const float*
      accumulate_from;  ///< scales of the destination's former value, which is added; null: not added
  float slope;          ///< at last max(v, slope v); 1: nothing
  enum { bf16, f32, s8 } to;
  std::int64_t step;          ///< values from a voxel to the next
  std::int64_t row_step;      ///< floats from a row's totals to those of the next
  std::int64_t plane;         ///< of f32, not 0: from an output to the next, which else lie side by side
  std::int64_t pitch, width;  ///< of rows of voxels; those beyond `width` are dropped
  std::int64_t row_gap;       ///< values between what is written of a row and of the next
};

/// The accumulators of one block of voxels.
struct TileAccumulators {
  const float* accumulators;  ///< floats, or int32 for int8
  std::int64_t voxels;
  std::int64_t x;       ///< of the first, in its row
  std::byte* to;        ///< where the first that is not dropped goes; the others follow densely
  float* channel_sums;  ///< null, or totals of the first voxel's row
};

/// The loops of TileConvolution on AMX tiles (Intel SDM vol. 1, chapter 18).
struct TileKernels {
  /// Configures AMX tiles of 16 rows of 64 bytes for this thread; `kept` (64 bytes) gets the configuration
  /// before.
  void (*open)(std::byte* kept);
  void (*close)(const std::byte* kept);

  /// accumulators (32 x 32) = rows `row` to `row` + 32 of the sum over steps of left times right matrix;
  /// `weights`: two AMX tiles a step.
  void (*multiply_2x2)(const TileStep* steps, std::int64_t count, std::int64_t row, const std::byte* weights,
                       float* accumulators);
  /// accumulators (64 x 16): of 64 rows, one AMX tile a step.
  void (*multiply_4x1)(const TileStep* steps, std::int64_t count, std::int64_t row, const std::byte* weights,
                       float* accumulators);
  void (*epilogue)(const TileEpilogue& how, const TileAccumulators& block);
};

/// The kernels for bf16 (accumulated in fp32) or int8 (in int32), by the type that is stored. AMX has kernels
/// of its own, every other instruction set uses the plain ones.
const TileKernels& tile_kernels(bool integers, decltype(TileEpilogue::to) to, Isa isa);

const TileKernels& tile_kernels_generic(bool integers, decltype(TileEpilogue::to) to);
const TileKernels& tile_kernels_amx(bool integers, decltype(TileEpilogue::to) to);  ///< on x86-64 alone

}  // namespace anatomynet::inference
