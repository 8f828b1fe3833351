#pragma once
#include <array>
#include <random>

#include <torch/types.h>

namespace anatomynet::training {

using Index3 = std::array<std::int64_t, 3>;  ///< z, y, x

/// Control points of a cubic B-spline field over `size` voxels, `spacing` apart: 3 (z, y, x) x d x h x w
/// displacements in voxels on the CPU, uniform within +-amplitude. The field does not fold while amplitude is
/// below 0.4 spacing (Choi and Lee 2000, injectivity of 3D cubic B-splines).
torch::Tensor random_control_points(const Index3& size, double spacing, double amplitude,
                                    std::mt19937_64& random);

/// The field of such control points: 3 x D x H x W on `device`.
torch::Tensor spline_field(const torch::Tensor& control, double spacing, const Index3& size,
                           torch::Device device);

/// The in-plane field of Simard et al. 2003 (as Zhu et al. 2019 use it): alpha times noise uniform in (-1,
/// 1), smoothed by a Gaussian of sigma voxels with zeros outside: 2 (y, x) x H x W voxels, on the CPU.
torch::Tensor plane_field(std::int64_t height, std::int64_t width, double alpha, double sigma,
                          std::mt19937_64& random);

}  // namespace anatomynet::training
