#pragma once
#include <cstdint>

#include "inference/kernels/isa.h"

namespace anatomynet::inference {

/// Input channels `first` to `first + count` of a layer; a list of them ends with count 0.
struct ChannelRun {
  std::int64_t first, count;
};

/// The loops of WinogradConvolution: F(4, 3) of Lavin and Gray 2016 (arXiv:1509.09308) on all three axes,
/// with the points 0, +-3/4, +-3/2 and infinity (points 1 and 2 lose more than twice as much). Slices are
/// computed in groups of four. One table an instruction set; a voxel's products are added in one order
/// whatever the block it lies in.
struct WinogradKernels {
  int lanes;  ///< floats of a vector
  int half;   ///< of the shortest vector; `out` below is a multiple of it

  /// 6 rows of voxels of six slices to the factors of 6 x 36 products, for `tiles` tiles of 4 columns from
  /// column `first` on. `row[6 * s + i]` is the first voxel of row i of slice s (a row outside the volume:
  /// any zeros, with step 0), `step[6 * s + i]` floats lie between its voxels; columns outside 0 to width are
  /// zeros. `channels` >= half. The factors of the slices' point s are at v[s][product * pitch + t *
  /// channels_up + c]. `columns`: scratch of 216 x lanes.
  void (*transform)(const float* const* row, const std::int64_t* step, std::int64_t channels,
                    std::int64_t first, std::int64_t width, std::int64_t tiles, float* columns,
                    float* const* v, std::int64_t channels_up, std::int64_t pitch);

  /// One product of the 36 for a group of four slices: the sums over the channels of `runs` of v[s][t *
  /// channels_up + c] times weights[s * slice + k * out + o], k the channel's place in the runs, and of these
  /// at the six points the group's values to[0..3][t * out + o]. A `to` of null is not wanted.
  void (*multiply)(const float* const* v, std::int64_t tiles, const ChannelRun* runs,
                   std::int64_t channels_up, const float* weights, std::int64_t slice, std::int64_t out,
                   float* const* to);

  /// 36 products of a tile to 4 x 4 voxels, of which rows x columns are wanted: plus bias, plus what lies
  /// there if `accumulate`, then max(v, slope v) (slope 1: nothing). `to`: the first voxel, `step` floats a
  /// voxel, `row_step` a row; `out` >= lanes channels (`accumulate`: a multiple of half).
  void (*epilogue)(const float* m, std::int64_t pitch, const float* bias, bool accumulate, float slope,
                   std::int64_t out, std::int64_t rows, std::int64_t columns, float* to, std::int64_t step,
                   std::int64_t row_step);
};

/// The table for an instruction set.
const WinogradKernels& winograd_kernels(Isa isa = max_isa());

}  // namespace anatomynet::inference
