#include "report/views/survey.h"

#include <algorithm>

namespace anatomynet::report {

LabelBox Extent::box() const {
  if (voxels == 0) return {};
  return {low, {high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1}};
}

std::int64_t Extent::largest_section(int k) const {
  return std::max_element(sections[k].begin(), sections[k].end()) - sections[k].begin();
}

std::array<std::int64_t, 2> Extent::bulk(int k) const {
  const std::int64_t spare = voxels / 200;
  std::array<std::int64_t, 2> ends{low[k], high[k]};
  for (std::int64_t left = spare; ends[0] < ends[1] && (left -= sections[k][ends[0]]) >= 0;) ++ends[0];
  for (std::int64_t left = spare; ends[0] < ends[1] && (left -= sections[k][ends[1]]) >= 0;) --ends[1];
  return ends;
}

std::vector<Extent> survey(const LabelVolume& labels, const OrganTable& organs,
                           const std::vector<double>& known_ml) {
  const Size3& n = labels.grid.size;
  std::vector<Extent> extents(organs.size());
  std::array<Extent*, 256> of_label{};
  for (std::size_t i = 0; i < organs.size(); ++i) {
    extents[i].low = n;
    for (int k = 0; k < 3; ++k) extents[i].sections[k].assign(static_cast<std::size_t>(n[k]), 0);
    if (organs[i].id > 0 && organs[i].id < 256) of_label[organs[i].id] = &extents[i];
  }
  for (std::int64_t z = 0; z < n[2]; ++z)
    for (std::int64_t y = 0; y < n[1]; ++y) {
      const std::uint8_t* row = labels.voxels.data() + (z * n[1] + y) * n[0];
      std::uint8_t any = 0;
      for (std::int64_t x = 0; x < n[0]; ++x) any |= row[x];
      if (any == 0) continue;  // most rows
      for (std::int64_t x = 0; x < n[0]; ++x) {
        Extent* e = of_label[row[x]];
        if (!e) continue;
        ++e->voxels;
        const Size3 at{x, y, z};
        for (int k = 0; k < 3; ++k) {
          e->low[k] = std::min(e->low[k], at[k]);
          e->high[k] = std::max(e->high[k], at[k]);
          ++e->sections[k][at[k]];
        }
      }
    }
  for (std::size_t i = 0; i < organs.size(); ++i)
    extents[i].ml = known_ml.empty() ? double(extents[i].voxels) * labels.grid.voxel_ml()
                                     : known_ml.at(static_cast<std::size_t>(organs[i].id));
  return extents;
}

std::int64_t best_slice(const std::vector<Extent>& extents, int k, std::int64_t slices) {
  std::vector<double> score(static_cast<std::size_t>(slices), 0);
  bool any = false;
  for (const Extent& e : extents) {
    if (e.voxels == 0) continue;
    any = true;
    const auto largest = static_cast<double>(e.sections[k][e.largest_section(k)]);
    for (std::int64_t i = 0; i < slices; ++i) {
      const double share = static_cast<double>(e.sections[k][i]) / largest;
      score[i] += (share >= 1.0 / 3 ? 1 : 0) + 0.1 * share;
    }
  }
  return any ? std::max_element(score.begin(), score.end()) - score.begin() : slices / 2;
}

}  // namespace anatomynet::report
