#include <algorithm>

#include "core/error.h"
#include "model/hu_curve_fit.h"

namespace anatomynet::model {
namespace {

// Slices from the organ's first to its last, all of them where its annotation is whole.
std::pair<std::int64_t, std::int64_t> known_slices(const LabelVolume& truth, const SampledOrgan& organ) {
  std::int64_t first = 0, last = truth.grid.size[2];
  const std::int64_t plane = truth.grid.size[0] * truth.grid.size[1];
  const auto holds = [&](std::int64_t z) {
    const auto begin = truth.voxels.begin() + z * plane;
    return std::find(begin, begin + plane, organ.id) != begin + plane;
  };
  while (organ.partial && first < last && !holds(first)) ++first;
  while (organ.partial && last > first && !holds(last - 1)) --last;
  return {first, last};
}

// The best channel of a voxel's scores beside one.
float best_other(const std::vector<float>& scores, std::int64_t channel) {
  float best = -1e30f;
  for (std::int64_t c = 0; c < std::ssize(scores); ++c)
    if (c != channel) best = std::max(best, scores[static_cast<std::size_t>(c)]);
  return best;
}

// Whether a margin of the organ is sure, in doubt or against it.
void take(DoubtfulVoxels& voxels, float margin, bool is, const HuScores& hu, const Size3& at) {
  if (margin >= doubtful_margin) {
    ++voxels.sure;
    voxels.sure_hits += is;
  } else if (margin > -doubtful_margin) {
    voxels.margin.push_back(margin);
    voxels.hu.push_back(static_cast<float>(hu.local_hu(at)));
    voxels.truth.push_back(is);
  }
}

}  // namespace

LogitRows::LogitRows(std::span<const float> logits, const Grid& from, const Grid& to, std::int64_t classes)
    : logits_(logits), from_(from), classes_(classes) {
  if (std::ssize(logits) != classes * from.voxel_count())
    throw Error(ErrorKind::internal, "logits are not classes x voxels of their grid");
  for (int k = 0; k < 3; ++k) taps_[static_cast<std::size_t>(k)] = linear_taps(from, to, k);
}

void LogitRows::row(std::int64_t y, std::int64_t z, std::vector<float>& out) const {
  const std::int64_t nx = std::ssize(taps_[0]), plane = from_.size[0] * from_.size[1];
  const LinearTap &ty = taps_[1][static_cast<std::size_t>(y)], &tz = taps_[2][static_cast<std::size_t>(z)];
  out.resize(static_cast<std::size_t>(classes_ * nx));
  for (std::int64_t c = 0; c < classes_; ++c) {
    const auto source = [&](std::int64_t sy, std::int64_t sz) {
      return logits_.data() + (c * from_.size[2] + sz) * plane + sy * from_.size[0];
    };
    const float *ll = source(ty.low, tz.low), *hl = source(ty.high, tz.low);
    const float *lh = source(ty.low, tz.high), *hh = source(ty.high, tz.high);
    for (std::int64_t x = 0; x < nx; ++x) {
      const LinearTap& t = taps_[0][static_cast<std::size_t>(x)];
      const auto along_x = [&](const float* of) { return of[t.low] + t.weight * (of[t.high] - of[t.low]); };
      const float low = along_x(ll) + ty.weight * (along_x(hl) - along_x(ll));
      const float high = along_x(lh) + ty.weight * (along_x(hh) - along_x(lh));
      out[static_cast<std::size_t>(c * nx + x)] = low + tz.weight * (high - low);
    }
  }
}

std::vector<DoubtfulVoxels> sample_doubtful(const LogitRows& rows, const HuScores& hu,
                                            const LabelVolume& truth, const std::vector<SampledOrgan>& organs,
                                            const LabelVolume* kept) {
  std::vector<DoubtfulVoxels> out(organs.size());
  std::vector<std::pair<std::int64_t, std::int64_t>> slices;
  for (const SampledOrgan& organ : organs) slices.push_back(known_slices(truth, organ));
  const std::int64_t nx = truth.grid.size[0];
  std::vector<float> row, scores(static_cast<std::size_t>(rows.classes()));
  for (std::int64_t z = 0; z < truth.grid.size[2]; ++z)
    for (std::int64_t y = 0; y < truth.grid.size[1]; ++y) {
      rows.row(y, z, row);
      for (std::int64_t x = 0; x < nx; ++x) {
        for (std::int64_t c = 0; c < rows.classes(); ++c)
          scores[static_cast<std::size_t>(c)] = row[static_cast<std::size_t>(c * nx + x)];
        const bool background = scores[0] - best_other(scores, 0) > doubtful_margin + hu.most();
        if (!background) hu.add(x, y, z, scores.data(), 1);
        for (std::size_t i = 0; i < organs.size(); ++i) {
          if (z < slices[i].first || z >= slices[i].second) continue;
          DoubtfulVoxels& voxels = out[i];
          const bool is = truth.at(x, y, z) == organs[i].id;
          voxels.voxels += is;
          if (background) continue;
          const float margin =
              scores[static_cast<std::size_t>(organs[i].channel)] - best_other(scores, organs[i].channel);
          if (kept && margin > 0 && kept->at(x, y, z) != organs[i].channel) continue;
          take(voxels, margin, is, hu, {x, y, z});
        }
      }
    }
  return out;
}

DoubtfulVoxels sample_doubtful(std::span<const float> margins, const LabelBox& box, const HuScores& hu,
                               const LabelVolume& labels, const LabelVolume& truth,
                               const SampledOrgan& organ) {
  DoubtfulVoxels out;
  const auto [first, last] = known_slices(truth, organ);
  out.voxels = double(std::count(truth.voxels.begin(), truth.voxels.end(), organ.id));
  auto margin = margins.begin();
  for (std::int64_t z = box.low[2]; z < box.low[2] + box.size[2]; ++z)
    for (std::int64_t y = box.low[1]; y < box.low[1] + box.size[1]; ++y)
      for (std::int64_t x = box.low[0]; x < box.low[0] + box.size[0]; ++x, ++margin) {
        const int label = labels.at(x, y, z);
        if (z < first || z >= last || (label != 0 && label != organ.channel)) continue;
        take(out, *margin, truth.at(x, y, z) == organ.id, hu, {x, y, z});
      }
  return out;
}

}  // namespace anatomynet::model
