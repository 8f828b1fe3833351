#include "phantom/paint.h"

#include "core/parallel_for.h"

namespace anatomynet::phantom {
namespace {

constexpr std::int64_t tile = 8;   // voxels along an edge of the blocks painted at once
constexpr float far_outside = 45;  // mm beyond which nothing depends on the exact distance to the skin

void widen(Box& box, V3 p) {
  box.low = {std::min(box.low.x, p.x), std::min(box.low.y, p.y), std::min(box.low.z, p.z)};
  box.high = {std::max(box.high.x, p.x), std::max(box.high.y, p.y), std::max(box.high.z, p.z)};
}

bool apart(const Box& a, const Box& b, float margin) {
  return a.low.x > b.high.x + margin || b.low.x > a.high.x + margin || a.low.y > b.high.y + margin ||
         b.low.y > a.high.y + margin || a.low.z > b.high.z + margin || b.low.z > a.high.z + margin;
}

struct Painter {
  const Scene& scene;
  const Pose& pose;
  const Vec3& couch_origin;
  Volume<float>& hu;
  LabelVolume& labels;
  float voxel;  // mm over which a surface is spread

  V3 couch_at(std::int64_t x, std::int64_t y, std::int64_t z) const {
    const Grid& g = hu.grid;
    return {float(g.origin[0] + g.spacing[0] * double(x) - couch_origin[0]),
            float(g.origin[1] + g.spacing[1] * double(y) - couch_origin[1]),
            float(g.origin[2] + g.spacing[2] * double(z) - couch_origin[2])};
  }

  void paint_tile(const Size3& from) {
    const Size3& size = hu.grid.size;
    std::vector<Place> places;
    std::vector<std::int64_t> offsets;
    for (std::int64_t z = from[2]; z < std::min(from[2] + tile, size[2]); ++z)
      for (std::int64_t y = from[1]; y < std::min(from[1] + tile, size[1]); ++y)
        for (std::int64_t x = from[0]; x < std::min(from[0] + tile, size[0]); ++x) {
          const V3 couch = couch_at(x, y, z);
          places.push_back({pose.to_anatomy(couch), couch});
          offsets.push_back(hu.grid.offset(x, y, z));
        }
    Box anatomy{places[0].p, places[0].p}, couch{places[0].couch, places[0].couch};
    for (const Place& at : places) {
      widen(anatomy, at.p);
      widen(couch, at.couch);
    }
    const float extent = length(anatomy.high - anatomy.low);
    const float nearby = skin_distance(scene.build, lerp(anatomy.low, anatomy.high, 0.5f));
    const bool outside = nearby > extent + far_outside;
    for (Place& at : places) {
      at.skin = outside ? nearby : skin_distance(scene.build, at.p);
      at.braincase = at.skin > 0 ? 100 : braincase_distance(scene.build, at.p);
    }
    for (const Structure& s : scene.structures)
      if (!apart(s.bounds, s.on_couch ? couch : anatomy, voxel)) paint_solid(s, places, offsets);
  }

  void paint_solid(const Structure& s, const std::vector<Place>& places,
                   const std::vector<std::int64_t>& offsets) {
    const float share = std::min(1.f, s.thickness / voxel);
    for (std::size_t i = 0; i < places.size(); ++i) {
      const float d = std::max(s.distance(places[i]), places[i].skin + s.depth);
      const float cover = std::clamp(0.5f - d / voxel, 0.f, 1.f) * share;
      if (cover <= 0) continue;
      float tissue = s.tissue.hu;
      if (s.tissue.grain > 0)
        tissue += s.tissue.grain * lattice_noise(places[i].p * (1 / s.tissue.cell), scene.build.texture_seed);
      const std::int64_t at = offsets[i];
      hu.voxels[at] = lerp(hu.voxels[at], tissue, cover);
      if (d < 0) labels.voxels[at] = s.organ;
    }
  }
};

}  // namespace

void paint(const Scene& scene, const Pose& pose, const Vec3& couch_origin, Volume<float>& hu,
           LabelVolume& labels) {
  const Grid& g = hu.grid;
  Painter painter{scene, pose,   couch_origin,
                  hu,    labels, float((g.spacing[0] + g.spacing[1] + g.spacing[2]) / 3)};
  const Size3 tiles{(g.size[0] + tile - 1) / tile, (g.size[1] + tile - 1) / tile,
                    (g.size[2] + tile - 1) / tile};
  parallel_for(static_cast<std::size_t>(tiles[0] * tiles[1] * tiles[2]), 0, [&](std::size_t index) {
    const auto i = static_cast<std::int64_t>(index);
    painter.paint_tile({i % tiles[0] * tile, i / tiles[0] % tiles[1] * tile, i / tiles[0] / tiles[1] * tile});
  });
}

}  // namespace anatomynet::phantom
