#include "bench/quality/plant.h"

#include <algorithm>
#include <cmath>

#include "core/grid.h"
#include "core/known_organs.h"
#include "geometry/distance_transform.h"
#include "quality/measurement.h"
#include "quality/region.h"

namespace anatomynet::quality {
namespace {

using Index = std::array<std::int64_t, 3>;

template <class Visit>
void for_each_voxel(const Grid& grid, Visit visit) {
  for (std::int64_t z = 0; z < grid.size[2]; ++z)
    for (std::int64_t y = 0; y < grid.size[1]; ++y)
      for (std::int64_t x = 0; x < grid.size[0]; ++x) visit(Index{x, y, z}, grid.offset(x, y, z));
}

// The index axis nearest to patient axis k, and whether it runs backwards.
struct Axis {
  int index;
  bool backwards;
};
Axis axis_of(const Grid& grid, int k) {
  const Orientation o = nearest_orientation(grid);
  return {o.axis[k], o.flipped[k]};
}

// The smallest index along `axis` at or below which at least half of the organ lies.
std::int64_t median_plane(const LabelVolume& labels, int organ, int axis) {
  std::vector<std::int64_t> count(labels.grid.size[axis]);
  std::int64_t all = 0;
  for_each_voxel(labels.grid, [&](const Index& at, std::int64_t i) {
    if (labels.voxels[i] == organ) ++count[at[axis]], ++all;
  });
  std::int64_t sum = 0, plane = 0;
  while (plane + 1 < labels.grid.size[axis] && 2 * (sum += count[plane]) < all) ++plane;
  return plane;
}

template <class T>
void flip(Volume<T>& volume, const std::array<bool, 3>& patient_axes) {
  std::array<bool, 3> index_axes{};
  for (int k = 0; k < 3; ++k) index_axes[axis_of(volume.grid, k).index] = patient_axes[k];
  const Volume<T> in = volume;
  for_each_voxel(in.grid, [&](const Index& at, std::int64_t i) {
    Index from;
    for (int k = 0; k < 3; ++k) from[k] = index_axes[k] ? in.grid.size[k] - 1 - at[k] : at[k];
    volume.voxels[i] = in.at(from[0], from[1], from[2]);
  });
}

// What lies beyond a plane is left out of the volume, or blanked.
Case cut(const Case& whole, int organ, bool upper, bool blank, bool keep_labels) {
  const Axis z = axis_of(whole.labels.grid, 2);
  const std::int64_t plane = median_plane(whole.labels, organ, z.index);
  const bool high = upper != z.backwards;  // the part of higher index goes
  Case out = whole;
  if (blank) {
    for_each_voxel(whole.ct.grid, [&](const Index& at, std::int64_t i) {
      if (high ? at[z.index] <= plane : at[z.index] > plane) return;
      out.ct.voxels[i] = -1000;
      if (!keep_labels) out.labels.voxels[i] = 0;
    });
    return out;
  }
  LabelBox box{{0, 0, 0}, whole.ct.grid.size};
  box.low[z.index] = high ? 0 : plane + 1;
  box.size[z.index] = high ? plane + 1 : whole.ct.grid.size[z.index] - plane - 1;
  out.ct = crop(whole.ct, box);
  out.labels = crop(whole.labels, box);
  return out;
}

Case shifted_hu(const Case& whole, int by) {
  Case out = whole;
  for (std::int16_t& hu : out.ct.voxels) hu = static_cast<std::int16_t>(std::clamp(hu + by, -1024, 32767));
  return out;
}

Case turned(const Case& whole, const std::array<bool, 3>& axes, bool ct, bool labels) {
  Case out = whole;
  if (ct) flip(out.ct, axes);
  if (labels) flip(out.labels, axes);
  return out;
}

// Every organ under its twin's name.
std::optional<Case> swapped(const Case& whole) {
  Case out = whole;
  std::array<std::uint8_t, 256> to{};
  for (std::size_t id = 0; id < 256; ++id) to[id] = static_cast<std::uint8_t>(id);
  bool any = false;
  out.organs.clear();
  for (const Organ& organ : whole.organs) {
    const Organ* twin = opposite_side(known_organs(), organ);
    out.organs.push_back(twin ? *twin : organ);
    if (!twin) continue;
    to[static_cast<std::size_t>(organ.id)] = static_cast<std::uint8_t>(twin->id);
    any = true;
  }
  for (std::uint8_t& id : out.labels.voxels) id = to[id];
  return any ? std::optional(out) : std::nullopt;
}

// A ball of the organ's label in tissue where no organ lies, its centre `away_mm` from the organ.
std::optional<Case> with_blob(const Case& whole, int organ, double radius_mm, double away_mm) {
  const Grid& grid = whole.labels.grid;
  std::vector<std::uint8_t> inside(whole.labels.voxels.size());
  for (std::size_t i = 0; i < inside.size(); ++i) inside[i] = whole.labels.voxels[i] == organ;
  const std::vector<double> squared = geometry::squared_distances(inside, grid.size, grid.spacing);
  double best = 1e9;
  Index place{};
  for_each_voxel(grid, [&](const Index& at, std::int64_t i) {
    if (whole.labels.voxels[i] != 0 || whole.ct.voxels[i] < -200) return;
    const double off = std::abs(std::sqrt(squared[i]) - away_mm);
    if (off < best) best = off, place = at;
  });
  if (best > 10) return std::nullopt;
  Case out = whole;
  for_each_voxel(grid, [&](const Index& voxel, std::int64_t i) {
    double sum = 0;
    for (int k = 0; k < 3; ++k) sum += std::pow(double(place[k] - voxel[k]) * grid.spacing[k], 2);
    if (out.labels.voxels[i] == 0 && sum <= radius_mm * radius_mm)
      out.labels.voxels[i] = static_cast<std::uint8_t>(organ);
  });
  return out;
}

}  // namespace

Case erase_half(const Case& whole, int organ, int direction) {
  const Axis axis = axis_of(whole.labels.grid, direction / 2);
  const bool high = (direction % 2 == 0) != axis.backwards;
  const std::int64_t plane = median_plane(whole.labels, organ, axis.index);
  Case out = whole;
  for_each_voxel(whole.labels.grid, [&](const Index& at, std::int64_t i) {
    if (out.labels.voxels[i] == organ && (high ? at[axis.index] > plane : at[axis.index] <= plane))
      out.labels.voxels[i] = 0;
  });
  return out;
}

void plant_all(const Case& whole, const std::function<void(const Planted&)>& take) {
  static constexpr std::array<const char*, directions> sides{"left",  "right", "back",
                                                             "front", "upper", "lower"};
  if (const auto swap = swapped(whole)) take({"left-right swap", "names exchanged", 0, *swap});
  bool sided = false;
  for (const Organ& organ : whole.organs) sided = sided || organ.laterality != Laterality::none;
  if (sided)
    take({"left-right swap", "CT and labels mirrored", 0, turned(whole, {true, false, false}, true, true)});
  for (const int by : {25, -25, 50, -50, 100, -100, 150, -150, 200, -200, 1000, -1000, 1024, -1024})
    take({std::abs(by) < 100 ? "small HU shift" : "HU shift",
          std::string(by > 0 ? "+" : "").append(std::to_string(by)), 0, shifted_hu(whole, by)});
  const auto turn = [&](const char* how, std::array<bool, 3> axes, bool ct, bool labels) {
    take({"upside-down", how, 0, turned(whole, axes, ct, labels)});
  };
  turn("head and feet exchanged, CT and labels", {false, false, true}, true, true);
  turn("half a turn about left-right, CT and labels", {false, true, true}, true, true);
  turn("half a turn about front-back, CT and labels", {true, false, true}, true, true);
  turn("half a turn about head-feet, CT and labels", {true, true, false}, true, true);
  turn("front and back exchanged, CT and labels", {false, true, false}, true, true);
  turn("head and feet exchanged, labels alone", {false, false, true}, false, true);
  turn("half a turn about left-right, labels alone", {false, true, true}, false, true);
  turn("head and feet exchanged, CT alone", {false, false, true}, true, false);
  for (const Organ& organ : whole.organs) {
    const int id = organ.id;
    for (int d = 0; d < directions; ++d)
      take({"half erased", organ.name + ", " + sides[d], id, erase_half(whole, id, d)});
    for (const bool upper : {true, false}) {
      const std::string side = organ.name + (upper ? ", upper part" : ", lower part");
      take({"cut volume", side + " outside", id, cut(whole, id, upper, false, false)});
      take({"cut volume", side + " blanked", id, cut(whole, id, upper, true, false)});
      take({"cut volume", side + " blanked, label kept", id, cut(whole, id, upper, true, true)});
    }
    for (const double away : {40.0, 80.0})
      for (const double radius : {1.0, 8.0})
        if (const auto blob = with_blob(whole, id, radius, away))
          take({"far blob",
                organ.name + (radius < 2 ? ", one voxel" : ", ball of 8 mm") + " at " +
                    std::to_string(int(away)) + " mm",
                id, *blob});
  }
}

}  // namespace anatomynet::quality
