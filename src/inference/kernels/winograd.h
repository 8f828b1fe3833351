#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "inference/kernels/arena.h"
#include "inference/kernels/winograd_kernels.h"

namespace anatomynet::inference {

struct ConvolutionOptions;

/// A 3 x 3 x 3 convolution of fp32 (stride 1, same size) that multiplies a quarter as often as the sum it
/// stands for: Winograd's F(4 x 4, 3 x 3) (winograd_kernels.h) in the planes of slices, plain sums over three
/// slices. Blocks of 4 rows by about 56 columns go through the slices with their factors in cache; nothing of
/// a volume's size is kept.
class WinogradConvolution {
 public:
  /// Whether the layer is one that this computes: fp32, 3 x 3 x 3, enough channels.
  static bool suits(const ConvolutionOptions& options, const WinogradKernels& kernels = winograd_kernels());

  WinogradConvolution(const ConvolutionOptions& options, std::shared_ptr<Arena> scratch,
                      const WinogradKernels& kernels = winograd_kernels());

  /// Takes the memory that runs of rows of `width` need on as many threads as OpenMP has now. Throws
  /// std::bad_alloc.
  void prepare(std::int64_t width) const;

  /// As Convolution::run. Every voxel's value is the same whatever the slab and the number of threads.
  void run(std::int64_t depth, std::int64_t height, std::int64_t width, bool front, bool back,
           const float* source, float* destination) const;

 private:
  struct Block;
  void column(const Block& block, float* scratch) const;
  std::int64_t scratch_floats(std::int64_t tiles) const;
  float* scratch_for(std::int64_t width, int threads) const;

  const WinogradKernels& kernels_;
  std::int64_t in_, out_, in_up_, out_up_;  // channels as they lie in memory and in the factors
  bool accumulate_;
  float slope_;                 // 1: no activation
  std::vector<float> weights_;  // 36 x 3 slices x in x out_up
  std::vector<float> bias_;
  std::shared_ptr<Arena> scratch_;
};

}  // namespace anatomynet::inference
