#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace anatomynet::inference {

/// How values lie in memory: floats, the upper halves of floats, or integers of a layer's step.
enum class ValueType { f32, bf16, s8 };

/// What is done to a convolution's accumulators before they are stored.
enum class Epilogue {
  none,
  activate,    ///< max(v, slope v)
  accumulate,  ///< plus what lies at the destination
  accumulate_then_activate,
};

/// A convolution of stride 1 whose output is as large as its input, on channels-last slabs.
struct ConvolutionOptions {
  std::string name;
  std::int64_t in = 0, out = 0, kernel = 3;  ///< channels as they lie in memory
  std::int64_t kernel_x = 0;                 ///< of the rows; 0: as `kernel`
  std::vector<std::int64_t> parts;           ///< of `in`, a source each; none: one source
  bool upsample_2x =
      false;  ///< in AMX tiles: the outputs are 2 x 2 x 2 voxels (z, y, x) of an eighth of them each
  std::vector<float> weights;  ///< out x in x kernel x kernel x kernel_x
  std::vector<float> bias;     ///< out
  /// Of `out`, a destination each: channels, and whether they are activated. None: one destination.
  std::vector<std::pair<std::int64_t, bool>> outputs;
  ValueType source = ValueType::f32, destination = ValueType::f32;
  Epilogue epilogue = Epilogue::none;
  float slope = 0;
  /// Where the source (and the destination) is s8: value = step x integer. Weights become s8 with a step of
  /// their own for each output channel.
  double source_step = 1, destination_step = 1;
  /// Where whole groups of slices may be computed together (WinogradConvolution): the volume's slice
  /// -group_lag begins one. None: runs begin and end anywhere.
  std::optional<std::int64_t> group_lag;

  bool accumulates() const {
    return epilogue == Epilogue::accumulate || epilogue == Epilogue::accumulate_then_activate;
  }
  bool activates() const {
    return epilogue == Epilogue::activate || epilogue == Epilogue::accumulate_then_activate;
  }
};

}  // namespace anatomynet::inference
