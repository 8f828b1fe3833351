#pragma once
#include <cstdint>

#include "inference/kernels/isa.h"

namespace anatomynet::inference {

/// The loops of WinogradConvolution, F(4 x 4, 3 x 3) of Lavin and Gray 2016 (arXiv:1509.09308) with the
/// points 0, +-3/4, +-3/2 and infinity: sums of the network's lengths come out as exact as the direct ones in
/// fp32 (points 1 and 2 lose twice as much). One table an instruction set; a voxel's products are added in
/// one order whatever the block it lies in.
struct WinogradKernels {
  int lanes;  ///< floats of a vector

  /// One slice's 6 rows of voxels to the 36 products' left factors, for `tiles` tiles of 4 columns from
  /// column `first` on: v[f * pitch + t * channels_up + c]. `row[i]` is the row's first voxel (a row outside
  /// the volume: any zeros, with step 0), `step[i]` floats lie between its voxels; columns outside 0 to width
  /// are zeros. `channels` >= lanes. `line`: scratch of (4 tiles + 2) x 6 x lanes.
  void (*transform)(const float* const* row, const std::int64_t* step, std::int64_t channels,
                    std::int64_t first, std::int64_t width, std::int64_t tiles, float* line, float* v,
                    std::int64_t channels_up, std::int64_t pitch);

  /// One product: to[t * out + o] = sum over three slices and `channels` of v[s][t * channels_up + c] times
  /// weights[(s * channels + c) * out + o]. A slice of null is one of zeros. `out`: a multiple of lanes.
  void (*multiply)(const float* const* v, std::int64_t tiles, std::int64_t channels, std::int64_t channels_up,
                   const float* weights, std::int64_t out, float* to);

  /// 36 products of a tile to 4 x 4 voxels, of which rows x columns are wanted: plus bias, plus what lies
  /// there if `accumulate`, then max(v, slope v) (slope 1: nothing). `to`: the first voxel, `step` floats a
  /// voxel, `row_step` a row; `out` >= lanes channels (`accumulate`: a multiple of lanes).
  void (*epilogue)(const float* m, std::int64_t pitch, const float* bias, bool accumulate, float slope,
                   std::int64_t out, std::int64_t rows, std::int64_t columns, float* to, std::int64_t step,
                   std::int64_t row_step);
};

/// The table for an instruction set.
const WinogradKernels& winograd_kernels(Isa isa = max_isa());

}  // namespace anatomynet::inference
