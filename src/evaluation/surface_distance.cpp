#include "evaluation/surface_distance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/error.h"

namespace anatomynet {
namespace {

constexpr double nowhere = std::numeric_limits<double>::infinity();

// The part of a volume that holds the organ, and a mask of it.
struct Box {
  Size3 low{}, high{-1, -1, -1};  ///< inclusive
  bool empty() const { return high[0] < low[0]; }
  void take_in(const Size3& at) {
    if (empty()) low = high = at;
    for (int k = 0; k < 3; ++k) {
      low[k] = std::min(low[k], at[k]);
      high[k] = std::max(high[k], at[k]);
    }
  }
};

Box box_of(const LabelVolume& labels, int id) {
  Box box;
  const Size3& n = labels.grid.size;
  std::size_t i = 0;
  for (std::int64_t z = 0; z < n[2]; ++z)
    for (std::int64_t y = 0; y < n[1]; ++y)
      for (std::int64_t x = 0; x < n[0]; ++x)
        if (labels.voxels[i++] == id) box.take_in({x, y, z});
  return box;
}

Volume<char> surface_of(const LabelVolume& labels, int id, const Box& box) {
  Grid grid;
  grid.spacing = labels.grid.spacing;
  for (int k = 0; k < 3; ++k) grid.size[k] = box.high[k] - box.low[k] + 1;
  const auto inside = [&](Size3 at) {
    for (int k = 0; k < 3; ++k)
      if (at[k] < box.low[k] || at[k] > box.high[k]) return false;
    return labels.at(at[0], at[1], at[2]) == id;
  };
  Volume<char> surface(grid, 0);
  std::size_t i = 0;
  for (std::int64_t z = box.low[2]; z <= box.high[2]; ++z)
    for (std::int64_t y = box.low[1]; y <= box.high[1]; ++y)
      for (std::int64_t x = box.low[0]; x <= box.high[0]; ++x, ++i) {
        if (!inside({x, y, z})) continue;
        surface.voxels[i] = !inside({x - 1, y, z}) || !inside({x + 1, y, z}) || !inside({x, y - 1, z}) ||
                            !inside({x, y + 1, z}) || !inside({x, y, z - 1}) || !inside({x, y, z + 1});
      }
  return surface;
}

// Lower envelope of parabolas along one line of squared distances (Felzenszwalb and Huttenlocher 2012).
class Envelope {
 public:
  void apply(double* line, std::int64_t count, std::int64_t stride, double spacing) {
    site_.clear();
    height_.clear();
    from_.clear();
    for (std::int64_t i = 0; i < count; ++i) {
      const double f = line[i * stride], at = double(i) * spacing;
      if (f == nowhere) continue;
      double start = -nowhere;
      while (!site_.empty()) {
        const double s = site_.back();
        start = (f + at * at - height_.back() - s * s) / (2 * (at - s));
        if (start > from_.back()) break;
        site_.pop_back();
        height_.pop_back();
        from_.pop_back();
        start = -nowhere;
      }
      site_.push_back(at);
      height_.push_back(f);
      from_.push_back(start);
    }
    if (site_.empty()) return;
    std::size_t k = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      const double at = double(i) * spacing;
      while (k + 1 < site_.size() && from_[k + 1] < at) ++k;
      line[i * stride] = (at - site_[k]) * (at - site_[k]) + height_[k];
    }
  }

 private:
  std::vector<double> site_, height_, from_;
};

// Squared distance of every voxel to the nearest one that is set, mm^2.
std::vector<double> distance_map(const Volume<char>& set) {
  const Size3& n = set.grid.size;
  const Size3 stride{1, n[0], n[0] * n[1]};
  std::vector<double> squared(set.voxels.size());
  for (std::size_t i = 0; i < squared.size(); ++i) squared[i] = set.voxels[i] ? 0 : nowhere;
  Envelope envelope;
  for (int k = 0; k < 3; ++k) {
    const int a = (k + 1) % 3, b = (k + 2) % 3;
    for (std::int64_t i = 0; i < n[a]; ++i)
      for (std::int64_t j = 0; j < n[b]; ++j)
        envelope.apply(squared.data() + i * stride[a] + j * stride[b], n[k], stride[k], set.grid.spacing[k]);
  }
  return squared;
}

double percentile95(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const double rank = 0.95 * double(values.size() - 1);
  const auto low = static_cast<std::size_t>(rank);
  const std::size_t high = std::min(low + 1, values.size() - 1);
  return values[low] + (rank - double(low)) * (values[high] - values[low]);
}

double directed95(const Volume<char>& from, const Volume<char>& to) {
  const std::vector<double> squared = distance_map(to);
  std::vector<double> distances;
  for (std::size_t i = 0; i < squared.size(); ++i)
    if (from.voxels[i]) distances.push_back(std::sqrt(squared[i]));
  return percentile95(std::move(distances));
}

}  // namespace

std::optional<double> hausdorff95(const LabelVolume& predicted, const LabelVolume& truth, int id) {
  if (!same_grid(predicted.grid, truth.grid, 0.01))
    throw Error(ErrorKind::input, "the two label maps lie on different grids: prediction " +
                                      describe(predicted.grid) + ", truth " + describe(truth.grid) +
                                      "; resample one onto the other's grid");
  Box box = box_of(predicted, id);
  const Box other = box_of(truth, id);
  if (box.empty() || other.empty()) return {};
  box.take_in(other.low);
  box.take_in(other.high);
  const Volume<char> ours = surface_of(predicted, id, box), theirs = surface_of(truth, id, box);
  return std::max(directed95(ours, theirs), directed95(theirs, ours));
}

}  // namespace anatomynet
