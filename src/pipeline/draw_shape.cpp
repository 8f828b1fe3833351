#include <algorithm>
#include <cmath>

#include "geometry/interpolated.h"
#include "pipeline/shape_box.h"
#include "pipeline/shape_placement.h"

namespace anatomynet::pipeline {
namespace {

using geometry::AffineMotion;
using model::ShapePrior;

constexpr double sample_mm = 1.2;  // of the probabilities, within a voxel of the CT

// Mean probability over one voxel of the CT.
class VoxelMean {
 public:
  VoxelMean(const ShapePrior& prior, const AffineMotion& to_patient, const Grid& ct)
      : prior_(prior), back_(geometry::inverse(to_patient)), ct_(ct) {
    for (int k = 0; k < 3; ++k)
      samples_[k] = std::max<std::int64_t>(1, std::llround(std::ceil(ct.spacing[k] / sample_mm - 0.2)));
  }

  double operator()(std::int64_t x, std::int64_t y, std::int64_t z) const {
    double sum = 0;
    for (std::int64_t c = 0; c < samples_[2]; ++c)
      for (std::int64_t b = 0; b < samples_[1]; ++b)
        for (std::int64_t a = 0; a < samples_[0]; ++a)
          sum += at({double(x) + within(a, 0), double(y) + within(b, 1), double(z) + within(c, 2)});
    return sum / double(samples_[0] * samples_[1] * samples_[2]);
  }

 private:
  double within(std::int64_t sample, int k) const {
    return (double(sample) + 0.5) / double(samples_[k]) - 0.5;
  }
  double at(const Vec3& index) const {
    const Vec3 in_prior = prior_.probability.grid.to_index(back_(ct_.to_world(index)));
    return geometry::interpolated(prior_.probability, in_prior, true);
  }

  const ShapePrior& prior_;
  AffineMotion back_;
  const Grid& ct_;
  Size3 samples_{};
};

}  // namespace

IndexBox box_of(const ShapePrior& prior, const AffineMotion& to_patient, const Grid& ct) {
  IndexBox box;
  const Size3& size = prior.probability.grid.size;
  for (std::int64_t z = 0; z < size[2]; ++z)
    for (std::int64_t y = 0; y < size[1]; ++y)
      for (std::int64_t x = 0; x < size[0]; ++x) {
        if (prior.probability.at(x, y, z) < prior.threshold) continue;
        const Vec3 index =
            ct.to_index(to_patient(prior.probability.grid.to_world({double(x), double(y), double(z)})));
        for (int k = 0; k < 3; ++k) {
          box.low[k] = std::min(box.low[k], index[k]);
          box.high[k] = std::max(box.high[k], index[k]);
        }
      }
  return box;
}

bool reaches_out(const ShapePrior& prior, const AffineMotion& to_patient, const Grid& ct) {
  const IndexBox box = box_of(prior, to_patient, ct);
  for (int k = 0; k < 3; ++k)
    if (!(box.low[k] >= -0.5 && box.high[k] <= double(ct.size[k]) - 0.5)) return true;
  return false;
}

std::int64_t draw_shape(const ShapePrior& prior, const AffineMotion& to_patient, int id,
                        LabelVolume& labels) {
  const IndexBox box = box_of(prior, to_patient, labels.grid);
  const VoxelMean mean(prior, to_patient, labels.grid);
  Size3 first{}, last{};
  for (int k = 0; k < 3; ++k) {
    const auto end = double(labels.grid.size[k]);
    first[k] = static_cast<std::int64_t>(std::clamp(std::floor(box.low[k]) - 1, 0.0, end));
    last[k] = static_cast<std::int64_t>(std::clamp(std::ceil(box.high[k]) + 2, 0.0, end));
  }
  std::int64_t drawn = 0;
  for (std::int64_t z = first[2]; z < last[2]; ++z)
    for (std::int64_t y = first[1]; y < last[1]; ++y)
      for (std::int64_t x = first[0]; x < last[0]; ++x) {
        std::uint8_t& label = labels.at(x, y, z);
        if (label != 0 || mean(x, y, z) < prior.threshold) continue;
        label = static_cast<std::uint8_t>(id);
        ++drawn;
      }
  return drawn;
}

}  // namespace anatomynet::pipeline
