#pragma once
#include <cstdint>
#include <type_traits>

#include "inference/kernels/bfloat16.h"
#include "inference/kernels/channel_run.h"
#include "inference/kernels/isa.h"

namespace anatomynet::inference {

/// What becomes of the sums of a row of tiles: plus bias, plus what lies at the destination if `accumulate`
/// (times `scales` where they are given), then max(v, slope v) (slope 1: nothing).
template <class T>
struct WinogradEpilogue {
  const float* bias;
  bool accumulate;
  const float* scales;  ///< `out` of them, or null
  float slope;
  std::int64_t out;               ///< channels, at least half; `accumulate`: a multiple of half
  std::int64_t rows, columns;     ///< of the destination, which may end within the tiles
  T* to;                          ///< the first voxel
  std::int64_t step, row_step;    ///< values from a voxel to the next, from a row to the next
  float* channel_sums = nullptr;  ///< `out` sums of what was stored, before rounding; null: not wanted
};

/// What reads and writes the volumes: T is float or Bfloat16, what is computed is floats.
template <class T>
struct WinogradStorage {
  /// 6 rows of voxels of six slices to the factors of 6 x 36 products, for `tiles` tiles of 4 columns from
  /// column `first` on. `row[6 * s + i]` is the voxel at column `first` - 1 of row i of slice s (a row
  /// outside the volume: zeros); columns outside 0 to width are not read, and are zeros. `channels` >= half.
  /// The factors of the slices' point s are at v[s][product * pitch + t * channels_up + c]. `columns`:
  /// scratch of 216 x lanes.
  void (*transform)(const T* const* row, std::int64_t channels, std::int64_t first, std::int64_t width,
                    std::int64_t tiles, float* columns, float* const* v, std::int64_t channels_up,
                    std::int64_t pitch);

  /// 36 products of `tiles` tiles beside each other, m[product * pitch + t * out_up + c], to 4 x 4 voxels
  /// each.
  void (*epilogue)(const float* m, std::int64_t pitch, std::int64_t tiles, std::int64_t out_up,
                   const WinogradEpilogue<T>& e);
};

/// The loops of WinogradConvolution: F(4, 3) of Lavin and Gray 2016 (arXiv:1509.09308) on all three axes,
/// with the points 0, +-3/4, +-3/2 and infinity (points 1 and 2 lose more than twice as much). Slices are
/// computed in groups of four. One table an instruction set; a voxel's products are added in one order
/// whatever the block it lies in.
struct WinogradKernels {
  int lanes;  ///< floats of a vector
  int half;   ///< of the shortest vector; `out` below is a multiple of it

  /// One product of the 36 for a group of four slices: the sums over the channels of `runs` of v[s][t *
  /// channels_up + c] times weights[s * slice + k * out + o], k the channel's place in the runs, and of these
  /// at the six points the group's values to[0..3][t * out + o]. A `to` of null is not wanted.
  void (*multiply)(const float* const* v, std::int64_t tiles, const ChannelRun* runs,
                   std::int64_t channels_up, const float* weights, std::int64_t slice, std::int64_t out,
                   float* const* to);

  WinogradStorage<float> floats;
  WinogradStorage<Bfloat16> bfloats;
  template <class T>
  const WinogradStorage<T>& storage() const {
    if constexpr (std::is_same_v<T, float>) {
      return floats;
    } else {
      return bfloats;
    }
  }
};

/// The table for an instruction set.
const WinogradKernels& winograd_kernels(Isa isa = max_isa());

}  // namespace anatomynet::inference
