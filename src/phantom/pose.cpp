#include "phantom/pose.h"

namespace anatomynet::phantom {
namespace {

std::array<V3, 3> rotation(float about_x, float about_y, float about_z) {
  const float cx = std::cos(about_x), sx = std::sin(about_x), cy = std::cos(about_y), sy = std::sin(about_y);
  const float cz = std::cos(about_z), sz = std::sin(about_z);
  return {V3{cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx},
          V3{sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx}, V3{-sy, cy * sx, cy * cx}};
}

struct Wave {
  V3 direction, push;
  float phase;
};

}  // namespace

Pose::Pose(Random& random) {
  constexpr float degree = 3.14159265f / 180;
  const float nod = random.about(0, 4) * degree, tilt = random.about(0, 2.5f) * degree,
              turn = random.about(0, 2.5f) * degree;
  rows_ = rotation(nod, tilt, turn);
  const float dx = random.about(0, 6), dy = random.about(0, 3);
  shift_ = {dx, dy, 0};
  const float whole = random.about(1, 0.035f);
  const float sx = random.about(1, 0.02f), sy = random.about(1, 0.02f), sz = random.about(1, 0.025f);
  scale_ = V3{sx, sy, sz} * whole;
  bend_y_ = random.uniform(-0.0010f, 0.0012f);
  bend_x_ = random.about(0, 0.0003f);

  std::array<Wave, 8> waves;
  const float strength = random.uniform(0.5f, 1.2f);
  for (Wave& wave : waves) {
    const auto component = [&] { return random.normal(0, 1); };
    const V3 d{component(), component(), component()}, push{component(), component(), component()};
    const float wavelength = random.uniform(70, 160);
    wave.direction = d * (2 * 3.14159265f / wavelength / std::max(length(d), 0.1f));
    wave.push = push * (strength * 0.5f * wavelength / 110);
    wave.phase = random.uniform(0, 6.2831853f);
  }
  warp_.resize(static_cast<std::size_t>(nodes_ * nodes_ * nodes_));
#pragma omp parallel for schedule(static)
  for (int k = 0; k < nodes_; ++k)
    for (int j = 0; j < nodes_; ++j)
      for (int i = 0; i < nodes_; ++i) {
        const V3 p = V3{float(i), float(j), float(k)} * pitch_ + V3{low_, low_, low_};
        V3 sum;
        for (const Wave& wave : waves) sum = sum + wave.push * std::sin(dot(wave.direction, p) + wave.phase);
        warp_[static_cast<std::size_t>((k * nodes_ + j) * nodes_ + i)] = sum;
      }
}

V3 Pose::warp_at(V3 p) const {
  constexpr float last = float(nodes_) - 1.001f;
  const float x = std::clamp((p.x - low_) / pitch_, 0.f, last),
              y = std::clamp((p.y - low_) / pitch_, 0.f, last),
              z = std::clamp((p.z - low_) / pitch_, 0.f, last);
  const int i = static_cast<int>(x), j = static_cast<int>(y), k = static_cast<int>(z);
  const float u = x - float(i), v = y - float(j), w = z - float(k);
  const V3* n = warp_.data() + (k * nodes_ + j) * nodes_ + i;
  constexpr int row = nodes_, sheet = nodes_ * nodes_;
  const V3 low = lerp(lerp(n[0], n[1], u), lerp(n[row], n[row + 1], u), v);
  const V3 high = lerp(lerp(n[sheet], n[sheet + 1], u), lerp(n[sheet + row], n[sheet + row + 1], u), v);
  return lerp(low, high, w);
}

V3 Pose::to_anatomy(V3 couch) const {
  const V3 c = couch - shift_;
  V3 p{dot(rows_[0], c), dot(rows_[1], c), dot(rows_[2], c)};
  const float below = std::max(0.f, -30 - p.z),
              square = std::min(below, 160.f) * (2 * below - std::min(below, 160.f));
  p = p - V3{bend_x_ * square, bend_y_ * square, 0};
  p = {p.x / scale_.x, p.y / scale_.y, p.z / scale_.z};
  return p + warp_at(p);
}

}  // namespace anatomynet::phantom
