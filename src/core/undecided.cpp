#include "core/undecided.h"

#include <algorithm>
#include <cmath>

namespace anatomynet::core {
namespace {

constexpr double least_cell_mm = 3;
constexpr int kernel_radius = 2;  // cells: 33 of them, as large as a ball of 2 cells
constexpr double hair = 1e-6;     // one voxel a cell stays so whatever rounding
// An organ that is close in more (8 litres at least) has no place that stands out.
constexpr std::size_t most_cells = 300'000;

double distance(const Vec3& a, const Vec3& b) { return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]); }

}  // namespace

UndecidedRegions::UndecidedRegions(const Grid& grid, const AxisPositions* uneven)
    : grid_(grid),
      cell_mm_(std::max(least_cell_mm, *std::max_element(grid.spacing.begin(), grid.spacing.end()))) {
  if (uneven) uneven_ = *uneven;
  for (int k = 0; k < 3; ++k) {
    Axis& axis = axes_[static_cast<std::size_t>(k)];
    for (std::int64_t i = 0; i < grid.size[k]; ++i) {
      const bool known = uneven && uneven->axis == k;
      const double mm = known ? uneven->mm[static_cast<std::size_t>(i)] : grid.spacing[k] * double(i);
      axis.cell_of.push_back(static_cast<std::int64_t>(mm / cell_mm_ + hair));
      axis.voxels_in.resize(static_cast<std::size_t>(axis.cell_of.back() + 1));
      ++axis.voxels_in.back();
    }
  }
}

UndecidedRegions::Cell* UndecidedRegions::cell(int id, std::int64_t x, std::int64_t y, std::int64_t z) {
  const std::int64_t key = (axes_[2].cell_of[z] * std::ssize(axes_[1].voxels_in) + axes_[1].cell_of[y]) *
                               std::ssize(axes_[0].voxels_in) +
                           axes_[0].cell_of[x];
  Organ& organ = organs_[static_cast<std::size_t>(id)];
  if (organ.last_key == key) return organ.last;  // neighbours in a row mostly share a cell
  organ.last_key = key;
  organ.last = organ.cells.size() > most_cells ? nullptr : &organ.cells[key];
  return organ.last;
}

void UndecidedRegions::count_close(int id, std::int64_t x, std::int64_t y, std::int64_t z) {
  if (Cell* const at = cell(id, x, y, z)) ++at->close;
}

void UndecidedRegions::count_boundary(int id, int level, std::int64_t x, std::int64_t y, std::int64_t z) {
  Cell* const at = cell(id, x, y, z);
  if (!at || level >= at->level) return;
  at->level = level;
  at->voxel = {static_cast<std::int32_t>(x), static_cast<std::int32_t>(y), static_cast<std::int32_t>(z)};
}

// Cells beyond the volume's end hold no voxel and count on neither side.
double UndecidedRegions::share_around(const Organ& organ, const Size3& at) const {
  std::int64_t close = 0, all = 0;
  for (std::int64_t dz = -kernel_radius; dz <= kernel_radius; ++dz)
    for (std::int64_t dy = -kernel_radius; dy <= kernel_radius; ++dy)
      for (std::int64_t dx = -kernel_radius; dx <= kernel_radius; ++dx) {
        if (dx * dx + dy * dy + dz * dz > kernel_radius * kernel_radius) continue;
        const Size3 here{at[0] + dx, at[1] + dy, at[2] + dz};
        std::int64_t voxels = 1, key = 0;
        for (std::size_t k = 3; k-- > 0;) {
          const auto cells = std::ssize(axes_[k].voxels_in);
          const bool inside = here[k] >= 0 && here[k] < cells;
          voxels *= inside ? axes_[k].voxels_in[here[k]] : 0;
          key = key * cells + here[k];
        }
        if (voxels == 0) continue;
        all += voxels;
        const auto found = organ.cells.find(key);
        if (found != organ.cells.end()) close += found->second.close;
      }
  return all > 0 ? double(close) / double(all) : 0;
}

Vec3 UndecidedRegions::world_of(const std::array<std::int32_t, 3>& voxel) const {
  Vec3 index{double(voxel[0]), double(voxel[1]), double(voxel[2])};
  if (!uneven_.mm.empty()) {
    const auto k = static_cast<std::size_t>(uneven_.axis);
    index[k] = uneven_.mm[static_cast<std::size_t>(voxel[k])] / grid_.spacing[k];
  }
  return grid_.to_world(index);
}

std::vector<UnsurePlace> UndecidedRegions::places(int id) const {
  const Organ& organ = organs_[static_cast<std::size_t>(id)];
  if (organ.cells.size() > most_cells) return {};
  struct Candidate {
    double share;
    std::int64_t key;
    UnsurePlace place;
  };
  std::vector<Candidate> all;
  for (const auto& [key, cell] : organ.cells) {
    if (cell.level == no_boundary) continue;
    Size3 at{};
    for (std::size_t k = 0; k < 3; ++k) at[k] = axes_[k].cell_of[cell.voxel[k]];
    const double share = share_around(organ, at);
    if (share >= least_share) all.push_back({share, key, {world_of(cell.voxel), share}});
  }
  std::sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    return a.share != b.share ? a.share > b.share : a.key < b.key;
  });
  std::vector<UnsurePlace> out;
  for (const Candidate& one : all) {
    if (out.size() == most_places) break;
    if (std::none_of(out.begin(), out.end(),
                     [&](const UnsurePlace& p) { return distance(p.world, one.place.world) < apart_mm; }))
      out.push_back(one.place);
  }
  return out;
}

}  // namespace anatomynet::core
