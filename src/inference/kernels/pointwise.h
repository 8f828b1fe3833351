#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "inference/kernels/convolution_options.h"
#include "inference/kernels/pointwise_kernels.h"

namespace anatomynet::inference {

/// A 1 x 1 x 1 convolution in fp32 of one or two sources, all stored as floats or all as bfloat16. One that
/// accumulates, such as the projected shortcut of a residual block, is added to what lies at the destination:
/// out = max(v, slope v) of v = scale x out + bias + sum. Every value is read and written once. One voxel's
/// value does not depend on the others, so the bits are the same in any slab and on any number of threads.
class PointwiseConvolution {
 public:
  /// Whether it is better than oneDNN for the layer: no integers, 1 x 1 x 1, accumulating.
  static bool suits(const ConvolutionOptions& options);

  explicit PointwiseConvolution(const ConvolutionOptions& options,
                                const PointwiseKernels& kernels = pointwise_kernels());

  /// `sources`: voxels of the channels of each part. `scales`: of the former values, one a channel;
  /// null: 1.
  /// On all threads.
  void run(std::int64_t voxels, std::span<const void* const> sources, void* destination,
           const float* scales) const;

  /// The same, in the calling thread alone.
  void run_alone(std::int64_t voxels, std::span<const void* const> sources, void* destination,
                 const float* scales) const;

 private:
  template <class T>
  void compute(std::int64_t voxels, std::span<const void* const> sources, void* destination,
               const float* scales) const;
  struct Part {
    std::int64_t channels;
    std::vector<ChannelRun> runs;  // with a weight that is not 0
    std::vector<float> weights;    // channels of the runs x out_up_
  };
  const PointwiseKernels& kernels_;
  ValueType stored_;
  std::int64_t out_, out_up_;
  bool accumulate_;
  float slope_;
  std::vector<Part> parts_;
  std::vector<float> bias_;
};

}  // namespace anatomynet::inference
