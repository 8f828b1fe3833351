#include "inference/engine.h"

#include <algorithm>

#include "core/argmax.h"
#include "core/clock.h"
#include "core/error.h"

namespace anatomynet::inference {

const char* name_of(Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::bf16:
      return "bf16";
    case Arithmetic::int8:
      return "int8";
    case Arithmetic::fp32:
      break;
  }
  return "fp32";
}

void check_size(const Size3& size) {
  constexpr std::int64_t longest = 1 << 20, most = std::int64_t{1} << 38;
  std::string text;
  std::int64_t voxels = 1;
  bool fits = true;
  for (const std::int64_t n : size) {
    text = text + (text.empty() ? "" : " x ") + std::to_string(n);
    fits = fits && n >= 1 && n <= longest && voxels <= most / n;
    if (fits) voxels *= n;
  }
  if (!fits)
    throw Error(ErrorKind::input, "a volume of " + text +
                                      " voxels cannot be run; each axis needs at least one voxel, "
                                      "and all together at most 2^38");
}

void check_size(std::span<const float> image, const Size3& size) {
  check_size(size);
  if (static_cast<std::int64_t>(image.size()) != size[0] * size[1] * size[2])
    throw Error(ErrorKind::internal, "an image of " + std::to_string(image.size()) + " voxels was given as " +
                                         std::to_string(size[0]) + " x " + std::to_string(size[1]) + " x " +
                                         std::to_string(size[2]));
}

LabelVolume Engine::label(std::span<const float> image, const Grid& grid,
                          const std::vector<std::uint8_t>& ids, const Grid& target, double* network_seconds,
                          Confidence* confidence, const AxisPositions* uneven, const HuScores* hu) {
  const double start = seconds_now();
  double labelling = 0;
  StreamedArgmax argmax(grid, ids, target, uneven, hu);
  run(image, grid.size, [&](std::span<const float> slab, std::int64_t z, std::int64_t slices) {
    const double begin = seconds_now();
    argmax.take(slab, z, slices);
    labelling += seconds_now() - begin;
  });
  if (network_seconds) *network_seconds = seconds_now() - start - labelling;
  if (confidence) *confidence = argmax.confidence();
  if (!keeps_memory_) release();
  return argmax.finish();
}

std::vector<float> all_logits(Engine& engine, std::span<const float> image, const Size3& size) {
  check_size(image, size);
  const std::int64_t plane = size[0] * size[1];
  std::vector<float> all(image.size() * static_cast<std::size_t>(engine.channels()));
  engine.run(image, size, [&](std::span<const float> slab, std::int64_t z, std::int64_t slices) {
    for (std::int64_t c = 0; c < engine.channels(); ++c)
      std::copy_n(slab.data() + c * slices * plane, slices * plane, all.data() + (c * size[2] + z) * plane);
  });
  return all;
}

}  // namespace anatomynet::inference
