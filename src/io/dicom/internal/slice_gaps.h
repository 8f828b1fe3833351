#pragma once
#include <cstddef>
#include <string>
#include <vector>

// What the distances between a CT's slices say. Internal to the io module.
namespace anatomynet::io {

/// Slices `first` to `last` (from 0, both included), each `mm` from the next: a block.
struct SliceRun {
  std::size_t first = 0, last = 0;
  double mm = 0;                     ///< the mean
  double shortest = 0, longest = 0;  ///< mm
  std::size_t gaps() const { return last - first; }
};

/// The blocks of a stack, in order; each ends with the slice with which the next begins. Distances within
/// 0.11 mm, or 2%, of their block's mean belong to it, since positions are often written with one decimal.
/// `along`: mm along the normal, ascending, at least two.
std::vector<SliceRun> runs_of(const std::vector<double>& along);

/// A distance at which slices are missing.
struct LostSlices {
  std::size_t below = 0;  ///< the slice before the gap, from 0
  double mm = 0, usual = 0;
  int count = 0;  ///< slices that are missing
};

/// Slices lost in an otherwise even run: one distance alone that is a whole multiple (twice or more) of those
/// on both sides of it, which equal each other and are at least three together, or all that the stack has. At
/// either end of the stack one side is enough. A change of block (3, 3, 3, 6, 6, 6), a block between others
/// (3, 3, 5, 5, 3, 3) and mixed distances (1, 1.5, 1, 1.5) are no loss.
std::vector<LostSlices> lost_slices(const std::vector<SliceRun>& runs);

/// "slices 1 to 60 every 1 mm, 60 to 90 every 1.5 mm"; of one "90 slices about 1 mm apart (0.9 to 1.1 mm)";
/// of many short blocks "90 slices, 1 mm (45 times) and 1.5 mm (44 times) apart".
std::string describe(const std::vector<SliceRun>& runs);

}  // namespace anatomynet::io
