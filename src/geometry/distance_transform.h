#pragma once
#include <cstdint>
#include <vector>

#include "core/grid.h"

namespace anatomynet::geometry {

/// Squared Euclidean distance (mm^2) from every point of a lattice (x fastest) to the nearest one whose `set`
/// is not 0; infinity where none is. Exact at any spacing, in time linear in the points: a scan along x, then
/// the lower envelope of parabolas along y and z (Felzenszwalb and Huttenlocher, Theory of Computing 8,
/// 2012).
std::vector<double> squared_distances(const std::vector<std::uint8_t>& set, const Size3& size,
                                      const Vec3& spacing);

/// The same where `wanted` is not 0 alone, in the lattice's order: for surfaces, which are few of the points,
/// in a fraction of the time. Each point searches outward through the rows for as long as that can help;
/// where this takes longer than the envelopes would, these take over.
std::vector<double> squared_distances_at(const std::vector<std::uint8_t>& wanted,
                                         const std::vector<std::uint8_t>& set, const Size3& size,
                                         const Vec3& spacing);

}  // namespace anatomynet::geometry
