#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/grid.h"
#include "inference/engine.h"
#include "inference/kernels/arena.h"
#include "inference/kernels/channel_kernels.h"
#include "inference/onednn/dnnl_layers.h"
#include "inference/onednn/layer_time.h"
#include "inference/onednn/memory_plan.h"
#include "inference/onednn/slab.h"
#include "inference/onednn/value_watcher.h"

namespace anatomynet::inference {

/// What the epilogues of our own kernels do beside bias and activation.
struct LayerExtras {
  const float* accumulate_from = nullptr;  // per channel, the scale of the former value at the destination
  float* channel_sums = nullptr;           // of slice 0; see sums_a_slice
  const Slab* second = nullptr;            // destination of the second part of the outputs
  float* planes = nullptr;                 // destination of the first slice, cropped to the image's size
  std::int64_t plane = 0;
};

/// One pass of a volume through the layers. Each block goes through the volume in slabs of slices: conv1's
/// output exists for one slab at a time, conv2's is summed for the pooled means as it is written; then a
/// second pass scales it, adds the shortcut and activates, in place. The full-resolution stage goes once
/// through all its layers slab by slab, up to the logits. T: how activations are stored, float or Bfloat16.
template <class T>
class DnnlVolume {
 public:
  /// `in_slabs`: skip connections are not stored but computed again where they are needed, with the same
  /// bits: about 0.4 of the memory, more time.
  DnnlVolume(NetworkLayers& layers, const Size3& size, bool in_slabs);

  std::int64_t bytes() const { return plan_.total; }
  void watch(const ValueWatcher& watcher) { watcher_ = watcher; }
  /// `steps` is called in the calling thread with the share of a run's layers that are done.
  void watch_steps(const StepWatcher& steps) { steps_ = steps; }
  /// Walks through the layers as `run` does, but computes nothing: builds every primitive that `run` needs
  /// and allocates the layers' memory for as many threads as OpenMP has now. Throws std::bad_alloc,
  /// dnnl::error.
  void prepare();
  /// `arena`: `bytes()` of memory. After `prepare` nothing of a volume's size is allocated.
  void run(dnnl::stream& stream, std::span<const float> image, std::byte* arena, const LogitsSink& sink,
           std::map<std::string, LayerTime>& times);

 private:
  enum Chunk {
    joined,
    integers,
    middle,
    shortcut,
    cat,
    full_middle,
    full_out,
    logits,
    planar,
    folded,
    streams  // from here on: four kinds for each level of a SkipStream
  };
  struct Tensor {
    Slab slab;
    Channels channels;
  };
  // A skip connection that is computed again, slab by slab: the stem and the encoder's blocks up to it, each
  // stream_lag() slices ahead of the next, and ending a slice before a group of slices does. Their scales are
  // known by then.
  struct SkipStream {
    std::vector<Slab> out, inner, added, int8;  // by level; level 0 is the stem's and has `out` alone
    std::int64_t end = 0;                       // of the last level's slices; starts before 0
  };

  static constexpr std::int64_t rows_a_group = 16;  // a unit of work and of the channel sums

  void pass(const LogitsSink& sink);
  Slab chunk(int step, int which) const;
  void note_chunk(int step, int which, std::int64_t slices, std::int64_t slice_values, std::size_t size);
  void stem(const Slab& out, std::int64_t z0, std::int64_t z1);
  void block(int index);
  std::int64_t stream_lag() const { return std::max<std::int64_t>(2, layers_.group); }
  SkipStream open_stream(int index) const;
  const Slab& skip_slices(int index, SkipStream& stream, std::int64_t z0, std::int64_t z1);
  void concatenate(const BlockLayers& b, const Slab& up, const Slab& skip, std::int64_t z0, std::int64_t z1,
                   Slab& to);
  void concatenate_int8(const BlockLayers& b, const Slab& up, const Slab* skip, std::int64_t z0,
                        std::int64_t z1, Slab& to);
  void residual(int index);
  void activate(const BlockLayers& b, const Slab& in, const Slab& added, const Slab& out, std::int64_t z0,
                std::int64_t z1, const std::vector<float>& scales);
  void last_stage(const LogitsSink& sink);
  void upsample_rows(std::int64_t z0, std::int64_t z1, Slab& cat);
  void upsample(std::int64_t z0, std::int64_t z1, Slab& cat);
  void apply(Convolution& layer, std::initializer_list<const Slab*> in, const Slab& out, const Size3& size,
             std::int64_t z0, std::int64_t z1, const LayerExtras& extras = {});
  void advance(Convolution& layer, std::initializer_list<const Slab*> in, Slab& out, const Size3& size,
               std::int64_t keep, std::int64_t end, const LayerExtras& extras = {});
  float* lines_for(std::int64_t floats_a_thread);
  void show(const BlockLayers& b, bool middle, const Slab& slab, std::int64_t z0, std::int64_t z1);
  void add_channel_sums(const Tensor& t, std::int64_t z0, std::int64_t z1);
  std::int64_t sums_a_slice(const Convolution& layer) const;
  std::vector<float> scales_of(const BlockLayers& b);

  NetworkLayers& layers_;
  const ChannelKernels<T>& kernels_;
  Size3 size_, half_;  // as given; half of it, rounded up
  bool in_slabs_;
  std::int64_t slab_ = 8;  // slices at half resolution
  std::int64_t full_slab_ = 4;
  MemoryPlan plan_;
  std::vector<Lifetime> lifetimes_;
  std::map<std::pair<int, int>, std::pair<std::size_t, Slab>> chunks_;  // by step and kind: lifetime, shape
  std::vector<Tensor> tensors_;     // the stem's output, then each block's
  std::vector<double> group_sums_;  // of slices' groups of rows: [z][group][channel]
  std::vector<float>
      channel_sums_;          // of our own kernels: [z][row of AMX tiles, or Winograd's block][channel]
  std::vector<float> lines_;  // of the image, a part a thread
  std::int64_t groups_ = 0;   // of rows a slice

  void step(double done);

  ValueWatcher watcher_;
  StepWatcher steps_;

  // Of the run under way:
  std::span<const float> image_;
  std::vector<std::vector<float>> scales_;  // of each block, as the kernels take them
  dnnl::stream* stream_ = nullptr;
  std::byte* arena_ = nullptr;  // null: nothing is computed (`prepare`)
  std::map<std::string, LayerTime>* times_ = nullptr;
};

}  // namespace anatomynet::inference
