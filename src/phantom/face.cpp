#include "phantom/structures.h"

namespace anatomynet::phantom {
namespace {

constexpr int mandible = 3;

struct Jaw {
  float width, length, back;  // the arch is half an ellipse in front of y = back
};

Jaw arch_of(const Build& b) { return {44.5f + b.jaw_width, 61 + b.face_forward, -17}; }

// From 0 at the incisors to 1 at the angle of the jaw.
float rearward(const Jaw& jaw, float y) {
  return std::clamp((y - jaw.back + jaw.length) / jaw.length, 0.f, 1.f);
}

// The lower jaw turns about its joint; what belongs to it is shaped with the mouth shut.
V3 shut(const Build& b, V3 p) {
  const float angle = b.jaw_drop / 80, y = p.y + 13, z = p.z + 4;
  return {p.x, y + angle * z - 13, z - angle * y - 4};
}

V3 opened(const Build& b, V3 p) {
  const float angle = b.jaw_drop / 80, y = p.y + 13, z = p.z + 4, n = 1 / (1 + angle * angle);
  return {p.x, (y - angle * z) * n - 13, (z + angle * y) * n - 4};
}

// A tooth-bearing ridge along an arch.
float ridge(V3 p, const Jaw& jaw, float half_width, float low, float high) {
  const float side = phantom::ellipse(p.x, p.y - jaw.back, jaw.width, jaw.length);
  const float d = slab(side, p.z - (low + high) / 2, half_width, (high - low) / 2, 4);
  return std::max(d, p.y - jaw.back - 4);
}

void add_teeth(Scene& scene, bool lower) {
  const Build& b = scene.build;
  const Jaw jaw = arch_of(b);
  const float inset = lower ? 1.f : 3.f, gum_front = lower ? -57.f : -41.f, gum_back = lower ? -45.f : -34.f;
  const float up = lower ? 1.f : -1.f;
  const bool toothless = scene.random.chance(0.08f);
  for (const float s : {-1.f, 1.f})
    for (int i = 0; i < 7; ++i) {
      const float turn = 0.055f + 0.165f * float(i), wide = i < 3 ? 2.7f : i < 5 ? 3.2f : 4.6f;
      const float x = s * (jaw.width - inset) * std::sin(turn);
      const float y = jaw.back - (jaw.length - inset) * std::cos(turn);
      const float gum = lerp(gum_front, gum_back, rearward(jaw, y));
      const float crown = scene.size(i < 3 ? 8.f : 6.5f, 0.1f);
      const bool missing = toothless || scene.random.chance(0.1f), filled = scene.random.chance(0.35f);
      if (missing) continue;
      const auto place = [&](float z) { return lower ? opened(b, {x, y, z}) : V3{x, y, z}; };
      const V3 root = place(gum - up * 11), neck = place(gum - up * 2),
               tip = place(gum + up * (crown - wide * 0.8f));
      scene.rod({1350, 80, 3}, root, neck, 1.4f, wide * 0.75f, lower ? mandible : 0);
      scene.rod({2000, 150, 3}, neck + V3{0, 0, up * 2.5f}, tip, wide * 0.9f, wide);
      if (b.metal && filled && i >= 3) scene.ellipsoid({3071, 0, 3}, tip, {wide * 0.7f, wide * 0.7f, 2.2f});
    }
}

}  // namespace

float mandible_distance(const Build& b, V3 world) {
  const Jaw jaw = arch_of(b);
  const V3 p = shut(b, world);
  const float back = rearward(jaw, p.y), x = std::abs(p.x);
  const float low = lerp(-91, -63, back * (0.6f + 0.4f * back)), high = lerp(-57, -43, back);
  float d = ridge(p, jaw, 5.1f, low, high);
  d = join(d, phantom::ellipsoid({x, p.y, p.z}, {7, -76 - b.face_forward, -85}, {12, 8, 7}), 5);  // chin
  // Ramus: an outline in the sagittal plane, as thick as a plate, with its two processes.
  const float across = x - lerp(45 + b.jaw_width, 49 + b.jaw_width, ramp(p.z, -62, -8));
  float outline = slab(p.y + 29 + 0.06f * (p.z + 40), p.z + 42, 15.5f, 22, 7);
  const V3 flat{0, p.y, p.z};
  outline = join(outline, phantom::rod(flat, {0, -18, -28}, {0, -13, -7}, 5.5f, 4), 4);
  outline = join(outline, phantom::rod(flat, {0, -38, -26}, {0, -43, -11}, 7, 2.2f), 4);
  d = join(d, meet(outline, std::abs(across) - 3.6f, 2), 5);
  return join(d, phantom::ellipsoid({x, p.y, p.z}, {50 + b.jaw_width, -13, -5}, {9, 4.8f, 4.8f}), 3);
}

void add_face(Scene& scene) {
  const Build& b = scene.build;
  const float f = -b.face_forward;
  const Tissue wall = scene.bone(800), air = scene.air(), mucosa{40, 15, 4};
  scene.ellipsoid(wall, {0, -86, 40}, {24, 7, 14});  // brow
  scene.ellipsoid(air, {6, -87, 41}, scene.sizes({10, 3.2f, 8}, 0.2f));
  for (const float s : {-1.f, 1.f}) {
    const V3 sinus = scene.near({s * 27, -61 + f, -7}), r = scene.sizes({12.5f, 16, 15.5f}, 0.08f);
    scene.ellipsoid(wall, sinus, r + V3{1.7f, 1.7f, 1.7f});
    scene.ellipsoid(wall, {s * 49, -66 + f, -2}, {9, 9, 10});
    scene.ellipsoid(scene.bone(350), {s * 49, -66 + f, -2}, {6, 6, 7});
    scene.rod(wall, {s * 46, -70 + f, 2}, {s * 49, -74, 34}, 4, 3.5f);  // lateral rim of the orbit
    scene.solid(wall, {{s > 0 ? 0.f : -60.f, -90, -10}, {s > 0 ? 60.f : 0.f, -25, 50}}, [=](const Place& at) {
      const float cone = phantom::rod(at.p, {s * 15, -36, 25}, {s * 33, -80, 19}, 5, 20);
      return std::max(
          {cone - 1.7f, 0.45f * std::max(std::abs(at.p.x) - 22, 0.f) - 86 - at.p.y, -at.braincase});
    });
    scene.rod(wall, {s * 14, -28, -3}, {s * 15, -24, -28}, 2.6f, 2.4f);  // pterygoid plates
    scene.rod(wall, {s * 14, -28, -3}, {s * 20, -22, -26}, 2.4f, 2);
    scene.ellipsoid(air, sinus, r);
    if (scene.random.chance(0.3f))  // thickened lining or fluid
      scene.solid(mucosa, {sinus - r, sinus + r}, [=](const Place& at) {
        return std::max(phantom::ellipsoid(at.p, sinus, r), r.y * 0.4f - at.p.y + sinus.y);
      });
    scene.rod(scene.muscle(), {s * 58, -34, -8}, {s * 51, -24, -56}, 6.5f, 8);  // masseter
    scene.rod(scene.muscle(), {s * 22, -26, -14}, {s * 39, -22, -54}, 6, 7);    // medial pterygoid
    scene.rod(scene.muscle(), {s * 24, -34, -2}, {s * 46, -16, -8}, 8, 5);      // lateral pterygoid
    scene.ellipsoid(scene.fat(), {s * 46, -52, -28}, {8, 14, 16});              // cheek
  }
  const auto nose = [=](const Place& at, float inset) {  // wide below, narrow between the orbits
    const V3 q{at.p.x * lerp(1, 2.2f, ramp(at.p.z, -14, 18)), at.p.y, at.p.z};
    return phantom::box(q, {0, -60 + f, -2}, V3{14, 30, 22} - V3{inset, -inset, inset}, 6);
  };
  scene.solid(wall, {{-16, -94, -27}, {16, -28, 24}}, [=](const Place& at) { return nose(at, 0); });
  scene.solid(air, {{-14, -94, -26}, {14, -28, 22}},
              [=](const Place& at) { return std::max(nose(at, 1.4f), at.skin + 5); });
  for (const float s : {-1.f, 1.f}) {
    scene.ellipsoid(mucosa, scene.near({s * 8, -58, -14}), {4, 20, 6});  // turbinates
    scene.ellipsoid(mucosa, scene.near({s * 7, -56, 2}), {3.5f, 18, 6});
    scene.outer(
        air, {{s > 0 ? 0.f : -12.f, -115, -30}, {s > 0 ? 12.f : 0.f, -75, -10}}, [=](const Place& at) {
          const float upper = phantom::rod(at.p, {s * 5, -82 + f, -14}, {s * 6, -103 + f, -13}, 3.6f, 3.2f);
          return std::min(upper, phantom::rod(at.p, {s * 6, -103 + f, -13}, {s * 7, -104 + f, -24}, 3.2f, 3));
        });
  }
  const float bend = scene.random.uniform(-4, 4);
  scene.solid({120, 90, 5}, {{-7, -92, -24}, {7, -30, 20}}, [=](const Place& at) {
    return std::max(std::abs(at.p.x - bend * ramp(std::abs(at.p.y + 62), 25, 0)) - 1.1f,
                    std::abs(at.p.z) - 22);
  });
  scene.rod(wall, {0, -92 + f, 26}, {0, -101 + f, 10}, 4, 2);
  // Ethmoid cells between the orbits, sphenoid sinus under the sella.
  const std::uint32_t seed = b.texture_seed + 5;
  scene.solid(wall, {{-13, -82, 16}, {13, -38, 38}}, [](const Place& at) {
    return std::max(phantom::box(at.p, {0, -60, 26}, {12, 21, 11}, 3), -at.braincase);
  });
  scene.solid(air, {{-12, -81, 17}, {12, -39, 37}}, [=](const Place& at) {
    const float cells = 2.2f - 9 * std::abs(lattice_noise(at.p * (1 / 8.f), seed));
    return std::max({phantom::box(at.p, {0, -60, 26}, {11, 20, 10}, 3), cells, 1.5f - at.braincase});
  });
  const V3 sphenoid = scene.near({0, -29, 10}), r = scene.sizes({12, 9.5f, 8.5f}, 0.12f);
  scene.ellipsoid(wall, sphenoid, r + V3{2, 2, 2});
  scene.ellipsoid(air, sphenoid, r);
}

void add_jaws(Scene& scene) {
  const Build& b = scene.build;
  const Jaw jaw = arch_of(b);
  const float drop = b.jaw_drop;
  // Mouth: tongue and its floor, a thin layer of air, palate above.
  scene.ellipsoid(scene.muscle(), {0, -56, -75 - 0.8f * drop}, {24, 23, 9});
  const V3 tongue = scene.near({0, -47, -53 - 0.6f * drop}), size = scene.sizes({25, 30, 20}, 0.05f);
  scene.ellipsoid(scene.air(), tongue + V3{0, -1, 1.2f + 0.25f * drop}, size);
  scene.ellipsoid({scene.build.muscle_hu - 8, 30, 5}, tongue, size);
  const Jaw upper{jaw.width - 3, jaw.length - 2, jaw.back};
  scene.solid(scene.bone(650), {{-52, -85, -45}, {52, -10, -22}}, [=](const Place& at) {
    const float back = rearward(upper, at.p.y);
    return std::max(ridge(at.p, upper, 5.5f, lerp(-41, -34, back), -23), at.p.y + 36);
  });
  scene.solid(scene.bone(700), {{-42, -80, -30}, {42, -36, -25}}, [=](const Place& at) {
    const float plate = phantom::ellipse(at.p.x, at.p.y - upper.back, upper.width, upper.length);
    return std::max({plate, std::abs(at.p.z + 27) - 1.6f, at.p.y + 38});
  });
  add_teeth(scene, false);
  const Box bounds{{-66, -110, -115}, {66, 12, 8}};
  const auto bone = [&](Tissue tissue, float inset) {
    scene.solid(
        tissue, bounds, [=](const Place& at) { return mandible_distance(b, at.p) + inset; }, mandible);
  };
  bone(scene.bone(1350), 0);
  bone({scene.random.uniform(120, 380), 160, 3.5f}, 2.3f);
  add_teeth(scene, true);
}

}  // namespace anatomynet::phantom
