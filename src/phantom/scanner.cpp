#include "phantom/scanner.h"

#include <numeric>

#include "core/parallel_for.h"
#include "phantom/shapes.h"

namespace anatomynet::phantom {
namespace {

using Slice = std::vector<float>;
using Kernel = std::vector<float>;  // one side and the middle: k[0] is the middle

Kernel gauss(double sigma) {  // in voxels
  Kernel k{1};
  for (int i = 1; i <= std::min(12, int(std::ceil(3 * sigma))); ++i)
    k.push_back(float(std::exp(-0.5 * i * i / (sigma * sigma))));
  const float sum = 2 * std::accumulate(k.begin(), k.end(), 0.f) - 1;
  for (float& v : k) v /= sum;
  return k;
}

void convolve_line(const float* in, float* out, std::int64_t n, std::int64_t step, const Kernel& k) {
  const auto kernel_radius = static_cast<std::int64_t>(k.size()) - 1;
  for (std::int64_t i = 0; i < n; ++i) {
    float sum = k[0] * in[i * step];
    for (std::int64_t j = 1; j <= kernel_radius; ++j)
      sum += k[j] * (in[std::max<std::int64_t>(0, i - j) * step] + in[std::min(n - 1, i + j) * step]);
    out[i * step] = sum;
  }
}

Slice blurred(const float* in, const Size3& size, const Kernel& kx, const Kernel& ky) {
  Slice along_x(static_cast<std::size_t>(size[0] * size[1])), out(along_x.size());
  for (std::int64_t y = 0; y < size[1]; ++y)
    convolve_line(in + y * size[0], along_x.data() + y * size[0], size[0], 1, kx);
  for (std::int64_t x = 0; x < size[0]; ++x)
    convolve_line(along_x.data() + x, out.data() + x, size[1], size[0], ky);
  return out;
}

// Energy of the difference of two separable kernels, narrow - share * wide.
float energy(const Kernel& nx, const Kernel& ny, const Kernel& wx, const Kernel& wy, float share) {
  const auto product = [](const Kernel& a, const Kernel& b) {
    float sum = a[0] * b[0];
    for (std::size_t i = 1; i < std::min(a.size(), b.size()); ++i) sum += 2 * a[i] * b[i];
    return sum;
  };
  return product(nx, nx) * product(ny, ny) - 2 * share * product(nx, wx) * product(ny, wy) +
         share * share * product(wx, wx) * product(wy, wy);
}

float white(std::uint64_t seed, std::uint64_t index) {
  const std::uint64_t h = mix(seed ^ (index * 0xd1342543de82ef95ULL));
  const auto part = [&](int shift) { return float((h >> shift) & 0xffff); };
  return (part(0) + part(16) + part(32) + part(48) - 131070.f) * (1.7320508f / 65536);
}

void add_noise(const Scanner& s, const Grid& g, std::int64_t z, Slice& slice) {
  const Size3& size = g.size;
  Slice draw(slice.size());
  for (std::size_t i = 0; i < draw.size(); ++i)
    draw[i] = white(s.seed, static_cast<std::uint64_t>(z) * draw.size() + i);
  const Kernel nx = gauss(s.grain_mm / g.spacing[0]), ny = gauss(s.grain_mm / g.spacing[1]);
  const Kernel wx = gauss(2.5 * s.grain_mm / g.spacing[0]), wy = gauss(2.5 * s.grain_mm / g.spacing[1]);
  constexpr float share = 0.6f;  // back-projection suppresses low frequencies
  const Slice narrow = blurred(draw.data(), size, nx, ny), wide = blurred(draw.data(), size, wx, wy);
  const float unit = 1 / std::sqrt(energy(nx, ny, wx, wy, share));
  for (std::int64_t y = 0; y < size[1]; ++y) {
    float* row = slice.data() + y * size[0];
    float water = 0;  // mm seen by the ray along this row
    for (std::int64_t x = 0; x < size[0]; ++x)
      water += std::clamp(row[x] / 1000 + 1, 0.f, 2.5f) * float(g.spacing[0]);
    const float strength = s.noise_hu * unit * std::clamp(std::exp((water - 150) / 220), 0.6f, 3.5f);
    for (std::int64_t x = 0; x < size[0]; ++x) {
      const std::int64_t i = y * size[0] + x;
      row[x] += strength * (narrow[i] - share * wide[i]);
    }
  }
}

void add_streaks(const Scanner& s, const Grid& g, Slice& slice) {
  const Size3& size = g.size;
  std::vector<V3> sites;
  for (std::int64_t y = 0; y < size[1]; ++y)
    for (std::int64_t x = 0; x < size[0]; ++x) {
      if (slice[y * size[0] + x] < 2700 || sites.size() >= 6) continue;
      const V3 p{float(double(x) * g.spacing[0]), float(double(y) * g.spacing[1]), 0};
      if (std::all_of(sites.begin(), sites.end(), [&](V3 q) { return length(p - q) > 9; }))
        sites.push_back(p);
    }
  if (sites.empty()) return;
  for (std::int64_t y = 0; y < size[1]; ++y)
    for (std::int64_t x = 0; x < size[0]; ++x) {
      const V3 p{float(double(x) * g.spacing[0]), float(double(y) * g.spacing[1]), 0};
      float sum = 0;
      for (std::size_t i = 0; i < sites.size(); ++i) {
        const V3 to = p - sites[i];
        const float r = length(to), angle = std::atan2(to.y, to.x);
        const V3 on_circle{7 * std::cos(angle), 7 * std::sin(angle), float(i) * 31.7f};
        sum += lattice_noise(on_circle, static_cast<std::uint32_t>(s.seed)) * std::min(r / 4, 1.f) /
               (1 + r / 14);
        for (std::size_t j = 0; j < i; ++j) {  // dark band between two pieces
          const float band = rod(p, sites[i], sites[j], 0, 0);
          sum -= 0.5f * std::exp(-band * band / 20) * std::min(r / 5, 1.f);
        }
      }
      float& v = slice[y * size[0] + x];
      if (v < 2500) v += s.streak_hu * sum;
    }
}

}  // namespace

Scanner draw_scanner(Random& random, const Grid& grid) {
  Scanner s;
  s.blur_mm = random.uniform(0.45f, 0.9f);
  // Thicker voxels collect more photons.
  const auto voxel = float(std::pow(grid.spacing[0] * grid.spacing[1] * grid.spacing[2], 1.0 / 6));
  s.noise_hu = std::clamp(random.uniform(5, 17) / voxel, 3.f, 20.f);
  s.grain_mm = random.uniform(0.5f, 0.9f);
  s.streak_hu = random.uniform(250, 900);
  s.circle = random.chance(0.25f) && grid.size[0] == grid.size[1];
  s.seed = random.bits();
  return s;
}

CtVolume scan(const Scanner& s, Volume<float> truth) {
  const Grid& g = truth.grid;
  CtVolume out(g);
  const auto n = static_cast<std::size_t>(g.size[0] * g.size[1]);
  const Kernel kx = gauss(s.blur_mm / g.spacing[0]), ky = gauss(s.blur_mm / g.spacing[1]);
  parallel_for(static_cast<std::size_t>(g.size[2]), 0, [&](std::size_t slice_index) {
    const auto z = static_cast<std::int64_t>(slice_index);
    const float* in = truth.voxels.data() + slice_index * n;
    Slice sharp(in, in + n);
    add_streaks(s, g, sharp);
    Slice slice = blurred(sharp.data(), g.size, kx, ky);
    add_noise(s, g, z, slice);
    const double cx = double(g.size[0] - 1) / 2, cy = double(g.size[1] - 1) / 2;
    for (std::int64_t y = 0; y < g.size[1]; ++y)
      for (std::int64_t x = 0; x < g.size[0]; ++x) {
        const std::int64_t i = y * g.size[0] + x;
        const bool padded = s.circle && std::hypot(double(x) - cx, double(y) - cy) > cx + 0.5;
        const float v = padded ? -1024 : std::clamp(std::round(slice[i]), -1024.f, 3071.f);
        out.voxels[slice_index * n + static_cast<std::size_t>(i)] = static_cast<std::int16_t>(v);
      }
  });
  return out;
}

}  // namespace anatomynet::phantom
