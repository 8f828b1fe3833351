#include <algorithm>
#include <cmath>
#include <limits>

#include "quality/measurement.h"

namespace anatomynet::quality {
namespace {

constexpr int samples = 3;  // a node's neighbourhood, along each axis
constexpr double reach_mm = 2.5;

float windowed(std::int16_t hu) { return std::clamp((float(hu) + 200) / 500, 0.0f, 1.0f); }

// As std::lround, which is a call into a library: what is left after the whole part is exact.
std::int64_t nearest(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  const double rest = value - double(whole);
  return whole + (rest >= 0.5) - (rest <= -0.5);
}

// Where positions along one axis of the patient lead to in index space: all is linear.
struct Sampler {
  const CtView& ct;

  bool at(const Vec3& world, float& value) const {
    const Vec3 index = ct.grid.to_index(world);
    Size3 voxel;
    for (int k = 0; k < 3; ++k) {
      voxel[k] = nearest(index[k]);
      if (voxel[k] < 0 || voxel[k] >= ct.grid.size[k]) return false;
    }
    value = windowed(ct.at(voxel[0], voxel[1], voxel[2]));
    return true;
  }
};

float node_of(const Sampler& sampler, const Vec3& centre) {
  float sum = 0;
  int inside = 0;
  for (int z = 0; z < samples; ++z)
    for (int y = 0; y < samples; ++y)
      for (int x = 0; x < samples; ++x) {
        float value = 0;
        const Vec3 world{centre[0] + (x - 1) * reach_mm, centre[1] + (y - 1) * reach_mm,
                         centre[2] + (z - 1) * reach_mm};
        if (!sampler.at(world, value)) continue;
        sum += value;
        ++inside;
      }
  return 2 * inside > samples * samples * samples ? sum / float(inside)
                                                  : std::numeric_limits<float>::quiet_NaN();
}

}  // namespace

Surroundings surroundings_of(const CtView& ct, const Vec3& centre) {
  constexpr int n = Surroundings::side, middle = n / 2;
  const Sampler sampler{ct};
  Surroundings out;
  out.nodes.reserve(n * n * n);
  for (int z = 0; z < n; ++z)
    for (int y = 0; y < n; ++y)
      for (int x = 0; x < n; ++x) {
        const std::array<int, 3> node{x, y, z};
        Vec3 world;
        for (int k = 0; k < 3; ++k) world[k] = centre[k] + (node[k] - middle) * Surroundings::spacing_mm;
        out.nodes.push_back(node_of(sampler, world));
      }
  return out;
}

Surroundings mirrored(const Surroundings& in, const std::array<bool, 3>& flip) {
  constexpr int n = Surroundings::side;
  const auto from = [&](int i, int k) { return flip[k] ? n - 1 - i : i; };
  Surroundings out;
  out.nodes.resize(in.nodes.size());
  if (in.nodes.empty()) return out;
  for (int z = 0, i = 0; z < n; ++z)
    for (int y = 0; y < n; ++y)
      for (int x = 0; x < n; ++x, ++i)
        out.nodes[i] = in.nodes[(from(z, 2) * n + from(y, 1)) * n + from(x, 0)];
  return out;
}

Surroundings moved(const Surroundings& in, const std::array<int, 3>& by) {
  constexpr int n = Surroundings::side;
  Surroundings out;
  out.nodes.assign(in.nodes.size(), std::numeric_limits<float>::quiet_NaN());
  if (in.nodes.empty()) return out;
  const auto from = [&](int i, int k) { return i + by[k] >= 0 && i + by[k] < n ? i + by[k] : -1; };
  for (int z = 0, i = 0; z < n; ++z)
    for (int y = 0; y < n; ++y)
      for (int x = 0; x < n; ++x, ++i)
        if (from(x, 0) >= 0 && from(y, 1) >= 0 && from(z, 2) >= 0)
          out.nodes[i] = in.nodes[(from(z, 2) * n + from(y, 1)) * n + from(x, 0)];
  return out;
}

double correlation(const Surroundings& a, const Surroundings& b, const std::array<int, 3>& by) {
  constexpr int side = Surroundings::side;
  if (a.nodes.empty() || b.nodes.empty()) return 0;
  std::array<int, 3> first, end;
  for (int k = 0; k < 3; ++k) {
    first[k] = std::max(0, -by[k]);
    end[k] = std::min(side, side - by[k]);
  }
  double n = 0, sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
  for (int z = first[2]; z < end[2]; ++z)
    for (int y = first[1]; y < end[1]; ++y) {
      const float* from = a.nodes.data() + ((z + by[2]) * side + y + by[1]) * side + by[0];
      const float* to = &b.nodes[(z * side + y) * side];
      for (int x = first[0]; x < end[0]; ++x) {
        const double u = from[x], v = to[x];
        if (std::isnan(u) || std::isnan(v)) continue;
        ++n, sa += u, sb += v, saa += u * u, sbb += v * v, sab += u * v;
      }
    }
  if (n * 10 < double(a.nodes.size())) return 0;
  const double va = saa - sa * sa / n, vb = sbb - sb * sb / n;
  return va > 1e-9 && vb > 1e-9 ? (sab - sa * sb / n) / std::sqrt(va * vb) : 0;
}

}  // namespace anatomynet::quality
