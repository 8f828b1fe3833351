#include "geometry/margin.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "core/label_boxes.h"
#include "core/parallel_for.h"

namespace anatomynet::geometry {
namespace {

constexpr float nowhere = std::numeric_limits<float>::infinity();
constexpr double farthest = 1 + 1e-6;  // rounding of spacings and sums must not decide

// What steps along one index axis cost: the squared part of the margin that they use up. Costs add up over
// the axes, and a voxel is reached where they come to 1 at most.
struct AxisCost {
  std::vector<float> up{0}, down{0};  // of 0, 1, 2, ... steps towards higher and lower indices
};

std::vector<float> costs(double mm, double spacing, MarginFrom from) {
  std::vector<float> out{0};
  for (std::int64_t steps = 1; mm > 0; ++steps) {
    const double apart = (double(steps) - (from == MarginFrom::surfaces ? 0.5 : 0)) * spacing / mm;
    if (apart * apart > farthest) break;
    out.push_back(static_cast<float>(apart * apart));
  }
  return out;
}

std::array<AxisCost, 3> axis_costs(const Grid& grid, const Margin& margin, MarginFrom from) {
  const Orientation to = nearest_orientation(grid);
  const std::array<std::array<double, 2>, 3> sides{
      {{margin.left, margin.right}, {margin.posterior, margin.anterior}, {margin.superior, margin.inferior}}};
  std::array<AxisCost, 3> out;
  for (std::size_t k = 0; k < 3; ++k) {
    const auto axis = static_cast<std::size_t>(to.axis[k]);
    auto [high, low] = sides[k];
    if (to.flipped[k]) std::swap(high, low);
    out[axis] = {costs(high, grid.spacing[axis], from), costs(low, grid.spacing[axis], from)};
  }
  return out;
}

// A part of a volume.
struct Box {
  Size3 low{}, size{};
  std::vector<std::uint8_t> voxels;

  std::int64_t plane() const { return size[0] * size[1]; }
};

// `inside`: 1 where the structure is; else 1 where it is not.
Box cut(const LabelVolume& mask, const LabelBox& around, const Size3& before, const Size3& after,
        bool inside) {
  Box out;
  for (std::size_t k = 0; k < 3; ++k) {
    out.low[k] = std::max<std::int64_t>(0, around.low[k] - before[k]);
    out.size[k] = std::min(mask.grid.size[k], around.low[k] + around.size[k] + after[k]) - out.low[k];
  }
  out.voxels.resize(static_cast<std::size_t>(out.plane() * out.size[2]));
  auto to = out.voxels.begin();
  for (std::int64_t z = 0; z < out.size[2]; ++z)
    for (std::int64_t y = 0; y < out.size[1]; ++y) {
      const auto* row = &mask.at(out.low[0], y + out.low[1], z + out.low[2]);
      to = std::transform(row, row + out.size[0], to,
                          [=](std::uint8_t v) { return static_cast<std::uint8_t>((v != 0) == inside); });
    }
  return out;
}

// The least cost along a row from a voxel that is set.
void along_row(const std::uint8_t* set, std::int64_t n, const AxisCost& cost, float* out) {
  const auto sweep = [&](std::int64_t first, std::int64_t step, const std::vector<float>& of) {
    std::size_t apart = of.size();  // steps since the last that is set; of.size(): too many
    for (std::int64_t i = 0, x = first; i < n; ++i, x += step) {
      apart = set[x] ? 0 : std::min(apart + 1, of.size());
      if (apart < of.size()) out[x] = std::min(out[x], of[apart]);
    }
  };
  std::fill(out, out + n, nowhere);
  sweep(0, 1, cost.up);
  sweep(n - 1, -1, cost.down);
}

void lower_to(float* out, const float* from, float more, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = std::min(out[i], from[i] + more);
}

// Lowers each of `count` lines of `n` numbers to what it costs to come to it from the others.
void across_lines(const float* in, float* out, std::int64_t line, std::int64_t count, std::int64_t n,
                  const AxisCost& cost, const std::vector<char>& used) {
  std::copy(in + line * n, in + (line + 1) * n, out);
  const auto from = [&](std::int64_t other, float more) {
    if (other >= 0 && other < count && used[static_cast<std::size_t>(other)])
      lower_to(out, in + other * n, more, n);
  };
  for (std::size_t k = 1; k < cost.up.size(); ++k) from(line - std::int64_t(k), cost.up[k]);
  for (std::size_t k = 1; k < cost.down.size(); ++k) from(line + std::int64_t(k), cost.down[k]);
}

bool any(const float* begin, std::int64_t n) {
  return std::any_of(begin, begin + n, [](float v) { return v < nowhere; });
}

// Sets every voxel of the box that can be reached from one that is set.
void dilate(Box& box, const std::array<AxisCost, 3>& cost) {
  const std::int64_t width = box.size[0], rows = box.size[1], slices = box.size[2], plane = box.plane();
  std::vector<float> in_slices(box.voxels.size());
  std::vector<char> used(static_cast<std::size_t>(slices));
  parallel_for(used.size(), 0, [&](std::size_t slice) {
    const auto z = static_cast<std::int64_t>(slice);
    std::vector<float> in_rows(static_cast<std::size_t>(plane));
    std::vector<char> row_used(static_cast<std::size_t>(rows));
    for (std::int64_t y = 0; y < rows; ++y) {
      float* row = in_rows.data() + y * width;
      along_row(box.voxels.data() + z * plane + y * width, width, cost[0], row);
      row_used[static_cast<std::size_t>(y)] = any(row, width);
    }
    for (std::int64_t y = 0; y < rows; ++y)
      across_lines(in_rows.data(), in_slices.data() + z * plane + y * width, y, rows, width, cost[1],
                   row_used);
    used[slice] = any(in_slices.data() + z * plane, plane);
  });
  parallel_for(used.size(), 0, [&](std::size_t slice) {
    const auto z = static_cast<std::int64_t>(slice);
    std::vector<float> least(static_cast<std::size_t>(plane));
    across_lines(in_slices.data(), least.data(), z, slices, plane, cost[2], used);
    std::transform(least.begin(), least.end(), box.voxels.begin() + z * plane,
                   [](float v) { return static_cast<std::uint8_t>(double(v) <= farthest); });
  });
}

Size3 steps(const std::array<AxisCost, 3>& cost, std::vector<float> AxisCost::*side) {
  Size3 out{};
  for (std::size_t k = 0; k < 3; ++k) out[k] = std::int64_t((cost[k].*side).size()) - 1;
  return out;
}

LabelBox make_binary(LabelVolume& mask) {
  for (std::uint8_t& v : mask.voxels) v = v != 0;
  return label_box(mask, 1);
}

void put(LabelVolume& mask, const Box& box, std::uint8_t where_set) {
  const std::uint8_t* from = box.voxels.data();
  for (std::int64_t z = 0; z < box.size[2]; ++z)
    for (std::int64_t y = 0; y < box.size[1]; ++y) {
      auto* row = &mask.at(box.low[0], y + box.low[1], z + box.low[2]);
      for (std::int64_t x = 0; x < box.size[0]; ++x)
        if (*from++) row[x] = where_set;
    }
}

}  // namespace

bool Margin::same_all_around() const {
  return left == right && left == anterior && left == posterior && left == superior && left == inferior;
}

double Margin::largest() const { return std::max({left, right, anterior, posterior, superior, inferior}); }

void grow(LabelVolume& mask, const Margin& margin, MarginFrom from) {
  const LabelBox around = make_binary(mask);
  if (around.empty()) return;
  const auto cost = axis_costs(mask.grid, margin, from);
  Box box = cut(mask, around, steps(cost, &AxisCost::down), steps(cost, &AxisCost::up), true);
  dilate(box, cost);
  put(mask, box, 1);
}

void shrink(LabelVolume& mask, const Margin& margin, MarginFrom from) {
  const LabelBox around = make_binary(mask);
  if (around.empty()) return;
  auto cost = axis_costs(mask.grid, margin, from);
  for (AxisCost& axis : cost) std::swap(axis.up, axis.down);
  // Of all that lies outside, something next to the structure's box is always nearest.
  Box box = cut(mask, around, {1, 1, 1}, {1, 1, 1}, false);
  dilate(box, cost);
  put(mask, box, 0);
}

}  // namespace anatomynet::geometry
