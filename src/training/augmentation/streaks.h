#pragma once
#include <random>
#include <vector>

#include "training/data/case.h"

namespace anatomynet::training {

using Position = std::array<double, 3>;  ///< voxels z, y, x

/// Up to `most` of the case's brightest voxels at one height, where dental metal may be: nearly as bright as
/// the brightest of all, and at least 700 HU. None where nothing is as bright.
std::vector<Position> bright_points(const TrainingCase& source, std::int64_t most, std::mt19937_64& random);

/// Streaks as metal makes them, in place on D x H x W float HU: from each point bright and dark rays within
/// few slices about the first point's height, fading with distance, dark between two points, and the metal
/// itself. Up to `hu` high, both ways; what they touch is kept within -1024 to 3071. A model of their looks,
/// not of their physics. Points outside the slices or the plane are left out.
void add_streaks(torch::Tensor& image, const std::vector<Position>& points, double hu,
                 std::mt19937_64& random);

}  // namespace anatomynet::training
