#include "phantom/structures.h"

namespace anatomynet::phantom {
namespace {

constexpr int chiasm = 2;
constexpr int nerve_of(float side) { return side > 0 ? 4 : 5; }
constexpr int parotid_of(float side) { return side > 0 ? 6 : 7; }
constexpr int submandibular_of(float side) { return side > 0 ? 8 : 9; }

}  // namespace

void add_glands(Scene& scene) {
  const Build& b = scene.build;
  Random& random = scene.random;
  const float fatty = random.uniform(-30, 25),
              watery = random.uniform(22, 50) + (b.blood_hu > 60 ? 20.f : 0.f);
  for (const float s : {-1.f, 1.f}) {
    const float share = random.about(1, 0.07f);
    const V3 deep = scene.near({s * 51, 1, -33}, 1.5f), shallow = scene.near({s * 59, -14, -31}, 1.5f);
    const V3 r_deep = scene.sizes(V3{13, 13, 29} * share), r_shallow = scene.sizes(V3{9, 22, 25} * share);
    const auto seed = static_cast<std::uint32_t>(random.bits());
    const float cover = 3 + 0.35f * b.fat;
    const Box room = s > 0 ? Box{{30, -45, -75}, {85, 22, 2}} : Box{{-85, -45, -75}, {-30, 22, 2}};
    scene.solid(
        {fatty, 32, 3.2f}, room,
        [=](const Place& at) {
          float d =
              join(phantom::ellipsoid(at.p, deep, r_deep), phantom::ellipsoid(at.p, shallow, r_shallow), 8);
          d += 1.8f * lattice_noise(at.p * (1 / 8.f), seed);
          const float mastoid = phantom::ellipsoid(at.p, {s * 58, 17, -10}, {11, 13, 19});
          const float canal = phantom::rod(at.p, {s * 84, 2, -1}, {s * 50, 0, 1}, 5, 5);
          return std::max({d, 1.8f - mandible_distance(b, at.p), at.skin + cover, 1 - mastoid, 1 - canal});
        },
        parotid_of(s));
    scene.rod(scene.blood(), deep + V3{0, -3, 12}, deep + V3{0, -1, -14}, 2.2f, 2.4f, parotid_of(s));
  }
  for (const float s : {-1.f, 1.f}) {
    const V3 centre = scene.near({s * 29, -37, -81 - 0.5f * b.jaw_drop}, 1.8f),
             r = scene.sizes({10, 15.5f, 12.5f});
    const auto seed = static_cast<std::uint32_t>(random.bits());
    scene.ellipsoid({-90, 15, 6}, centre, r + V3{2.5f, 2.5f, 2.5f});
    scene.solid(
        {watery, 12, 3.2f}, {centre - r - V3{3, 3, 3}, centre + r + V3{3, 3, 3}},
        [=](const Place& at) {
          const float d = phantom::ellipsoid(at.p, centre, r) + 1.4f * lattice_noise(at.p * (1 / 7.f), seed);
          return std::max({d, 1.8f - mandible_distance(b, at.p), at.skin + 4});
        },
        submandibular_of(s));
  }
}

void add_eyes(Scene& scene) {
  Random& random = scene.random;
  const float fluid_hu = 8;
  scene.ellipsoid({60, 5, 4}, {0, -19, 20}, {6, 5, 4});  // pituitary gland
  scene.ellipsoid({fluid_hu, 2, 5}, {0, -19, 31}, {15, 13, 6.5f});
  const V3 centre = scene.near({0, -21, 31.5f}, 0.7f), r = scene.sizes({7.5f, 4.3f, 2.7f}, 0.05f);
  const float thick = random.about(2.5f, 0.07f), lens = random.uniform(75, 110);
  for (const float s : {-1.f, 1.f}) {
    const V3 eye = scene.near({s * 32, -77 - scene.build.face_forward * 0.5f, 19}, 0.8f);
    const float radius = scene.size(12, 0.03f);
    const V3 apex = scene.near({s * 15, -38, 25}, 0.5f);
    scene.solid({-95, 18, 5}, {{s > 0 ? 0.f : -56.f, -94, -5}, {s > 0 ? 56.f : 0.f, -30, 42}},
                [=](const Place& at) {
                  return std::max({phantom::rod(at.p, {s * 15, -36, 25}, {s * 33, -80, 19}, 4, 19.5f),
                                   at.skin + 3, 2 - at.braincase});
                });
    const Tissue muscle = scene.muscle();
    for (const V3 side : {V3{10.5f, 0, 0}, V3{-10.5f, 0, 0}, V3{0, 0, 10.5f}, V3{0, 0, -10.5f}}) {
      const V3 equator = eye + side + V3{0, 5, 0};
      scene.tube(muscle, {apex + V3{0, 3, 0}, lerp(apex, equator, 0.55f) + side * 0.22f, equator}, 1.8f);
    }
    const V3 bulge = scene.near({s * 1.5f, 0, -1}, 1);
    const V3 back = eye + V3{-s * 2, radius - 1.5f, 0.5f}, end = centre + V3{s * 5.5f, -2.5f, -0.3f};
    scene.rod({fluid_hu, 2, 5}, lerp(back, apex, 0.9f), end, 3.4f, 4.5f);  // optic canal
    scene.tube({36, 4, 4},
               {back, lerp(back, apex, 0.35f) + bulge, lerp(back, apex, 0.7f) + bulge * 0.6f, apex, end},
               thick, nerve_of(s));
    scene.ellipsoid({55, 5, 4}, eye, {radius, radius, radius});
    scene.ellipsoid({14, 3, 5}, eye, V3{radius, radius, radius} - V3{1.3f, 1.3f, 1.3f});
    scene.ellipsoid({lens, 4, 3}, eye + V3{0, -8.2f, 0}, {4.6f, 2.1f, 4.6f});
  }
  scene.solid(
      {37, 4, 4}, {{-13, -32, 26}, {13, -8, 39}},
      [=](const Place& at) {
        float d = phantom::ellipsoid(at.p, centre, r);
        const V3 q{std::abs(at.p.x - centre.x), at.p.y - centre.y, at.p.z - centre.z};
        d = join(d, phantom::rod(q, {3, -1, 0}, {6, -3.5f, -0.3f}, 2.2f, 2.3f), 2);  // ends of the nerves
        return join(d, phantom::rod(q, {3, 1, 0}, {8, 6, 1}, 2.2f, 2), 2);           // starts of the tracts
      },
      chiasm);
}

}  // namespace anatomynet::phantom
