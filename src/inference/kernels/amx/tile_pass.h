#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace anatomynet::inference {

struct ConvolutionOptions;

/// Outputs of a TileConvolution that are computed in one pass, at most 32 columns: of one voxel, or, where a
/// voxel has few, of several neighbours in a row, whose inputs overlap.
struct TilePass {
  static constexpr std::int64_t row_bytes = 64;

  struct alignas(64) Tile {
    std::byte bytes[16 * row_bytes];
  };

  std::int64_t first, outputs;      ///< of the convolution's outputs
  std::int64_t group;               ///< neighbouring voxels
  std::int64_t columns;             ///< AMX tiles side by side, 1 or 2
  std::vector<std::int64_t> tiles;  ///< for each source, AMX tiles of the channels of the taps along x
  std::vector<Tile> weights;        ///< by source, tap in slices and rows, tile, column

  std::int64_t rows() const { return columns == 2 ? 32 : 64; }
  std::int64_t voxels() const { return rows() * group; }
};

/// All outputs, in order. Weights are rounded to bf16, or to integers by weight_steps.
std::vector<TilePass> tile_passes(const ConvolutionOptions& options);

/// For each output the step of integers with its largest weight at 127.
std::vector<float> weight_steps(const ConvolutionOptions& options);

}  // namespace anatomynet::inference
