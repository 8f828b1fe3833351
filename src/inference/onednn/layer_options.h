#pragma once
#include <cstdint>
#include <vector>

#include "inference/folded_network.h"
#include "inference/kernels/convolution_options.h"

namespace anatomynet::inference {

/// Channels of a tensor: those that the network has, and those that lie in memory. The rest are zero.
struct Channels {
  std::int64_t used = 0, stored = 0;
};

/// The planner's choice: up to the next multiple of 16 (a vector of floats, half a row of an AMX tile of
/// bf16) where that costs under a sixth; measured in docs/performance.md.
Channels padded(std::int64_t used);

/// Where each input channel of a layer lies in memory.
using Positions = std::vector<std::int64_t>;
Positions positions_from(std::int64_t first, std::int64_t count);
Positions positions_of_both(const Channels& a, const Channels& b);

/// The layer for tensors of `in` and `out` stored channels: its weights among zeros for those that only pad.
ConvolutionOptions spread(const FoldedConvolution& c, const Positions& at, std::int64_t in, std::int64_t out);

/// The sum of two convolutions of as many outputs, as one of both inputs.
ConvolutionOptions concatenate(const ConvolutionOptions& a, const ConvolutionOptions& b);

/// Two convolutions of one input, as one with the outputs of both; those of the first are activated.
ConvolutionOptions beside_each_other(const ConvolutionOptions& a, const ConvolutionOptions& b);

/// The up-sampling's eight voxels, and of an eight-channel source the image's share of each.
ConvolutionOptions with_image(const ConvolutionOptions& eight, const std::vector<float>& image_weight);

/// Of the up-sampling's eight voxels the two of one row (0 to 3: z, y), and of a source of two channels the
/// image's share of each.
ConvolutionOptions row_with_image(const ConvolutionOptions& eight, std::int64_t row,
                                  const std::vector<float>& image_weight);

}  // namespace anatomynet::inference
