#pragma once
#include <cstdint>

#include "inference/kernels/bfloat16.h"
#include "inference/kernels/channel_run.h"
#include "inference/kernels/isa.h"

namespace anatomynet::inference {

/// A source of PointwiseConvolution: some of its input channels.
template <class T>
struct PointwisePart {
  const T* source;
  std::int64_t channels;  ///< as they lie in memory
  const ChannelRun* runs;
  const float* weights;  ///< [k][o]: k over the channels of the runs, o over `out_up` outputs
};

/// What becomes of the sums: v = bias + sum, with `accumulate` plus scale x former, then max(v, slope v).
template <class T>
struct PointwiseEpilogue {
  const float *bias, *scales;  ///< `out_up`; `out` (null: 1)
  bool accumulate;
  float slope;               ///< 1: no activation
  std::int64_t out, out_up;  ///< channels of the destination; the same as a multiple of half a vector
  T* to;                     ///< voxels of `out` channels
};

/// The loop of PointwiseConvolution, one an instruction set: of one or two parts.
struct PointwiseKernels {
  int lanes, half;  ///< floats of a vector, of the shortest vector
  void (*floats)(const PointwisePart<float>* parts, std::int64_t count, std::int64_t voxels,
                 const PointwiseEpilogue<float>& e);
  /// Of values that are stored as bfloat16 and computed as floats; parts of at most `most_channels`.
  void (*bfloats)(const PointwisePart<Bfloat16>* parts, std::int64_t count, std::int64_t voxels,
                  const PointwiseEpilogue<Bfloat16>& e);
  static constexpr std::int64_t most_channels = 2048;
};

/// The table for an instruction set.
const PointwiseKernels& pointwise_kernels(Isa isa = max_isa());

}  // namespace anatomynet::inference
