#pragma once
#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "core/grid.h"
#include "core/uneven_slices.h"

namespace anatomynet::core {

/// A place on an organ's boundary around which the network hardly preferred one label to the other.
struct UnsurePlace {
  Vec3 world{};            ///< LPS mm: a voxel of the organ that has another label beside it
  double close_share = 0;  ///< 0 to 1: of the voxels within two cells, those that were close for the organ
};

/// Finds such places while labels are made. A voxel is close for an organ where the organ won or lost by less
/// than `close_logits`. Scores of two labels cross at every boundary, so the margin of a single voxel there
/// says nothing: it is near zero along a boundary that is sure to half a millimetre too. What differs is how
/// far the doubt reaches. So the measure is the share of close voxels in a ball around the boundary, counted
/// in cells of 3 mm, or of the largest voxel side where that is more: counts do not depend on the order, nor
/// on threads.
class UndecidedRegions {
 public:
  /// The loser has at least a third of the winner's probability.
  static constexpr float close_logits = 1.0986f;
  static constexpr std::size_t most_places = 8;  ///< of an organ
  static constexpr double apart_mm = 8, least_share = 0.25;

  /// `uneven`: where voxels lie along one of the grid's axes.
  UndecidedRegions(const Grid& grid, const AxisPositions* uneven);

  /// A voxel that is close for the organ.
  void count_close(int id, std::int64_t x, std::int64_t y, std::int64_t z);
  /// A voxel of the organ with another label beside it, and its probability in 1/255.
  void count_boundary(int id, int level, std::int64_t x, std::int64_t y, std::int64_t z);

  /// The largest share first, at least `apart_mm` from each other; none below `least_share`.
  std::vector<UnsurePlace> places(int id) const;

 private:
  static constexpr int no_boundary = 256;
  struct Cell {
    std::uint32_t close = 0;
    int level = no_boundary;  // the least of its boundary's, and where that is
    std::array<std::int32_t, 3> voxel{};
  };
  struct Organ {
    std::unordered_map<std::int64_t, Cell> cells;
    std::int64_t last_key = -1;
    Cell* last = nullptr;
  };
  struct Axis {
    std::vector<std::int64_t> cell_of;    // of each voxel
    std::vector<std::int64_t> voxels_in;  // of each cell
  };
  Cell* cell(int id, std::int64_t x, std::int64_t y, std::int64_t z);
  double share_around(const Organ& organ, const Size3& at) const;
  Vec3 world_of(const std::array<std::int32_t, 3>& voxel) const;

  Grid grid_;
  double cell_mm_;
  AxisPositions uneven_;
  std::array<Axis, 3> axes_;
  std::vector<Organ> organs_ = std::vector<Organ>(256);  // by id
};

}  // namespace anatomynet::core
