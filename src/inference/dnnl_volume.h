#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/grid.h"
#include "inference/channel_kernels.h"
#include "inference/dnnl_layers.h"
#include "inference/engine.h"
#include "inference/memory_plan.h"
#include "inference/slab.h"

namespace anatomynet {

/// Seconds and multiply-adds of one kind of work over the last run.
struct LayerTime {
  double seconds = 0, multiply_adds = 0;
};

/// Memory that is not touched before it is used, kept between runs.
class Arena {
 public:
  Arena() = default;
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  /// Throws std::bad_alloc. What lay there is lost.
  std::byte* reserve(std::int64_t bytes);

 private:
  std::byte* data_ = nullptr;
  std::int64_t bytes_ = 0;
};

/// One pass of a volume through the layers. Each block goes through the volume in slabs of slices: conv1's
/// output exists for one slab at a time, conv2's is summed for the pooled means as it is written; then a
/// second pass scales it, adds the shortcut and activates, in place. The full-resolution stage goes once
/// through all its layers slab by slab, up to the logits. T: how activations are stored, float or Bfloat16.
template <class T>
class DnnlVolume {
 public:
  DnnlVolume(NetworkLayers& layers, const Size3& size);

  std::int64_t bytes() const { return plan_.total; }
  void run(dnnl::stream& stream, std::span<const float> image, std::byte* arena, const LogitsSink& sink,
           std::map<std::string, LayerTime>& times);

 private:
  enum Chunk {
    joined,
    middle,
    shortcut,
    raised,
    cat,
    full_middle,
    full_shortcut,
    full_out,
    logits,
    planar,
    chunks
  };
  struct Tensor {
    Slab slab;
    Channels channels;
  };

  Slab chunk(int step, Chunk which) const;
  void note_chunk(int step, Chunk which, std::int64_t slices, std::int64_t slice_values, std::size_t size);
  void stem(std::span<const float> image, const Tensor& out);
  void block(int index);
  void join(const BlockLayers& b, const Tensor& up, const Tensor& skip, std::int64_t z0, std::int64_t z1,
            Slab& to);
  void residual(const BlockLayers& b, const Tensor& up, const Tensor* skip, const Tensor& out,
                const std::vector<float>& scales);
  void finish(std::span<const float> image, const LogitsSink& sink);
  void scatter(std::span<const float> image, const Slab& raised, std::int64_t z0, std::int64_t z1, Slab& cat);
  void advance(Convolution& layer, const Slab& in, Slab& out, std::int64_t depth, std::int64_t height,
               std::int64_t width, std::int64_t keep, std::int64_t end, const Slab* addend = nullptr);
  void add_sums(const Tensor& t, std::int64_t z0, std::int64_t z1);
  std::vector<float> scales_of(const BlockLayers& b);

  NetworkLayers& layers_;
  const ChannelKernels<T>& kernels_;
  Size3 size_, half_;      // as given; half of it, rounded up
  std::int64_t slab_ = 8;  // slices at half resolution
  std::int64_t full_slab_ = 4;
  MemoryPlan plan_;
  std::vector<Lifetime> lifetimes_;
  std::map<std::pair<int, int>, std::pair<std::size_t, Slab>> chunks_;  // by step and kind: lifetime, shape
  std::vector<Tensor> tensors_;  // the stem's output, then each block's
  std::vector<double> sums_;     // of slices' groups of rows: [z][group][channel]
  std::int64_t groups_ = 0;      // of rows a slice

  // Of the run under way:
  dnnl::stream* stream_ = nullptr;
  std::byte* arena_ = nullptr;
  std::map<std::string, LayerTime>* times_ = nullptr;
};

}  // namespace anatomynet
