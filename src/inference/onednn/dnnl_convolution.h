#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

#include "inference/kernels/amx/tile_convolution.h"
#include "inference/kernels/convolution_options.h"
#include "inference/kernels/pointwise.h"
#include "inference/kernels/winograd.h"

namespace anatomynet::inference {

/// One convolution (stride 1, same size) on channels-last slabs: bf16 and int8 by TileConvolution where the
/// network is `tiled`; else fp32 and bf16 by WinogradConvolution (3 x 3 x 3) and PointwiseConvolution (1 x 1
/// x 1 that accumulates), in fp32 arithmetic; what is left of fp32, and int8, by oneDNN: primitives are built
/// once a shape and kept, weights reordered once a layout that oneDNN asks for.
class Convolution {
 public:
  /// `scratch`: shared by layers that do not run at the same time. Throws std::logic_error for a layer of
  /// bf16 that none of our own kernels computes.
  Convolution(const dnnl::engine& engine, ConvolutionOptions options, std::shared_ptr<Arena> scratch,
              bool tiled);

  /// A slab's shape: slices in the source, rows, columns, and whether a slice of zeros lies before and
  /// behind.
  struct Shape {
    std::int64_t depth, height, width;
    bool front, back;
    auto operator<=>(const Shape&) const = default;
    std::int64_t depth_out(std::int64_t kernel) const {
      return kernel == 1 ? depth : depth + front + back - 2;
    }
  };
  /// Builds what a run of this shape needs and allocates its memory, so that the run allocates nothing.
  /// Throws std::bad_alloc, dnnl::error.
  void prepare(const Shape& shape);
  struct Buffers {
    std::span<const void* const> sources;  ///< depth slices each; several: `reads_parts` alone
    std::span<void* const> destinations;   ///< one each part of the outputs: depth + front + back - 2 slices
                                           ///< (kernel 1: depth, nothing around)
    const float* scales = nullptr;  ///< `reads_parts`, accumulating: of the former values, one a channel
    float* channel_sums = nullptr;  ///< `in_groups`: see WinogradRun
  };
  /// `first`: the destination's first slice in the volume. Where `in_groups`, it begins a group or is the
  /// volume's first slice, and the last slice ends one or is the volume's last. Throws std::logic_error where
  /// not.
  void run(dnnl::stream& stream, const Shape& shape, std::int64_t first, const Buffers& buffers);

  /// Whether WinogradConvolution computes it.
  bool in_groups() const { return winograd_.has_value(); }
  /// Whether it reads several sources; oneDNN does not.
  bool reads_parts() const { return winograd_ || pointwise_ || tiles_; }

  /// Whether TileConvolution computes it; then only the second `run` may be called.
  bool in_tiles() const { return tiles_.has_value(); }
  void prepare(const TileRun& run) { tiles_->prepare(run); }
  void run(const TileRun& run);

  const ConvolutionOptions& options() const { return options_; }
  std::int64_t built() const { return built_; }  ///< primitives so far
  double multiply_adds() const { return multiply_adds_; }
  void forget() { primitives_.clear(); }

 private:
  struct Primitive {
    dnnl::primitive run;
    dnnl::memory source, weights, destination;
    double multiply_adds = 0;
  };
  Primitive& primitive_for(const Shape& shape);
  Primitive build(const Shape& shape);
  dnnl::primitive_attr attributes() const;
  void quantise();
  dnnl::memory weights_as(const dnnl::memory::desc& layout, const dnnl::memory::desc& plain);

  dnnl::engine engine_;
  ConvolutionOptions options_;
  std::optional<WinogradConvolution> winograd_;
  std::optional<PointwiseConvolution> pointwise_;
  std::optional<TileConvolution> tiles_;
  dnnl::memory bias_;
  std::vector<float> scales_;  // of s8: from accumulators to the destination, one an output channel
  std::vector<std::int8_t> int8_weights_;  // of s8
  std::vector<dnnl::memory> weights_;
  std::map<Shape, Primitive> primitives_;
  std::int64_t built_ = 0;
  double multiply_adds_ = 0;
};

}  // namespace anatomynet::inference
