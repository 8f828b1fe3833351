#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace anatomynet::adaptation {

/// The fewest scans that can be adapted to.
inline constexpr std::size_t fewest_scans = 3;

/// Parts of a cohort, each held out once: one a scan up to five, five for more. Entry i is the part of scan
/// i; parts differ by at most one scan, and which scan is in which follows from the seed alone.
std::vector<std::size_t> parts_of(std::size_t scans, std::uint64_t seed);

/// How many parts that are.
std::size_t part_count(std::size_t scans);

}  // namespace anatomynet::adaptation
