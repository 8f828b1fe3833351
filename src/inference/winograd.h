#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "inference/winograd_kernels.h"

namespace anatomynet {

struct ConvolutionOptions;

/// Memory that one layer after another works in.
class Scratch {
 public:
  /// At least `floats`, aligned to 64 bytes; what was there is lost. Throws std::bad_alloc.
  float* reserve(std::size_t floats);

 private:
  std::vector<float> kept_;
};

/// A 3 x 3 x 3 convolution of fp32 (stride 1, same size) that multiplies a quarter as often as the sum it
/// stands for: Winograd's F(4 x 4, 3 x 3) (winograd_kernels.h) in the planes of slices, plain sums over three
/// slices. Blocks of 4 rows by about 56 columns go through the slices with their factors in cache; nothing of
/// a volume's size is kept.
class WinogradConvolution {
 public:
  /// Whether the layer is one that this computes: fp32, 3 x 3 x 3, enough channels.
  static bool suits(const ConvolutionOptions& options);

  WinogradConvolution(const ConvolutionOptions& options, std::shared_ptr<Scratch> scratch,
                      const WinogradKernels& kernels = best_winograd_kernels());

  /// As Convolution::run. Every voxel's value is the same whatever the slab and the number of threads.
  void run(std::int64_t depth, std::int64_t height, std::int64_t width, bool front, bool back,
           const float* source, float* destination) const;

 private:
  struct Block;
  void column(const Block& block, float* scratch) const;
  std::int64_t scratch_floats(std::int64_t tiles) const;

  const WinogradKernels& kernels_;
  std::int64_t in_, out_, in_up_, out_up_;  // channels as they lie in memory and in the factors
  bool accumulate_;
  float slope_;                 // 1: no activation
  std::vector<float> weights_;  // 36 x 3 slices x in x out_up
  std::vector<float> bias_;
  std::shared_ptr<Scratch> scratch_;
};

}  // namespace anatomynet
