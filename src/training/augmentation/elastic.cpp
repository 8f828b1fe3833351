#include "training/augmentation/elastic.h"

#include <cmath>

#include <torch/torch.h>

#include "training/augmentation/random_draw.h"

namespace anatomynet::training {
namespace {

using torch::Tensor;

Tensor uniform_tensor(torch::IntArrayRef shape, double amplitude, std::mt19937_64& random) {
  Tensor t = torch::empty(shape, torch::kFloat);
  float* to = t.data_ptr<float>();
  for (std::int64_t i = 0; i < t.numel(); ++i)
    to[i] = static_cast<float>(uniform(random, -amplitude, amplitude));
  return t;
}

// Weight of control point k (column) at voxel i (row); the first control point lies one spacing before
// voxel 0.
Tensor spline_weights(std::int64_t voxels, std::int64_t points, double spacing) {
  Tensor weights = torch::zeros({voxels, points});
  auto w = weights.accessor<float, 2>();
  for (std::int64_t i = 0; i < voxels; ++i) {
    const auto k = static_cast<std::int64_t>(double(i) / spacing);
    const double f = double(i) / spacing - double(k), g = 1 - f;
    w[i][k] = static_cast<float>(g * g * g / 6);
    w[i][k + 1] = static_cast<float>((3 * f * f * f - 6 * f * f + 4) / 6);
    w[i][k + 2] = static_cast<float>((3 * g * g * g - 6 * g * g + 4) / 6);
    w[i][k + 3] = static_cast<float>(f * f * f / 6);
  }
  return weights;
}

Tensor gaussian_matrix(std::int64_t n, double sigma) {
  const auto kernel_radius = static_cast<std::int64_t>(std::ceil(4 * sigma));
  double sum = 0;
  for (std::int64_t d = -kernel_radius; d <= kernel_radius; ++d)
    sum += std::exp(-0.5 * double(d * d) / (sigma * sigma));
  Tensor matrix = torch::zeros({n, n});
  auto m = matrix.accessor<float, 2>();
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = std::max<std::int64_t>(0, i - kernel_radius);
         j < std::min(n, i + kernel_radius + 1); ++j)
      m[i][j] = static_cast<float>(std::exp(-0.5 * double((i - j) * (i - j)) / (sigma * sigma)) / sum);
  return matrix;
}

}  // namespace

Tensor random_control_points(const Index3& size, double spacing, double amplitude, std::mt19937_64& random) {
  Index3 points{};
  for (std::size_t k = 0; k < 3; ++k)
    points[k] = static_cast<std::int64_t>(double(size[k] - 1) / spacing) + 4;
  return uniform_tensor({3, points[0], points[1], points[2]}, amplitude, random);
}

Tensor spline_field(const Tensor& control, double spacing, const Index3& size, torch::Device device) {
  const auto weights = [&](int axis) {
    return spline_weights(size[static_cast<std::size_t>(axis)], control.size(axis + 1), spacing).to(device);
  };
  // Axis by axis, each a small matrix product: what is large comes last.
  const Tensor along_x = torch::matmul(control.to(device), weights(2).t());  // 3 d h W
  const Tensor along_y = torch::matmul(weights(1), along_x);                 // 3 d H W
  return torch::matmul(weights(0), along_y.flatten(2)).view({3, size[0], size[1], size[2]});
}

Tensor plane_field(std::int64_t height, std::int64_t width, double alpha, double sigma,
                   std::mt19937_64& random) {
  const Tensor noise = uniform_tensor({2, height, width}, alpha, random);
  return torch::matmul(torch::matmul(gaussian_matrix(height, sigma), noise), gaussian_matrix(width, sigma));
}

}  // namespace anatomynet::training
