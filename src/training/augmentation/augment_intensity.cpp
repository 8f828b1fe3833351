#include "training/augmentation/augment_intensity.h"

#include <algorithm>
#include <cmath>

#include <torch/torch.h>

#include "training/augmentation/random_draw.h"

namespace anatomynet::training {
namespace {

using torch::Tensor;

// Goes on with the outermost voxels, `low` before and `high` after.
Tensor extended(const Tensor& x, std::int64_t axis, std::int64_t low, std::int64_t high) {
  const std::int64_t n = x.size(axis);
  auto shape = x.sizes().vec();
  shape[static_cast<std::size_t>(axis)] = low;
  const Tensor before = x.narrow(axis, 0, 1).expand(shape);
  shape[static_cast<std::size_t>(axis)] = high;
  return torch::cat({before, x, x.narrow(axis, n - 1, 1).expand(shape)}, axis);
}

}  // namespace

// Sums of shifted copies: a fixed order, so the same for any number of threads.
Tensor blurred(const Tensor& image, double sigma) {
  const auto kernel_radius = static_cast<std::int64_t>(std::ceil(3 * sigma));
  if (!(sigma > 0)) return image;
  std::vector<double> weights;
  double sum = 0;
  for (std::int64_t d = -kernel_radius; d <= kernel_radius; ++d)
    sum += weights.emplace_back(std::exp(-0.5 * double(d * d) / (sigma * sigma)));
  Tensor x = image;
  for (int axis = 0; axis < 3; ++axis) {
    const Tensor wide = extended(x, axis, kernel_radius, kernel_radius);
    Tensor out = wide.narrow(axis, 0, x.size(axis)) * (weights[0] / sum);
    for (std::int64_t k = 1; k <= 2 * kernel_radius; ++k)
      out.add_(wide.narrow(axis, k, x.size(axis)), weights[static_cast<std::size_t>(k)] / sum);
    x = out;
  }
  return x;
}

Tensor thickened(const Tensor& image, std::int64_t factor, std::int64_t offset) {
  namespace F = torch::nn::functional;
  const std::int64_t d = image.size(0), h = image.size(1), w = image.size(2);
  const std::int64_t slabs = (d + offset + factor - 1) / factor;
  const Tensor parts = extended(image, 0, offset, slabs * factor - d - offset).view({slabs, factor, h, w});
  Tensor means = parts.select(1, 0).clone();
  for (std::int64_t k = 1; k < factor; ++k) means.add_(parts.select(1, k));
  means.div_(double(factor));
  return F::interpolate(means.view({1, 1, slabs, h, w}),
                        F::InterpolateFuncOptions()
                            .size(std::vector<std::int64_t>{slabs * factor, h, w})
                            .mode(torch::kTrilinear)
                            .align_corners(false))
      .view({slabs * factor, h, w})
      .narrow(0, offset, d)
      .contiguous();
}

Tensor coarsened(const Tensor& image, double factor) {
  namespace F = torch::nn::functional;
  const auto fewer = [&](std::int64_t n) {
    return std::max<std::int64_t>(1, std::llround(double(n) / factor));
  };
  const std::int64_t h = image.size(1), w = image.size(2);
  const Tensor small = F::adaptive_avg_pool2d(image, F::AdaptiveAvgPool2dFuncOptions({fewer(h), fewer(w)}));
  return F::interpolate(small.unsqueeze(0), F::InterpolateFuncOptions()
                                                .size(std::vector<std::int64_t>{h, w})
                                                .mode(torch::kBilinear)
                                                .align_corners(false))
      .squeeze(0);
}

void bend(Tensor& image, double exponent) {
  constexpr double low = -250, width = 700;
  const Tensor u = ((image - low) / width).clamp_(0, 1);
  image.add_(u.pow(exponent).sub_(u), width);
}

Tensor random_intensity(Tensor image, const AugmentOptions& o, std::mt19937_64& random) {
  if (chance(random, o.coarse)) image = coarsened(image, uniform(random, 1, o.coarse_factor));
  if (chance(random, o.thick_slices) && o.thick_factor > 1) {
    const std::int64_t factor = 2 + below(random, o.thick_factor - 1);
    image = thickened(image, factor, below(random, factor));
  }
  if (chance(random, o.blur)) image = blurred(image, uniform(random, 0, o.blur_voxels));
  if (chance(random, o.gamma)) bend(image, std::exp(uniform(random, -1, 1) * std::log(1 + o.gamma_range)));
  const double shift = uniform(random, -o.shift_hu, o.shift_hu),
               gain = 1 + uniform(random, -o.contrast, o.contrast);
  if (gain != 1) image.mul_(gain);
  if (shift != 0) image.add_(shift);
  const double sigma = uniform(random, -o.noise_hu, o.noise_hu);
  auto generator = torch::make_generator<torch::CPUGeneratorImpl>(random());
  if (sigma > 0) image.add_(torch::randn(image.sizes(), generator).to(image.device()), sigma);
  return image;
}

}  // namespace anatomynet::training
