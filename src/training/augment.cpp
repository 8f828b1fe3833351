#include "training/augment.h"

#include <cmath>

#include <torch/torch.h>

namespace anatomynet {
namespace {

using torch::Tensor;
constexpr double air_hu = -1000;

double uniform(std::mt19937_64& random, double low, double high) {
  // std::uniform_real_distribution differs between standard libraries; this does not.
  return low + (high - low) * (static_cast<double>(random() >> 11) * 0x1.0p-53);
}

std::int64_t below(std::mt19937_64& random, std::int64_t n) {
  return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
}

// Centre of the crop, voxels (z, y, x): near an organ voxel, or anywhere.
std::array<double, 3> crop_centre(const TrainingCase& c, const AugmentOptions& o, std::mt19937_64& random) {
  std::array<double, 3> centre{};
  const std::array<std::int64_t, 3> crop{o.crop[2], o.crop[1], o.crop[0]};
  const bool organ = uniform(random, 0, 1) < o.organ_centred;
  const std::uint64_t which = random(), pick = random();
  Tensor voxel;
  if (organ) {
    // First the organ, then its voxel: small organs are seen as often as large ones.
    const Tensor counts = torch::bincount(c.labels.flatten().to(torch::kLong)).slice(0, 1);
    const Tensor present = counts.nonzero().flatten();
    if (present.numel() > 0) {
      const std::int64_t organ_class =
          present[static_cast<std::int64_t>(which % std::uint64_t(present.numel()))].item<std::int64_t>() + 1;
      const Tensor found = (c.labels == organ_class).nonzero();
      voxel = found[static_cast<std::int64_t>(pick % std::uint64_t(found.size(0)))];
    }
  }
  for (int k = 0; k < 3; ++k) {
    const auto size = double(c.image.size(k)), width = double(crop[k]);
    const double slack = std::max(0.0, size - width) / 2, middle = (size - 1) / 2;
    if (voxel.defined()) {
      centre[k] = double(voxel[k].item<std::int64_t>()) + uniform(random, -o.jitter, o.jitter) * width;
    } else {
      const double reach = slack + o.jitter / 2 * width;
      centre[k] = middle + uniform(random, -reach, reach);
    }
  }
  return centre;
}

// Rows: source voxel (z, y, x) = m (target - target centre) + centre.
std::array<std::array<double, 3>, 3> random_affine(const AugmentOptions& o, bool flip,
                                                   std::mt19937_64& random) {
  std::array<std::array<double, 3>, 3> m{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  for (int axis = 0; axis < 3; ++axis) {
    const double a = uniform(random, -o.rotation, o.rotation) * M_PI / 180;
    const int i = (axis + 1) % 3, j = (axis + 2) % 3;
    for (auto& row : m) {
      const double u = row[i], v = row[j];
      row[i] = std::cos(a) * u - std::sin(a) * v;
      row[j] = std::sin(a) * u + std::cos(a) * v;
    }
  }
  const double overall = 1 + uniform(random, -o.scale, o.scale);
  for (int k = 0; k < 3; ++k) {
    const double s = overall * (1 + uniform(random, -o.scale, o.scale) / 3) * (k == 2 && flip ? -1 : 1);
    for (auto& row : m) row[k] *= s;
  }
  return m;
}

// The affine map as the matrix that affine_grid wants: normalised (x, y, z), corners aligned.
Tensor normalised(const std::array<std::array<double, 3>, 3>& m, const std::array<double, 3>& centre,
                  torch::IntArrayRef source, const std::array<std::int64_t, 3>& target) {
  Tensor theta = torch::zeros({1, 3, 4});
  auto t = theta.accessor<float, 3>();
  for (int r = 0; r < 3; ++r) {
    const double half = std::max(0.5, double(source[r] - 1) / 2);
    for (int c = 0; c < 3; ++c)
      t[0][2 - r][2 - c] = static_cast<float>(m[r][c] * (double(target[c] - 1) / 2) / half);
    t[0][2 - r][3] = static_cast<float>((centre[r] - double(source[r] - 1) / 2) / half);
  }
  return theta;
}

void blank_outside_box(Tensor& image, std::mt19937_64& random) {
  for (int k = 0; k < 3; ++k) {
    const std::int64_t n = image.size(k);
    const std::int64_t low = below(random, n / 4 + 1), high = below(random, n / 4 + 1);
    const bool both = below(random, 2) == 0;
    image.slice(k, 0, low).fill_(air_hu);
    if (both) image.slice(k, n - high, n).fill_(air_hu);
  }
}

}  // namespace

std::vector<std::int64_t> mirror_classes(const OrganTable& organs) {
  std::vector<std::int64_t> mirror(organs.size() + 1);
  for (std::size_t i = 0; i < organs.size(); ++i) {
    const Organ* other = opposite_side(organs, organs[i]);
    mirror[i + 1] = other ? (other - organs.data()) + 1 : static_cast<std::int64_t>(i) + 1;
  }
  return mirror;
}

Sample augmented_crop(const TrainingCase& source, const AugmentOptions& o,
                      const std::vector<std::int64_t>& mirror, std::mt19937_64& random) {
  namespace F = torch::nn::functional;
  const bool flip = o.flip && below(random, 2) == 0;
  const auto centre = crop_centre(source, o, random);
  const auto m = random_affine(o, flip, random);
  const std::array<std::int64_t, 3> crop{o.crop[2], o.crop[1], o.crop[0]};
  const Tensor grid = F::affine_grid(normalised(m, centre, source.image.sizes(), crop),
                                     {1, 1, crop[0], crop[1], crop[2]}, true);
  const auto sample = [&](const Tensor& values, bool linear) {
    auto how = F::GridSampleFuncOptions().padding_mode(torch::kZeros).align_corners(true);
    if (linear) {
      how = how.mode(torch::kBilinear);
    } else {
      how = how.mode(torch::kNearest);
    }
    return F::grid_sample(values.to(torch::kFloat).unsqueeze(0).unsqueeze(0), grid, how)
        .squeeze(0)
        .squeeze(0);
  };
  Sample out;
  // Outside the case there is air: sampled as 0 there, so shift before and after.
  out.image = sample(source.image.to(torch::kFloat) - air_hu, true) + air_hu;
  out.labels = sample(source.labels, false).to(torch::kLong);
  if (flip) out.labels = torch::tensor(mirror).index({out.labels});

  const double shift = uniform(random, -o.shift_hu, o.shift_hu),
               gain = 1 + uniform(random, -o.contrast, o.contrast);
  out.image = out.image * gain + shift;
  const double sigma = std::max(0.0, uniform(random, -o.noise_hu, o.noise_hu));
  auto generator = torch::make_generator<torch::CPUGeneratorImpl>(random());
  if (sigma > 0) out.image += torch::randn(out.image.sizes(), generator) * sigma;
  // An organ whose image was cut away must not be invented: its voxels become background with the image.
  if (uniform(random, 0, 1) < o.blank) {
    Tensor kept = torch::zeros_like(out.image);
    blank_outside_box(kept, random);
    const Tensor gone = kept < -1;
    out.image.masked_fill_(gone, air_hu);
    out.labels.masked_fill_(gone, 0);
  }
  return out;
}

}  // namespace anatomynet
