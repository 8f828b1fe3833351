#pragma once
#include <cstdint>

#include "inference/kernels/bfloat16.h"
#include "inference/kernels/isa.h"

namespace anatomynet::inference {

/// All loops of the network but the convolutions, over channels-last rows of voxels. One table an instruction
/// set; the order of additions in every loop is fixed by its arguments.
template <class T>
struct ChannelKernels {
  /// to[c] += sum of `from` over voxels (voxels x channels).
  void (*channel_sums)(const T* from, std::int64_t voxels, std::int64_t channels, double* to);

  /// y = act(y * scale[c] + x), act(v) = max(v, slope v). `scale`: 16 x channels floats, the channels' scales
  /// repeated 16 times.
  void (*residual)(T* y, const T* x, const float* scale, std::int64_t voxels, std::int64_t channels,
                   float slope);
  void (*residual_of_floats)(T* y, const float* x, const float* scale, std::int64_t voxels,
                             std::int64_t channels, float slope);

  /// The first convolution's output row: k3, stride 2 of one channel, then act. `rows`: 9 input rows of 2 x
  /// voxels + 1 floats, the first left of the image; `weights`: 27 x blocks of 16; out: voxels x channels.
  void (*stem)(const float* const* rows, const float* weights, const float* bias, std::int64_t voxels,
               std::int64_t channels, float slope, T* out);

  /// n values as they are stored: Bfloat16 is rounded to nearest, ties to even; NaN stays NaN.
  void (*narrow)(const float* from, std::int64_t n, T* out);

  /// Eight voxels of an image to the channels of one of half the size: `rows`: 4 rows (z, y) of 2 x voxels;
  /// out: voxels x 8.
  void (*fold)(const float* const* rows, std::int64_t voxels, T* out);

  /// voxels x channels, rows of `a` then `b` channels from two tensors.
  void (*concatenate)(const T* first, std::int64_t a, const T* second, std::int64_t b, std::int64_t voxels,
                      T* out);

  /// The same as int8: value x inverse, rounded to nearest and clamped to -127..127.
  void (*concatenate_int8)(const T* first, std::int64_t a, const T* second, std::int64_t b,
                           std::int64_t voxels, float inverse, std::int8_t* out);

  /// One row of logits to planes: to[c * plane + v] = bias[c] + channel c of voxel v, for the first `voxels`
  /// of the row (`pitch` floats apart). With `taps`, the sum over taps t of 0, 1, 2 of channel t x channels +
  /// c of voxel v - 1 + t instead; voxels outside the row of `width` are 0.
  void (*planes)(const float* from, std::int64_t pitch, std::int64_t channels, const float* bias, bool taps,
                 std::int64_t width, std::int64_t voxels, float* to, std::int64_t plane);
};

/// The table for an instruction set.
template <class T>
const ChannelKernels<T>& channel_kernels(Isa isa = max_isa());

}  // namespace anatomynet::inference
