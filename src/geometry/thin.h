#pragma once
#include <array>
#include <cstddef>
#include <vector>

// Internal to the geometry module.
namespace anatomynet::geometry {

/// Douglas and Peucker: marks in `keep` what must stay of the open line from point `first` to point `last`,
/// which stay (`last` may be the size: the first point again), for none to be further than `tolerance` away.
void thin(const std::vector<std::array<double, 2>>& points, std::size_t first, std::size_t last,
          double tolerance, std::vector<char>& keep);

}  // namespace anatomynet::geometry
