#include "io/dicom/internal/odd_slices.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>

namespace anatomynet::io {
namespace {

using Slice = std::span<const std::int16_t>;

// The row from which on a slice holds one value; its number of rows where even the last one does not.
std::int64_t first_blank_row(Slice slice, std::int64_t columns) {
  const auto other =
      std::find_if(slice.rbegin(), slice.rend(), [&](std::int16_t v) { return v != slice.back(); });
  const auto tail = static_cast<std::int64_t>(other - slice.rbegin());
  return static_cast<std::int64_t>(slice.size()) / columns - tail / columns;
}

std::int64_t count_above(Slice slice, std::int16_t hu) {
  return std::count_if(slice.begin(), slice.end(), [=](std::int16_t v) { return v > hu; });
}

std::int64_t count_below(Slice slice, std::int16_t hu) {
  return std::count_if(slice.begin(), slice.end(), [=](std::int16_t v) { return v < hu; });
}

bool any_below(Slice slice, std::int16_t hu) {
  return std::any_of(slice.begin(), slice.end(), [=](std::int16_t v) { return v < hu; });
}

}  // namespace

std::vector<OddSlice> blank_slices(const CtVolume& ct) {
  constexpr std::int16_t tissue_hu = -300;
  constexpr double between = 0.02,
                   at_end = 0.2;  // shares of tissue; above the head a slice may hold air alone
  const std::int64_t columns = ct.grid.size[0], rows = ct.grid.size[1], count = ct.grid.size[2];
  std::vector<std::int64_t> blank_from;
  for (std::int64_t z = 0; z < count; ++z) blank_from.push_back(first_blank_row(ct.slice(z), columns));
  // How much tissue, of a slice's voxels, the nearest slice that way shows below `row`; none at an end.
  const auto tissue_beside = [&](std::int64_t z, std::int64_t step,
                                 std::int64_t row) -> std::optional<double> {
    for (z += step; z >= 0 && z < count; z += step)
      if (blank_from[static_cast<std::size_t>(z)] > row) {
        const Slice below = ct.slice(z).subspan(static_cast<std::size_t>(row * columns));
        return double(count_above(below, tissue_hu)) / double(columns * rows);
      }
    return {};
  };
  std::vector<OddSlice> odd;
  for (std::int64_t z = 0; z < count; ++z) {
    const std::int64_t row = blank_from[static_cast<std::size_t>(z)];
    if (row == rows) continue;
    const std::optional<double> before = tissue_beside(z, -1, row), behind = tissue_beside(z, 1, row);
    const double least = before && behind ? between : at_end;
    if (!(before || behind) || before.value_or(1) < least || behind.value_or(1) < least) continue;
    const std::string what =
        row == 0 ? "one value only"
                 : "one value from row " + std::to_string(row + 1) + " of " + std::to_string(rows) + " on";
    odd.push_back({static_cast<std::size_t>(z),
                   Warning{"blank-slice",
                           what + ", where the slices beside it show tissue; damaged? export it again"}});
  }
  return odd;
}

std::vector<OddSlice> slices_without_air(const CtVolume& ct) {
  constexpr std::int16_t air_hu = -500;
  constexpr std::int64_t fifth = 5;
  const std::int64_t pixels = ct.grid.size[0] * ct.grid.size[1], count = ct.grid.size[2];
  std::vector<bool> has_air;
  for (std::int64_t z = 0; z < count; ++z) has_air.push_back(any_below(ct.slice(z), air_hu));
  // An end of the stack counts as it does; runs of such slices are seen from the nearest slice with air.
  const auto airy_beside = [&](std::int64_t z, std::int64_t step) -> std::optional<bool> {
    for (z += step; z >= 0 && z < count; z += step)
      if (has_air[static_cast<std::size_t>(z)]) return count_below(ct.slice(z), air_hu) * fifth >= pixels;
    return {};
  };
  std::vector<OddSlice> odd;
  for (std::int64_t z = 0; z < count; ++z) {
    if (has_air[static_cast<std::size_t>(z)]) continue;
    const std::optional<bool> before = airy_beside(z, -1), behind = airy_beside(z, 1);
    if (before.value_or(true) && behind.value_or(true) && (before || behind))
      odd.push_back(
          {static_cast<std::size_t>(z),
           Warning{"slice-without-air",
                   "no air, where the slices beside it show much; are its sign and rescale right?"}});
  }
  return odd;
}

}  // namespace anatomynet::io
