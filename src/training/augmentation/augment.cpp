#include "training/augmentation/augment.h"

#include <torch/torch.h>

#include "training/augmentation/augment_intensity.h"
#include "training/augmentation/augment_space.h"
#include "training/augmentation/random_draw.h"
#include "training/augmentation/streaks.h"

namespace anatomynet::training {
namespace {

using torch::Tensor;
constexpr double air_hu = -1000;

// An organ whose image is cut away must not be invented: its voxels become background with the image.
void blank_outside_box(Sample& sample, std::mt19937_64& random) {
  const auto blank = [&](int axis, std::int64_t low, std::int64_t high) {
    sample.image.slice(axis, low, high).fill_(air_hu);
    sample.labels.slice(axis, low, high).fill_(0);
    if (sample.zones.defined()) sample.zones.slice(axis, low, high).fill_(0);
  };
  for (int k = 0; k < 3; ++k) {
    const std::int64_t n = sample.image.size(k);
    const std::int64_t low = below(random, n / 4 + 1), high = below(random, n / 4 + 1);
    const bool both = below(random, 2) == 0;
    blank(k, 0, low);
    if (both) blank(k, n - high, n);
  }
}

Tensor with_sides_exchanged(const Tensor& labels, const std::vector<std::int64_t>& mirror) {
  Tensor out = labels.clone();
  for (std::size_t c = 0; c < mirror.size(); ++c)
    if (mirror[c] != static_cast<std::int64_t>(c))
      out.masked_fill_(labels == static_cast<std::int64_t>(c), mirror[c]);
  return out;
}

}  // namespace

AugmentOptions no_augmentation(const Size3& crop) {
  AugmentOptions o;
  o.crop = crop;
  o.flip = false;
  for (double* size : {&o.rotation, &o.scale, &o.shift_hu, &o.contrast, &o.noise_hu, &o.blank,
                       &o.organ_centred, &o.jitter, &o.elastic, &o.corner_jitter, &o.plane_alpha, &o.blur,
                       &o.gamma, &o.streaks, &o.coarse, &o.thick_slices})
    *size = 0;
  return o;
}

std::vector<std::int64_t> mirror_classes(const OrganTable& organs) {
  std::vector<std::int64_t> mirror(organs.size() + 1);
  for (std::size_t i = 0; i < organs.size(); ++i) {
    const Organ* other = opposite_side(organs, organs[i]);
    mirror[i + 1] = other ? (other - organs.data()) + 1 : static_cast<std::int64_t>(i) + 1;
  }
  return mirror;
}

Sample augmented_crop(const TrainingCase& source, const AugmentOptions& o,
                      const std::vector<std::int64_t>& mirror, std::mt19937_64& random,
                      torch::Device device) {
  const torch::NoGradGuard no_grad;
  const SpaceMap map = random_space(source, o, random);
  Sample out = sampled(source, map, o.labels, device);
  out.annotated = source.annotated;
  out.known = source.zones.known;
  if (map.flip) {
    // What is known of the left side is known of the right one now.
    const Tensor other = torch::tensor(mirror);
    out.labels = with_sides_exchanged(out.labels, mirror);
    out.annotated = out.annotated.index({other});
    if (out.known.defined()) out.known = out.known.index({torch::indexing::Slice(), other});
  }
  if (chance(random, o.streaks)) {
    auto points = bright_points(source, 3, random);
    for (Position& p : points) p = target_position(map, p);
    add_streaks(out.image, points, o.streak_hu, random);
  }
  out.image = random_intensity(out.image, o, random);
  if (chance(random, o.blank)) blank_outside_box(out, random);
  return out;
}

}  // namespace anatomynet::training
