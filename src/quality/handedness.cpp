#include "quality/handedness.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/json.h"
#include "quality/shipped_handedness.h"

namespace anatomynet::quality {
namespace {

constexpr int across = 10, along = 25;  // nodes left or right of the plane, and from front to back
constexpr double block_mm = 4, first_x = 4, first_y = -96, first_z = -200, node_mm = 8;
constexpr int heights = 41;
// The plane is looked for on a part of the nodes.
constexpr double fit_first_z = -60, fit_mm = 20;
constexpr int fit_heights = 7, fit_every = 2;

const std::vector<double>& weights() {
  static const std::vector<double> all =
      parse_json(shipped_handedness_text, "data/handedness.json", ErrorKind::internal)
          .at("weights")
          .get<std::vector<double>>();
  return all;
}

double windowed(std::int16_t hu) { return std::clamp((double(hu) + 200) / 500, 0.0, 1.0); }

// Means over blocks of about 4 mm, made where they are asked for: most of a CT lies away from the head and
// neck.
class Coarse {
 public:
  explicit Coarse(const CtView& ct) : ct_(ct), grid_(ct.grid) {
    Vec3 middle{};
    for (int k = 0; k < 3; ++k) {
      block_[k] = std::max<std::int64_t>(1, std::lround(block_mm / ct.grid.spacing[k]));
      grid_.size[k] = std::max<std::int64_t>(1, ct.grid.size[k] / block_[k]);
      grid_.spacing[k] = ct.grid.spacing[k] * double(block_[k]);
      middle[k] = double(block_[k] - 1) / 2;
    }
    grid_.origin = ct.grid.to_world(middle);
    means_.assign(static_cast<std::size_t>(grid_.voxel_count()), unknown);
  }

  const Grid& grid() const { return grid_; }
  double at(const Size3& block) {
    float& known = means_[grid_.offset(block[0], block[1], block[2])];
    if (known == unknown) known = mean(block);
    return double(known);
  }

 private:
  float mean(const Size3& block) const {
    Size3 from{}, to{};
    for (int k = 0; k < 3; ++k) {
      from[k] = block[k] * block_[k];
      to[k] = std::min(from[k] + block_[k], ct_.grid.size[k]);
    }
    double sum = 0, count = 0;
    for (std::int64_t z = from[2]; z < to[2]; ++z)
      for (std::int64_t y = from[1]; y < to[1]; ++y)
        for (std::int64_t x = from[0]; x < to[0]; ++x) {
          sum += windowed(ct_.at(x, y, z));
          ++count;
        }
    return static_cast<float>(count > 0 ? sum / count : 0);
  }

  static constexpr float unknown = -1;  // means are 0 to 1
  const CtView& ct_;
  Grid grid_;
  Size3 block_{};
  std::vector<float> means_;
};

// Trilinear; NaN outside.
double sample(Coarse& volume, const Vec3& index) {
  const Size3& size = volume.grid().size;
  Size3 low{};
  Vec3 part{};
  for (int k = 0; k < 3; ++k) {
    if (!(index[k] >= 0 && index[k] <= double(size[k] - 1))) return std::numeric_limits<double>::quiet_NaN();
    low[k] = std::min(static_cast<std::int64_t>(index[k]), std::max<std::int64_t>(0, size[k] - 2));
    part[k] = index[k] - double(low[k]);
  }
  double sum = 0;
  for (int corner = 0; corner < 8; ++corner) {
    double weight = 1;
    Size3 at = low;
    for (int k = 0; k < 3; ++k) {
      const bool upper = corner >> k & 1;
      weight *= upper ? part[k] : 1 - part[k];
      if (upper) at[k] = std::min(at[k] + 1, size[k] - 1);
    }
    if (weight > 0) sum += weight * volume.at(at);
  }
  return sum;
}

// Where the plane of symmetry lies: mm to the left, turned about the long axis and about that from front to
// back.
using Plane = std::array<double, 3>;

class Sides {
 public:
  Sides(const CtView& ct, const Vec3& centre) : volume_(ct), centre_(centre) {}

  // Left less right, x fastest.
  std::vector<double> difference(const Plane& plane, double z0, double dz, int levels, int every = 1) {
    const double cy = std::cos(plane[1]), sy = std::sin(plane[1]), cr = std::cos(plane[2]),
                 sr = std::sin(plane[2]);
    std::vector<double> out;
    out.reserve(static_cast<std::size_t>(across) * along * levels);
    for (int k = 0; k < levels; ++k)
      for (int j = 0; j < along; j += every)
        for (int i = 0; i < across; ++i) {
          std::array<double, 2> side{};
          for (const int s : {0, 1}) {
            const double x = (s == 0 ? 1 : -1) * (first_x + i * node_mm), y = first_y + j * node_mm,
                         z = z0 + k * dz;
            const double turned_x = cr * x + sr * z, turned_z = -sr * x + cr * z;
            side[s] = sample(volume_, volume_.grid().to_index({centre_[0] + plane[0] + cy * turned_x - sy * y,
                                                               centre_[1] + sy * turned_x + cy * y,
                                                               centre_[2] + turned_z}));
          }
          out.push_back(side[0] - side[1]);
        }
    return out;
  }

  // The plane across which the body resembles itself most.
  Plane plane() {
    Plane best{};
    for (const auto& [mm, angle] : {std::pair{3.0, 0.04}, std::pair{1.0, 0.015}, std::pair{0.5, 0.007}})
      for (int round = 0; round < 3; ++round)
        for (std::size_t k = 0; k < 3; ++k) best = nearest(best, k, k == 0 ? mm : angle);
    return best;
  }

 private:
  Plane nearest(const Plane& from, std::size_t k, double step) {
    Plane best = from;
    double least = std::numeric_limits<double>::infinity();
    for (int i = -2; i <= 2; ++i) {
      Plane tried = from;
      tried[k] += i * step;
      double sum = 0, count = 0;
      for (const double d : difference(tried, fit_first_z, fit_mm, fit_heights, fit_every))
        if (!std::isnan(d)) sum += d * d, ++count;
      if (count == 0 || sum / count >= least) continue;
      least = sum / count;
      best = tried;
    }
    return best;
  }

  Coarse volume_;
  Vec3 centre_;
};

}  // namespace

double handedness(const CtView& ct, const Vec3& centre) {
  Sides sides(ct, centre);
  const std::vector<double> differences = sides.difference(sides.plane(), first_z, node_mm, heights);
  const std::vector<double>& w = weights();
  double sum = 0, squares = 0;
  std::size_t seen = 0;
  for (std::size_t i = 0; i < differences.size() && i < w.size(); ++i) {
    if (std::isnan(differences[i])) continue;
    ++seen;
    sum += w[i] * differences[i];
    squares += w[i] * w[i] * differences[i] * differences[i];
  }
  if (5 * seen < differences.size() || !(squares > 0)) return std::numeric_limits<double>::quiet_NaN();
  return sum / std::sqrt(squares);
}

}  // namespace anatomynet::quality
