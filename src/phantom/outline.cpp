#include "phantom/structures.h"

namespace anatomynet::phantom {

float lattice_noise(V3 p, std::uint32_t seed) {
  const float fx = std::floor(p.x), fy = std::floor(p.y), fz = std::floor(p.z);
  const auto ix = static_cast<std::int32_t>(fx), iy = static_cast<std::int32_t>(fy),
             iz = static_cast<std::int32_t>(fz);
  const auto at = [&](int dx, int dy, int dz) {
    std::uint32_t h = seed + 0x9e3779b9u * static_cast<std::uint32_t>(ix + dx) +
                      0x85ebca6bu * static_cast<std::uint32_t>(iy + dy) +
                      0xc2b2ae35u * static_cast<std::uint32_t>(iz + dz);
    h = (h ^ (h >> 16)) * 0x7feb352du;
    h = (h ^ (h >> 15)) * 0x846ca68bu;
    return static_cast<float>((h ^ (h >> 16)) >> 8) * (2.f / 16777216.f) - 1;
  };
  const auto ease = [](float t) { return t * t * (3 - 2 * t); };
  const float tx = ease(p.x - fx), ty = ease(p.y - fy), tz = ease(p.z - fz);
  const float low = lerp(lerp(at(0, 0, 0), at(1, 0, 0), tx), lerp(at(0, 1, 0), at(1, 1, 0), tx), ty);
  const float high = lerp(lerp(at(0, 0, 1), at(1, 0, 1), tx), lerp(at(0, 1, 1), at(1, 1, 1), tx), ty);
  return lerp(low, high, tz);
}

Build draw_build(Random& random) {
  Build b;
  b.fat = random.uniform(3, 12);
  b.muscle_hu = random.uniform(45, 68);
  b.blood_hu = random.chance(0.55f) ? random.uniform(110, 240) : random.uniform(38, 52);
  b.age_bone = random.uniform(0.75f, 1.15f);
  b.mask = random.chance(0.6f);
  b.metal = random.chance(0.25f);
  b.texture_seed = static_cast<std::uint32_t>(random.bits());
  b.brain_radii = {random.about(66, 1.8f), random.about(83, 2.5f), random.about(66, 2)};
  b.skull = random.about(6.2f, 0.8f);
  b.scalp = random.about(5.2f, 0.9f);
  b.face_forward = random.about(0, 2);
  b.jaw_drop = random.chance(0.3f) ? random.uniform(2, 9) : random.uniform(-1, 2);
  b.jaw_width = random.about(0, 1.5f);
  return b;
}

float braincase_distance(const Build& b, V3 p) {
  float d = phantom::ellipsoid(p, b.brain_centre, b.brain_radii);
  if (p.z > 60) return d;
  const V3 q{std::abs(p.x), p.y, p.z};
  d = join(d, phantom::ellipsoid(q, {0, 36, 7}, {54, 44, 36}), 8);
  // The floor falls in three steps: anterior, middle and posterior fossa.
  const float front = 37 - p.z, middle = meet(0.9f * (-31 - p.y) - 0.43f * (p.z - 20), 5 - p.z, 6),
              back = 0.9f * (8 - p.y) - 0.43f * p.z;
  d = meet(d, join(join(front, middle, 6), back, 4), 5);
  // Between the middle fossae stands the body of the sphenoid, hollowed on top; behind them the petrous
  // ridges.
  d = meet(d, -phantom::ellipsoid(q, {0, -24, 0}, {14, 18, 23}), 3);
  d = meet(d, -phantom::rod(q, {13, -8, 5}, {58, 9, 10}, 6, 9), 3);
  return join(d, phantom::ellipsoid(q, {0, -14, 33}, {15, 18, 8}), 4);
}

namespace {

// Half axes and centre of the neck and shoulders at a height.
struct Section {
  float rx, ry, y;
};

Section section_at(const Build& b, float z) {
  const float shoulder = ramp(z, -125, -205), chest = ramp(z, -140, -250), extra = 0.55f * (b.fat - 6);
  return {57 + extra + 150 * shoulder, 54 + extra + 45 * chest, 20 - 6 * ramp(z, -40, -120) + 8 * chest};
}

}  // namespace

float skin_distance(const Build& b, V3 p) {
  const float x = std::abs(p.x), shell = b.skull + b.scalp, soft = 0.4f * (b.fat - 6);
  const V3 q{x, p.y, p.z};
  float d = phantom::ellipsoid(q, b.brain_centre, b.brain_radii + V3{shell, shell, shell});
  d = join(d, phantom::ellipsoid(q, {0, 34, 10}, {64, 54, 47}), 16);
  if (p.z < 70 && p.y < 40) {
    const float f = b.face_forward;
    d = join(d, phantom::ellipsoid(q, {0, -44 - f, -22}, {60 + soft, 53, 62}), 16);
    d = join(d, phantom::rod(q, {44, -6, -18}, {37 + b.jaw_width, -24, -60}, 25 + soft, 22 + soft), 18);
    d = join(d, phantom::ellipsoid(q, {0, -66 - f, -74 - b.jaw_drop}, {30, 29 + soft, 22 + soft}), 22);
    d = join(d, phantom::ellipsoid(q, {0, -36, -80 - 0.5f * b.jaw_drop}, {43 + soft, 38, 24 + soft}), 14);
    d = join(d, phantom::rod(q, {0, -96 - f, 22}, {0, -108 - f, -8}, 6, 10), 9);
    d = join(d, phantom::ellipsoid(q, {8, -102 - f, -13}, {7, 7, 6}), 6);
    d = join(d, phantom::ellipsoid(q, {35, -60 - f, 2}, {29 + soft, 33, 38}), 12);
    // Eye sockets sink between brow and cheek.
    d = meet(d, 15 - length(q - V3{33, -106 - f, 18}), 12);
  }
  if (p.z < 10) {
    const Section s = section_at(b, p.z);
    const float steep = 1 + 1.2f * ramp(p.z, -125, -150);
    const float side = ellipse(p.x, p.y - s.y, s.rx, s.ry) / steep;
    d = join(d, std::max(side, p.z + 12), 24);
  }
  return d;
}

}  // namespace anatomynet::phantom
