#include "phantom/structures.h"

namespace anatomynet::phantom {

void add_couch(Scene& scene) {
  Random& random = scene.random;
  const float top = random.uniform(112, 120), half_width = random.uniform(205, 265),
              thick = random.uniform(18, 55);
  const float shell_hu = random.uniform(-650, -150), rest_hu = random.uniform(-950, -880);
  const auto furniture = [&](Tissue tissue, Box bounds, std::function<float(const Place&)> distance) {
    scene.outer(tissue, bounds, std::move(distance)).on_couch = true;
  };
  const auto table = [&](Tissue tissue, float inset) {
    const float middle = top + thick / 2;
    furniture(tissue, {{-half_width, top, -1000}, {half_width, top + thick, 1000}}, [=](const Place& at) {
      return slab(at.couch.x, at.couch.y - middle, half_width - inset, thick / 2 - inset, 6);
    });
  };
  table({shell_hu, 15, 4}, 0);
  table({-955, 8, 4}, 2.2f);
  // Head rest: a foam block hollowed to the head, in a thin plastic skin.
  const float half = random.uniform(75, 105), low = random.uniform(-75, -55), high = random.uniform(45, 80);
  const float rim = random.uniform(35, 62);
  const auto rest = [&](Tissue tissue, float inset) {
    furniture(tissue, {{-half, rim, low}, {half, top, high}}, [=](const Place& at) {
      const V3 centre{0, (rim + top) / 2, (low + high) / 2};
      const V3 extent{half - inset, (top - rim) / 2 - inset, (high - low) / 2 - inset};
      return std::max(phantom::box(at.couch, centre, extent, 8 - inset), 3 + inset - at.skin);
    });
  };
  rest({-250, 20, 4}, 0);
  rest({rest_hu, 8, 4}, 2);
  if (!scene.build.mask) return;
  const float back = random.uniform(0, 25), end = random.uniform(-160, -90);
  const Box front{{-250, -160, end}, {250, back, 160}};
  const auto mask = [&](Tissue tissue, float offset) {
    scene.outer(tissue, front, [=](const Place& at) {
      return std::max({at.skin - offset, at.p.y - back, end - at.p.z});
    });
  };
  const float gap = random.uniform(0.4f, 1.5f);
  mask({random.uniform(-150, 50), 90, 5}, gap + 2.2f);
  mask({-1000, 0, 4}, gap);
}

}  // namespace anatomynet::phantom
