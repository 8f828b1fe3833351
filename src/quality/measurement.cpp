#include "quality/measurement.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/parallel_for.h"
#include "quality/pieces.h"
#include "quality/region.h"

namespace anatomynet::quality {
namespace {

constexpr std::int16_t air_hu = -500;

// The surface of the largest piece, by direction and plane.
class Surface {
 public:
  Surface(const Region& region, const Pieces& pieces, int padding)
      : region_(region), pieces_(pieces), padding_(padding) {
    const Size3& size = region.mask.grid.size;
    for (int k = 0; k < 3; ++k) {
      section_[k].resize(size[k]);
      for (int sign = 0; sign < 2; ++sign) planes_[2 * k + sign].resize(size[k]);
    }
    for (std::int64_t z = 0; z < size[2]; ++z)
      for (std::int64_t y = 0; y < size[1]; ++y)
        for (std::int64_t x = 0; x < size[0]; ++x)
          if (pieces.of_voxel[region.mask.grid.offset(x, y, z)] == 0) take({x, y, z});
  }

  void describe(Measurement& m) const {
    for (int k = 0; k < 3; ++k) {
      const std::int64_t widest = *std::max_element(section_[k].begin(), section_[k].end());
      for (int d = 2 * k; d < 2 * k + 2; ++d) {
        const auto plane = std::max_element(planes_[d].begin(), planes_[d].end(),
                                            [](auto& a, auto& b) { return a.faces < b.faces; });
        m.flat[d] = double(plane->faces) / double(widest);
        m.contrast[d] = plane->inner ? plane->step / double(plane->inner) : 0;
      }
    }
    m.edge_percent = 100 * edge_ / area_;
  }

 private:
  struct Plane {
    std::int64_t faces = 0, inner = 0;  // inner: those with a voxel beyond
    double step = 0;                    // sum of HU beyond minus inside
  };

  void take(const Size3& at) {
    const Grid& grid = region_.mask.grid;
    for (int k = 0; k < 3; ++k) {
      ++section_[k][at[k]];
      const double area = grid.spacing[(k + 1) % 3] * grid.spacing[(k + 2) % 3];
      for (int sign = 0; sign < 2; ++sign) {
        Size3 beyond = at;
        beyond[k] += sign == 0 ? 1 : -1;
        Plane& plane = planes_[2 * k + sign][at[k]];
        const bool end = beyond[k] < 0 || beyond[k] >= grid.size[k];
        if (!end && pieces_.of_voxel[grid.offset(beyond[0], beyond[1], beyond[2])] == 0) continue;
        ++plane.faces;
        area_ += area;
        if (end) {
          edge_ += area;
          continue;
        }
        const int outside = hu(beyond);
        if (outside == padding_) edge_ += area;
        ++plane.inner;
        plane.step += std::clamp(outside, -200, 1000) - std::clamp(hu(at), -200, 1000);
      }
    }
  }
  int hu(const Size3& at) const { return region_.ct.at(at[0], at[1], at[2]); }

  const Region& region_;
  const Pieces& pieces_;
  int padding_;
  std::array<std::vector<std::int64_t>, 3> section_;
  std::array<std::vector<Plane>, directions> planes_;
  double area_ = 0, edge_ = 0;
};

Measurement measure_organ(const Region& region, const Organ& organ, const Levels& levels) {
  const Grid& grid = region.mask.grid;
  const Pieces pieces = pieces_of(region.mask, Neighbours::twenty_six);
  Measurement m{organ.id, organ.laterality};
  double hu = 0;
  std::int64_t air = 0;
  Vec3 sum{}, low{INFINITY, INFINITY, INFINITY}, high{-1, -1, -1};
  for (std::int64_t z = 0, i = 0; z < grid.size[2]; ++z)
    for (std::int64_t y = 0; y < grid.size[1]; ++y)
      for (std::int64_t x = 0; x < grid.size[0]; ++x, ++i) {
        if (pieces.of_voxel[i] < 0) continue;
        ++m.voxels;
        hu += region.ct.voxels[i];
        air += region.ct.voxels[i] < air_hu;
        if (pieces.of_voxel[i] > 0) continue;
        const Vec3 index{double(x), double(y), double(z)};
        for (int k = 0; k < 3; ++k) {
          sum[k] += index[k];
          low[k] = std::min(low[k], index[k]);
          high[k] = std::max(high[k], index[k]);
        }
      }
  const auto n = double(m.voxels), main = double(pieces.voxels[0]);
  m.ml = n * grid.voxel_ml();
  m.mean_hu = hu / n;
  m.air_percent = 100 * double(air) / n;
  m.centroid = grid.to_world({sum[0] / main, sum[1] / main, sum[2] / main});
  for (int k = 0; k < 3; ++k) m.extent[k] = (high[k] - low[k] + 1) * grid.spacing[k];
  m.pieces = pieces_beside_largest(region.mask.grid, pieces);
  Surface(region, pieces, levels.padding).describe(m);
  return m;
}

}  // namespace

Levels levels_of(const CtView& ct) {
  std::array<std::int64_t, 3> step{};
  for (int k = 0; k < 3; ++k) step[k] = std::max<std::int64_t>(1, std::lround(4 / ct.grid.spacing[k]));
  std::vector<std::int64_t> count(65536);
  std::int64_t all = 0, air = 0;
  for (std::int64_t z = step[2] / 2; z < ct.grid.size[2]; z += step[2])
    for (std::int64_t y = step[1] / 2; y < ct.grid.size[1]; y += step[1])
      for (std::int64_t x = step[0] / 2; x < ct.grid.size[0]; x += step[0]) {
        const std::int16_t hu = ct.at(x, y, z);
        ++count[hu + 32768], ++all;
        air += hu < air_hu;
      }
  Levels levels;
  if (all == 0) return levels;
  levels.air_percent = 100 * double(air) / double(all);
  const auto most = std::max_element(count.begin(), count.end());
  if (*most * 20 > all) {
    levels.padding = static_cast<int>(most - count.begin()) - 32768;
    *most = 0;
  }
  // A running sum over 21 HU; the densest of its peaks that are at least 0.4 times the highest one.
  constexpr int half_window = 10;
  std::vector<std::int64_t> sums;
  std::int64_t sum = 0;
  for (int hu = air_hu; hu + half_window < 32768; ++hu) {
    sum += count[hu + half_window + 32768];
    if (hu - half_window - 1 >= air_hu) sum -= count[hu - half_window - 1 + 32768];
    sums.push_back(sum);
  }
  const std::int64_t enough = *std::max_element(sums.begin(), sums.end()) * 2 / 5;
  std::size_t end = sums.size();
  while (end > 1 && sums[end - 1] < enough) --end;
  std::size_t peak = end - 1;
  for (std::size_t i = end; i-- > 0 && i + 4 * half_window > peak;)
    if (sums[i] > sums[peak]) peak = i;
  levels.soft_tissue_hu = double(peak) + air_hu;
  return levels;
}

std::vector<Measurement> measure_organs(const CtView& ct, const LabelVolume& labels, const OrganTable& organs,
                                        const Levels& levels) {
  const std::array<LabelBox, 256> boxes = grown_label_boxes(labels);
  std::vector<Measurement> list(organs.size());
  parallel_for(organs.size(), 0, [&](std::size_t i) {
    const Organ& organ = organs[i];
    const LabelBox& box = boxes[static_cast<std::size_t>(organ.id)];
    if (box.empty()) {
      list[i] = {organ.id, organ.laterality};
      return;
    }
    list[i] = measure_organ(cut_out(ct, labels, organ.id, box), organ, levels);
    list[i].around = surroundings_of(ct, list[i].centroid);
  });
  return list;
}

}  // namespace anatomynet::quality
