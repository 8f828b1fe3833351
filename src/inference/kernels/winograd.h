#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "inference/kernels/arena.h"
#include "inference/kernels/convolution_options.h"
#include "inference/kernels/winograd_kernels.h"

namespace anatomynet::inference {

/// One run of WinogradConvolution on a slab.
struct WinogradRun {
  std::int64_t before;  ///< slices of the first group that lie before the output's first, 0 to 3
  std::int64_t depth, height, width;     ///< of the source
  bool front, back;                      ///< whether a slice of zeros lies before and behind it
  std::span<const void* const> sources;  ///< a source each part of the input channels
  std::span<void* const> destinations;   ///< depth + front + back - 2 slices, one each part of the outputs
  const float* scales = nullptr;         ///< where the layer accumulates: of the former values, one a channel
  /// Sums of each output slice: sums_a_slice rows of `out`, in a fixed order; null: not wanted.
  float* channel_sums = nullptr;
};

/// A 3 x 3 x 3 convolution in fp32 (stride 1, same size) of values that are stored as floats or as bfloat16.
/// It multiplies an eighth as often as the sum it stands for: Winograd's F(4 x 4 x 4, 3 x 3 x 3)
/// (winograd_kernels.h). Blocks of 4 rows by about 56 columns go through the slices four by four with their
/// factors in cache; nothing of a volume's size is kept.
class WinogradConvolution {
 public:
  /// Whether the layer is one that this computes: no integers, 3 x 3 x 3, enough channels, run in whole
  /// groups of slices.
  static bool suits(const ConvolutionOptions& options, const WinogradKernels& kernels = winograd_kernels());

  WinogradConvolution(const ConvolutionOptions& options, std::shared_ptr<Arena> scratch,
                      const WinogradKernels& kernels = winograd_kernels());

  /// Takes the memory that runs of rows of `width` need on as many threads as OpenMP has now. Throws
  /// std::bad_alloc.
  void prepare(std::int64_t width) const;

  /// Slices of the output that are computed together.
  static constexpr std::int64_t group = 4;

  /// Every voxel's value is the same whatever the slab and the number of threads, as long as the same slices
  /// make groups, and the source holds the slices beside every group that lie in the volume.
  void run(const WinogradRun& run) const;

  /// Parts of a slice whose channel sums are made one by one.
  static std::int64_t sums_a_slice(std::int64_t height, std::int64_t width);

 private:
  struct Block;
  template <class T>
  void transform(const WinogradRun& run, const Block& block, std::int64_t z, float* columns,
                 const float* zeros, float* const* factors) const;
  template <class T>
  void finish(const WinogradRun& run, const Block& block, std::int64_t z, const float* made) const;
  void fetch(const WinogradRun& run, const Block& block, std::int64_t z, std::int64_t product) const;
  void column(const WinogradRun& run, const Block& block, float* scratch) const;
  std::int64_t scratch_floats(std::int64_t tiles) const;
  float* scratch_for(std::int64_t width, int threads) const;

  const WinogradKernels& kernels_;
  ValueType source_, destination_;
  std::int64_t in_, out_, in_up_, out_up_;  // channels as they lie in memory and in the factors
  std::vector<std::int64_t> parts_;         // of in_, a source each
  struct Output {
    std::int64_t channels;
    float slope;  // 1: no activation
  };
  std::vector<Output> outputs_;  // a destination each
  bool accumulate_;
  std::vector<ChannelRun> runs_;  // input channels with a weight that is not 0
  std::int64_t slice_ = 0;        // channels of the runs x out_up
  std::vector<float> weights_;    // 36 x 6 x slice_
  std::vector<float> bias_;
  std::shared_ptr<Arena> scratch_;
};

}  // namespace anatomynet::inference
