#include "phantom/structures.h"

namespace anatomynet::phantom {
namespace {

constexpr Box everywhere{{-1000, -1000, -1000}, {1000, 1000, 1000}};
constexpr int brainstem = 1;

}  // namespace

void add_body(Scene& scene) {
  const Build& b = scene.build;
  scene.outer({35, 10, 5}, everywhere, [](const Place& at) { return at.skin; });
  scene.solid(scene.fat(), everywhere, [](const Place& at) { return at.skin + 1.8f; });
  // Face and neck under the fat: loose tissue in which fat and muscle mix; muscles proper come later.
  const float fat = b.fat;
  scene.solid({-50, 60, 8}, {{-210, -90, -320}, {210, 110, 30}},
              [=](const Place& at) { return std::max(at.skin + fat + 1.8f, at.p.z - 22); });
  for (const float s : {-1.f, 1.f}) {
    const V3 ear = scene.near({s * 78, 9, 4}, 2);
    const V3 r = scene.sizes({3.5f, 15, 29}, 0.1f);
    scene.outer({45, 20, 4}, {ear - V3{16, 20, 34}, ear + V3{16, 20, 34}}, [=](const Place& at) {
      // The shell stands off the head towards the back.
      const V3 q{at.p.x - s * 0.45f * (at.p.y - ear.y + 6), at.p.y, at.p.z};
      const float hollow = phantom::ellipsoid(q, ear + V3{s * 4, -2, 1}, {4, 8, 13});
      return std::max(phantom::ellipsoid(q, ear, r), -hollow);
    });
  }
}

void add_skull(Scene& scene) {
  const Build& b = scene.build;
  const Box head{{-85, -105, -40}, {85, 105, 140}};
  const float t = b.skull;
  const std::uint32_t seed = b.texture_seed;
  const auto thick = [=](const Place& at) {
    const float orbit_roof = ramp(at.p.z, 46, 38) * ramp(at.p.y, -34, -42) * ramp(at.p.y, -84, -74);
    const float temple = ramp(std::abs(at.p.x), 50, 66);
    return t + 1.1f * lattice_noise(at.p * (1 / 28.f), seed) - 1.5f * temple - 3.2f * orbit_roof;
  };
  scene.solid(scene.bone(1150), head, [=](const Place& at) { return at.braincase - thick(at); });
  scene.solid(scene.bone(650), head, [=](const Place& at) { return at.braincase - thick(at) + 1.7f; });
  scene.solid(scene.bone(1100), head, [](const Place& at) { return at.braincase - 1.6f; });
  scene.ellipsoid(scene.bone(500), {0, 82, 4}, {9, 9, 7});  // external occipital protuberance
  // Middle of the base: sphenoid and clivus down to the foramen magnum.
  scene.rod(scene.bone(900), {0, -17, 16}, {0, 7, -22}, 8, 5);
  scene.rod(scene.bone(350), {0, -16, 15}, {0, 6, -20}, 5.5f, 2.5f);
  for (const float s : {-1.f, 1.f}) {
    scene.rod(scene.bone(1500), {s * 14, -8, 2}, {s * 58, 8, 2}, 6, 11);  // petrous ridge
    scene.rod(scene.bone(700), {s * 17, -6, 2}, {s * 50, 6, 1}, 3, 5);
    const V3 mastoid = scene.near({s * 58, 17, -10});
    scene.ellipsoid(scene.bone(900), mastoid, {10, 12, 18});
    const std::uint32_t cells = seed + 17;
    scene.solid({-750, 60, 3}, {mastoid - V3{8, 10, 16}, mastoid + V3{8, 10, 18}}, [=](const Place& at) {
      const float inside = phantom::ellipsoid(at.p, mastoid + V3{0, 0, 2}, {7.5f, 9.5f, 15.5f});
      return std::max(inside, 4.f * (0.05f - lattice_noise(at.p * (1 / 4.5f), cells)));
    });
    scene.outer(scene.air(), {{s > 0 ? 45.f : -90.f, -5, -6}, {s > 0 ? 90.f : -45.f, 7, 6}},
                [=](const Place& at) {  // ear canal
                  return phantom::rod(at.p, {s * 84, 2, -1}, {s * 50, 0, 1}, 3.4f, 3);
                });
    scene.rod(scene.bone(750), {s * 66, -6, 3}, {s * 56, -58, -2}, 3.2f, 3.2f);  // zygomatic arch
    scene.rod(scene.muscle(), {s * 62, -30, 45}, {s * 55, -38, -4}, 5, 8);       // temporal muscle
    scene.ellipsoid(scene.muscle(), {s * 66, -22, 38}, {5, 30, 36});
  }
}

void add_brain(Scene& scene) {
  const Build& b = scene.build;
  const std::uint32_t seed = b.texture_seed;
  const Box head{{-75, -90, -35}, {75, 90, 125}};
  const Tissue fluid{8, 2, 6}, grey{39, 4, 7}, white{30, 3, 9};
  const float age = scene.random.uniform(0.5f, 1.4f);  // width of the fluid spaces
  scene.solid(fluid, head, [](const Place& at) { return at.braincase; });
  scene.solid(grey, head, [=](const Place& at) { return at.braincase + 1.2f + 0.8f * age; });
  scene.solid(white, head, [=](const Place& at) {
    return at.braincase + 8 + 6 * lattice_noise(at.p * (1 / 11.f), seed + 1);
  });
  scene.solid(fluid, head, [=](const Place& at) {  // sulci
    const float fold = std::abs(lattice_noise(at.p * (1 / 12.f), seed + 2)) * 14 - 0.9f * age;
    return std::max({at.braincase, -13 - at.braincase, fold});
  });
  for (const float s : {-1.f, 1.f}) {
    scene.ellipsoid(grey, {s * 17, -2, 44}, {11, 24, 13});  // deep grey nuclei
    scene.tube(fluid, {{s * 12, -34, 52}, {s * 10, -5, 62}, {s * 20, 32, 52}, {s * 26, 48, 46}},
               3.2f * age + 1);
    scene.tube(fluid, {{s * 20, 32, 52}, {s * 30, 14, 26}, {s * 30, -8, 20}}, 2 * age);
  }
  scene.ellipsoid(fluid, {0, -1, 44}, {1.2f * age + 1, 14, 11});  // third ventricle
  scene
      .solid({60, 5, 5}, {{-3, -90, 55}, {3, 90, 125}},
             [](const Place& at) {  // falx
               return std::max({std::abs(at.p.x) - 0.9f, at.braincase, -34 - at.braincase});
             })
      .thickness = 1.8f;
  const V3 lobes = scene.sizes({27, 26, 23}, 0.05f);
  for (const float s : {-1.f, 1.f}) {
    scene.ellipsoid(fluid, {s * 23, 46, 6}, lobes + V3{1.3f, 1.3f, 1.3f});
    scene.ellipsoid({38, 9, 3}, {s * 23, 46, 6}, lobes);
  }
  scene.ellipsoid({40, 9, 3}, {0, 46, 4}, {9, 22, 20});
  // Cisterns around the brainstem, then the stem: midbrain, pons, medulla; the cord comes with the spine.
  scene.solid(fluid, {{-25, -24, -38}, {25, 32, 44}}, [](const Place& at) {
    const float front = phantom::ellipsoid(at.p, {0, 6, 12}, {23, 20, 27});
    return std::max({join(front, phantom::rod(at.p, {0, 14, -8}, {0, 21, -36}, 12, 9), 6), at.braincase});
  });
  const V3 mid = scene.near({0, 8, 28}, 0.7f), pons = scene.near({0, 7, 9}, 0.7f);
  const V3 r_mid = scene.sizes({15.5f, 10.5f, 12}, 0.05f), r_pons = scene.sizes({17.5f, 13, 15}, 0.05f);
  const V3 top = scene.near({0, 13, -5}, 0.5f), bottom = scene.near({0, 22, -31}, 0.5f);
  const float r_top = scene.size(9.2f, 0.05f), r_bottom = scene.size(6.6f, 0.05f);
  for (const float s : {-1.f, 1.f})  // cerebellar peduncles tie the pons to the lobes
    scene.rod({34, 4, 5}, {s * 13, 12, 8}, {s * 22, 30, 8}, 6, 8);
  scene.solid(
      {33, 4, 5}, {{-22, -12, -42}, {22, 26, 44}},
      [=](const Place& at) {
        float d = join(phantom::ellipsoid(at.p, mid, r_mid), phantom::ellipsoid(at.p, pons, r_pons), 4);
        d = join(d, phantom::rod(at.p, top, bottom, r_top, r_bottom), 4);
        return std::max({d, bottom.z - at.p.z, at.p.z - mid.z - 9});
      },
      brainstem);
  scene.ellipsoid(fluid, {0, 23, 8}, {5.f + age, 3, 9});  // fourth ventricle
}

}  // namespace anatomynet::phantom
