#include "phantom/structures.h"

namespace anatomynet::phantom {
namespace {

// Middle of the spinal canal: heights of C1 to T4 and the canal's y there (cervical lordosis).
constexpr int vertebrae = 11;
constexpr float heights[vertebrae] = {-37, -54, -72, -90, -107, -124, -142, -161, -182, -204, -227};
constexpr float canal_y[vertebrae] = {25.5f, 27, 27, 25, 24.5f, 26, 30, 36, 43, 50, 56};

V3 canal(int level) { return {0, canal_y[level], heights[level]}; }

void add_vertebra(Scene& scene, int level) {
  const V3 c = canal(level);
  const float thoracic = level >= 7 ? 1.f : 0.f;
  const Tissue cortex = scene.bone(850), spongy = scene.bone(330);
  const auto body = [&](Tissue tissue, float inset) {
    const float rx = 12.5f + 2 * thoracic, ry = 8.3f + 2.5f * thoracic, y = c.y - 9.5f - ry,
                half = 6.9f + thoracic;
    scene.solid(tissue, {{-rx, y - ry, c.z - half}, {rx, y + ry, c.z + half}}, [=](const Place& at) {
      const float side = phantom::ellipse(at.p.x, at.p.y - y, rx, ry) + inset;
      return meet(side, std::abs(at.p.z - c.z) - half + inset, 2);
    });
  };
  if (level > 0) {
    body(cortex, 0);
    body(spongy, 1.3f);
  }
  for (const float s : {-1.f, 1.f}) {
    if (level == 0) {  // atlas: lateral masses, arches and wide transverse processes
      scene.ellipsoid(cortex, c + V3{s * 20, -9, 2}, {9, 10, 9});
      scene.ellipsoid(spongy, c + V3{s * 20, -9, 2}, {6.5f, 7.5f, 6.5f});
      scene.rod(cortex, c + V3{s * 16, -14, 0}, c + V3{0, -24, 0}, 4, 4);
      scene.rod(cortex, c + V3{s * 22, -2, 0}, c + V3{s * 12, 16, 0}, 4, 3.5f);
      scene.rod(cortex, c + V3{s * 12, 16, 0}, c + V3{0, 19, 0}, 3.5f, 4);
      scene.rod(cortex, c + V3{s * 24, -8, -1}, c + V3{s * 36, -5, -1}, 5, 4);
      continue;
    }
    scene.ellipsoid(cortex, c + V3{s * 18, -2, -1}, {8, 9, 8.5f});  // articular mass
    scene.ellipsoid(spongy, c + V3{s * 18, -2, -1}, {5.5f, 6.5f, 6});
    scene.rod(cortex, c + V3{s * 14, -9, 1}, c + V3{s * 25, -9, -1}, 3.5f, 2.5f + 2 * thoracic);
    scene.rod(cortex, c + V3{s * 16, 6, -2}, c + V3{0, 14, -4}, 3, 3.4f);  // lamina
  }
  if (level > 0) {
    const float spine = scene.size(level >= 5 ? 34.f : 22.f, 0.1f);
    scene.rod(cortex, c + V3{0, 13, -4}, c + V3{0, 13 + spine, -9 - 8 * thoracic}, 4, 3.4f);
  }
}

}  // namespace

void add_spine(Scene& scene) {
  for (const float s : {-1.f, 1.f}) {  // deep muscles before the bones they wrap
    scene.rod(scene.muscle(), scene.near({s * 15, 62, -25}), scene.near({s * 17, 58, -150}), 14, 16);
    scene.rod(scene.muscle(), {s * 17, 60, -150}, {s * 24, 82, -260}, 16, 22);
    scene.rod(scene.muscle(), scene.near({s * 33, 44, -30}), scene.near({s * 34, 42, -140}), 12, 14);
    scene.rod(scene.muscle(), scene.near({s * 28, 26, -45}), scene.near({s * 36, 26, -150}), 8, 13);
    scene.rod(scene.muscle(), {s * 7, 1, -40}, {s * 9, 0, -140}, 4.5f, 5);  // longus colli
    scene.ellipsoid(scene.muscle(), {s * 40, 60, -60}, {14, 14, 45});
  }
  const auto column = [](const Place& at) {
    float d = 1e9f;
    for (int i = 2; i < vertebrae; ++i) {
      const V3 back{0, -17.5f, 0};
      d = std::min(d, phantom::rod(at.p, canal(i - 1) + back, canal(i) + back, 9, 9));
    }
    return d;
  };
  scene.solid({95, 8, 5}, {{-14, -10, -240}, {14, 60, -48}}, column);  // discs
  for (int level = 0; level < vertebrae; ++level) add_vertebra(scene, level);
  scene.rod(scene.bone(1000), canal(1) + V3{0, -16, 4}, canal(0) + V3{0, -16, 6}, 5.5f, 5);  // dens
  scene.rod(scene.bone(450), canal(1) + V3{0, -16, 4}, canal(0) + V3{0, -16, 5}, 3.6f, 3.2f);
  std::vector<V3> line{{0, 24, -24}}, cord{{0, 22, -30.5f}};
  for (int i = 0; i < vertebrae; ++i) {
    line.push_back(canal(i));
    cord.push_back(canal(i) + V3{0, -0.5f, 0});
  }
  scene.tube({12, 3, 5}, line, 8.6f);
  scene.tube({36, 4, 5}, cord, 5);
}

void add_neck(Scene& scene) {
  const Tissue muscle = scene.muscle();
  const float fat = scene.build.fat;
  // Shoulders and the back of the neck are muscle under their fat.
  scene.solid(muscle, {{-210, -60, -320}, {210, 130, -25}}, [=](const Place& at) {
    const float back = 46 - at.p.y - 40 * ramp(at.p.z, -140, -190);
    return std::max(at.skin + fat + 6, back);
  });
  add_spine(scene);
  for (const float s : {-1.f, 1.f}) {
    scene.ellipsoid({-860, 30, 6}, {s * 48, 28, -238}, {36, 42, 46});  // lung apex
    scene.rod(scene.bone(800), {s * 14, -18, -196}, {s * 140, 14, -172}, 8, 6);
    scene.rod(scene.bone(350), {s * 14, -18, -196}, {s * 140, 14, -172}, 5.5f, 4);
    scene.rod(scene.bone(700), {s * 24, 40, -172}, {s * 62, 8, -196}, 5, 5);  // first rib
    scene.ellipsoid(scene.bone(700), {s * 158, 22, -205}, {25, 25, 25});
    scene.ellipsoid(scene.bone(250), {s * 158, 22, -205}, {22, 22, 22});
    const V3 belly = scene.near({s * 47, 2, -72}, 2);
    const float r = scene.size(9.5f, 0.1f);
    const V3 top{s * 58, 20, -20}, end{s * 14, -24, -186};
    scene.solid(muscle, {{s > 0 ? 0.f : -72.f, -40, -200}, {s > 0 ? 72.f : 0.f, 35, -8}},
                [=](const Place& at) {
                  const float upper = phantom::rod(at.p, top, belly, 7, r),
                              lower = phantom::rod(at.p, belly, end, r, 7);
                  return std::max(std::min(upper, lower), at.skin + fat * 0.6f + 2);  // sternocleidomastoid
                });
    const V3 fork = scene.near({s * 26, -3, -92}, 1.5f);
    scene.tube(scene.blood(),
               {{s * 21, 8, -210}, {s * 23, 2, -150}, fork, {s * 30, 3, -45}, {s * 26, 2, -12}}, 3);
    scene.tube(scene.blood(), {fork, {s * 34, -10, -62}, {s * 46, -6, -30}}, 1.8f);
    const float vein = scene.size(5, 0.25f);
    scene.tube(scene.blood(), {{s * 27, 2, -205}, {s * 31, 6, -150}, {s * 33, 7, -92}, {s * 33, 10, -30}},
               vein);
    for (int i = 0; i < 5; ++i) {  // lymph nodes along the jugular vein
      const V3 at = scene.near({s * 40, 2, -60 - 22.f * float(i)}, 4);
      scene.ellipsoid({scene.build.muscle_hu - 5, 8, 4}, at, scene.sizes({3.5f, 4, 5.5f}, 0.25f));
    }
  }
}

void add_airway(Scene& scene) {
  const Tissue muscle = scene.muscle(), air = scene.air();
  const float iodine = scene.random.uniform(85, 150);
  for (const float s : {-1.f, 1.f})
    scene.ellipsoid({iodine, 12, 3}, scene.near({s * 17, -14, -146}), scene.sizes({7.5f, 9, 20}, 0.15f));
  scene.ellipsoid({iodine, 10, 3}, {0, -25, -150}, {14, 4, 8});
  scene.rod(muscle, {0, -4, -132}, {0, 14, -240}, 6.5f, 7.5f);  // oesophagus
  // Wall of the pharynx, larynx with its cartilages.
  scene.rod(muscle, {0, -12, 0}, {0, -9, -95}, 14, 15);
  scene.rod(muscle, {0, -10, -95}, {0, -19, -128}, 16, 15);
  const Tissue cartilage{scene.random.uniform(110, 330), 60, 4};
  scene.solid(cartilage, {{-22, -46, -128}, {22, -8, -103}}, [](const Place& at) {
    const float ring = std::abs(phantom::ellipse(at.p.x, at.p.y + 20, 17.5f, 17)) - 1.4f;
    return std::max({ring, at.p.y + 11, slab(at.p.z + 115, 0, 11, 1, 0)});
  });
  scene.solid(cartilage, {{-16, -36, -138}, {16, -2, -128}}, [](const Place& at) {
    return std::max(std::abs(phantom::ellipse(at.p.x, at.p.y + 18, 13, 14)) - 1.6f,
                    std::abs(at.p.z + 133) - 4);
  });
  const float hyoid = -97 - 0.4f * scene.build.jaw_drop;
  scene.solid(scene.bone(500), {{-24, -46, hyoid - 4}, {24, -12, hyoid + 4}}, [=](const Place& at) {
    const float arch = std::abs(phantom::ellipse(at.p.x, at.p.y + 18, 19, 24));
    return std::max(slab(arch, at.p.z - hyoid, 2, 3.2f, 1.5f), at.p.y + 16);
  });
  const float open = scene.random.uniform(0.75f, 1.25f);
  scene.ellipsoid(muscle, {0, -26, -33}, {9, 8, 6});  // soft palate
  struct Chamber {
    V3 centre, radii;
  };
  std::vector<Chamber> throat{{{0, -19, -8}, {11, 7, 16}},  {{0, -12, -38}, {11, 5.5f, 20}},
                              {{0, -11, -68}, {11, 6, 22}}, {{0, -13, -90}, {12, 6.5f, 14}},
                              {{0, -20, -106}, {7, 9, 14}}, {{0, -20, -124}, {3, 9, 10}}};
  for (Chamber& c : throat) c = {scene.near(c.centre, 0.8f), c.radii * open};
  scene.solid(air, {{-18, -34, -140}, {18, 2, 12}}, [=](const Place& at) {
    float d = 1e9f;
    for (const Chamber& c : throat) d = join(d, phantom::ellipsoid(at.p, c.centre, c.radii), 6);
    return d;
  });
  scene.tube(air, {{0, -19, -130}, {0, -15, -150}, {0, 0, -215}, {0, 10, -250}}, 7.5f * open + 0.6f);
  scene.rod({70, 8, 3}, {0, -21, -82}, {0, -17, -98}, 1.2f, 2);  // epiglottis
}

}  // namespace anatomynet::phantom
