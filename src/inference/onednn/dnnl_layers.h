#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "inference/engine_notes.h"
#include "inference/folded_network.h"
#include "inference/onednn/dnnl_convolution.h"
#include "inference/onednn/layer_options.h"

namespace anatomynet::inference {

/// A residual block for one arithmetic.
struct BlockLayers {
  std::string name;
  Channels up, skip, out;   ///< input, skip connection where it merges (else 0), output
  std::int64_t joined = 0;  ///< stored channels that conv1 reads
  bool merges = false;
  bool copies = false;    ///< what merges is copied into one tensor; else the layers read both where they lie
  bool in_place = false;  ///< the shortcut is added to what conv2 made, where it lies
  std::unique_ptr<Convolution> conv1, conv2, shortcut,
      project_skip;  ///< the summed variants' 1 x 1 x 1 convolution of the skip connection
  std::optional<Excitation> excitation;
  std::optional<Int8Block> int8;  ///< conv1 and conv2 read integers
};

/// All layers for one arithmetic of stored activations (f32 or bf16).
struct NetworkLayers {
  /// `int8`: the blocks that are in int8. `tiled`: see below; of bf16 alone.
  NetworkLayers(const FoldedNetwork& network, const dnnl::engine& engine, ValueType stored,
                const std::map<std::string, Int8Block>& int8, bool tiled);

  /// All convolutions are in AMX tiles: skip connections are read where they lie, shortcuts are added as they
  /// are computed, and the logits go straight to planes.
  bool tiled;
  Channels stem;
  std::vector<float> stem_weights, stem_bias;  ///< 27 x blocks of 16; blocks of 16
  std::vector<BlockLayers> blocks;             ///< of all stages
  std::vector<int> skip_of;                    ///< the tensor that block i merges with (0: the stem's), or -1
  std::unique_ptr<Convolution>
      upsampling;  ///< `tiled`: 1 x 1 x 1 to the eight voxels (z, y, x) of `full` channels
  /// Else: of the four rows (z, y) of two voxels each that come of a row, from it and the image's row.
  std::vector<PointwiseConvolution> upsampled_rows;
  Channels full, last;     ///< layer10's input and output
  Channels head;           ///< of layer11: one a class, with `head_taps` one a class and tap
  bool head_taps = false;  ///< layer11 gives its three taps along x side by side
  std::int64_t group = 1;  ///< slices that some layers compute together
  std::int64_t classes = 0;
  std::vector<float> head_bias;
  std::vector<float> image_weight;  ///< what the image's value adds to each channel of `full`
  std::unique_ptr<Convolution> last1, last2, last_shortcut,
      head_layer;  ///< no last_shortcut: tiled, last2 reads last1's output and its input; else last1 makes
                   ///< both
  float slope = 0;

  std::vector<Convolution*> convolutions() const;
};

}  // namespace anatomynet::inference
