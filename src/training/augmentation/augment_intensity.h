#pragma once
#include <random>

#include "training/augmentation/augment.h"

namespace anatomynet::training {

// Each takes D x H x W float HU on any device and gives the same.

/// Gaussian of `sigma` voxels along all three axes; the outermost voxels go on outside.
torch::Tensor blurred(const torch::Tensor& image, double sigma);

/// As if each slice showed the mean of `factor` slices: averaged in slabs, the first of which starts `offset`
/// slices before the volume, and interpolated linearly back to the grid.
torch::Tensor thickened(const torch::Tensor& image, std::int64_t factor, std::int64_t offset);

/// As if pixels were `factor` times as wide: averaged, and interpolated linearly back to the grid.
torch::Tensor coarsened(const torch::Tensor& image, double factor);

/// A gamma curve between -250 and 450 HU, in place; other HU stay.
void bend(torch::Tensor& image, double exponent);

/// Draws and applies resolution, blur, gamma, contrast, shift and noise, in this order.
torch::Tensor random_intensity(torch::Tensor image, const AugmentOptions& options, std::mt19937_64& random);

}  // namespace anatomynet::training
