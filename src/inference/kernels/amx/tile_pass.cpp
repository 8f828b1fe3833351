#include "inference/kernels/amx/tile_pass.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/bfloat16.h"
#include "inference/kernels/convolution_options.h"

namespace anatomynet::inference {
namespace {

constexpr std::int64_t tile = TilePass::row_bytes;

std::int64_t up(std::int64_t n, std::int64_t to) { return (n + to - 1) / to * to; }

// Of the numbers of voxels beside each other the one with the fewest products.
TilePass pass_of(const ConvolutionOptions& o, const std::vector<std::int64_t>& parts,
                 const std::vector<float>& steps, std::int64_t first, std::int64_t outputs) {
  const bool int8_weights = o.source == ValueType::s8;
  const std::int64_t each = int8_weights ? tile : tile / 2;  // values of a tile's row
  TilePass p{first, outputs, 1, 1, {}, {}};
  double least = 0;
  for (std::int64_t group = 1; group * outputs <= 32; group *= 2) {
    const std::int64_t columns = (group * outputs + 15) / 16;
    double cost = 0;
    for (const std::int64_t c : parts) cost += double(up((group + o.kernel_x - 1) * c, each) * columns);
    cost /= double(group);
    if (least == 0 || cost <= least) {  // of equals the widest, which loads least
      least = cost;
      p.group = group;
      p.columns = columns;
    }
  }
  for (const std::int64_t c : parts) p.tiles.push_back(up((p.group + o.kernel_x - 1) * c, each) / each);
  std::int64_t tiles = 0, before = 0;
  for (const std::int64_t t : p.tiles) tiles += t;
  const std::int64_t lines = o.kernel * o.kernel;
  p.weights.resize(static_cast<std::size_t>(lines * tiles * p.columns));
  TilePass::Tile* to = p.weights.data();
  for (std::size_t part = 0; part < parts.size(); before += parts[part], ++part)
    for (std::int64_t zy = 0; zy < lines; ++zy)
      for (std::int64_t t = 0; t < p.tiles[part]; ++t)
        for (std::int64_t n = 0; n < p.columns; ++n, ++to)
          for (std::int64_t k = 0; k < each; ++k)
            for (std::int64_t column = 0; column < 16; ++column) {
              const std::int64_t c = parts[part], at = t * each + k, beside = (n * 16 + column) / outputs,
                                 row = first + (n * 16 + column) % outputs, tap = at / c - beside;
              if (beside >= p.group || tap < 0 || tap >= o.kernel_x) continue;
              const float weight = o.weights[static_cast<std::size_t>(
                  ((row * o.in + before + at % c) * lines + zy) * o.kernel_x + tap)];
              if (int8_weights) {
                const auto quantised =
                    static_cast<std::int8_t>(std::lround(weight / steps[static_cast<std::size_t>(row)]));
                std::memcpy(to->bytes + k / 4 * tile + column * 4 + k % 4, &quantised, 1);
              } else {
                const std::uint16_t bits = narrow<std::uint16_t>(weight);
                std::memcpy(to->bytes + k / 2 * tile + column * 4 + k % 2 * 2, &bits, 2);
              }
            }
  return p;
}

}  // namespace

std::vector<TilePass> tile_passes(const ConvolutionOptions& o) {
  const std::vector<std::int64_t> parts = o.parts.empty() ? std::vector{o.in} : o.parts;
  const std::vector<float> steps = weight_steps(o);
  const std::int64_t per_destination_row =
      o.upsample_2x ? o.out / 4 : o.out;  // outputs that follow each other in memory
  std::vector<TilePass> passes;
  for (std::int64_t begin = 0; begin < o.out; begin += per_destination_row)
    for (std::int64_t done = 0; done < per_destination_row; done += 32)
      passes.push_back(
          pass_of(o, parts, steps, begin + done, std::min<std::int64_t>(32, per_destination_row - done)));
  return passes;
}

std::vector<float> weight_steps(const ConvolutionOptions& o) {
  std::vector<float> steps;
  const std::int64_t each = std::ssize(o.weights) / o.out;
  for (std::int64_t row = 0; row < o.out; ++row) {
    float largest = 0;
    for (std::int64_t i = row * each; i < (row + 1) * each; ++i)
      largest = std::max(largest, std::abs(o.weights[static_cast<std::size_t>(i)]));
    steps.push_back(largest > 0 ? largest / 127 : 1);
  }
  return steps;
}

}  // namespace anatomynet::inference
