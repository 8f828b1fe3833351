#include "phantom/structures.h"

namespace anatomynet::phantom {
namespace {

Box around(const std::vector<V3>& points, float margin) {
  Box box{points.front(), points.front()};
  for (const V3 p : points) {
    box.low = {std::min(box.low.x, p.x), std::min(box.low.y, p.y), std::min(box.low.z, p.z)};
    box.high = {std::max(box.high.x, p.x), std::max(box.high.y, p.y), std::max(box.high.z, p.z)};
  }
  const V3 m{margin, margin, margin};
  return {box.low - m, box.high + m};
}

}  // namespace

Structure& Scene::solid(Tissue tissue, Box bounds, std::function<float(const Place&)> distance, int organ) {
  Structure s;
  s.bounds = bounds;
  s.tissue = tissue;
  s.organ = static_cast<std::uint8_t>(organ);
  s.distance = std::move(distance);
  return structures.emplace_back(std::move(s));
}

Structure& Scene::outer(Tissue tissue, Box bounds, std::function<float(const Place&)> distance) {
  Structure& s = solid(tissue, bounds, std::move(distance));
  s.depth = -1e9f;
  return s;
}

void Scene::ellipsoid(Tissue tissue, V3 centre, V3 radii, int organ) {
  solid(
      tissue, {centre - radii, centre + radii},
      [=](const Place& at) { return phantom::ellipsoid(at.p, centre, radii); }, organ);
}

void Scene::rod(Tissue tissue, V3 a, V3 b, float ra, float rb, int organ) {
  solid(
      tissue, around({a, b}, std::max(ra, rb)),
      [=](const Place& at) { return phantom::rod(at.p, a, b, ra, rb); }, organ);
}

void Scene::tube(Tissue tissue, std::vector<V3> points, float radius, int organ) {
  const Box box = around(points, radius);
  solid(
      tissue, box,
      [points = std::move(points), radius](const Place& at) {
        float d = 1e9f;
        for (std::size_t i = 1; i < points.size(); ++i)
          d = std::min(d, phantom::rod(at.p, points[i - 1], points[i], radius, radius));
        return d;
      },
      organ);
}

V3 Scene::near(V3 p, float deviation) {
  const float x = random.about(0, deviation), y = random.about(0, deviation), z = random.about(0, deviation);
  return p + V3{x, y, z};
}

V3 Scene::sizes(V3 mean, float share) {
  const float x = size(mean.x, share), y = size(mean.y, share), z = size(mean.z, share);
  return {x, y, z};
}

}  // namespace anatomynet::phantom
