#include <algorithm>

#include "core/label_boxes.h"
#include "geometry/contours.h"

namespace anatomynet::geometry {
namespace {

struct Window {  // pixels [x0, x1) x [y0, y1) of the slices [z0, z1)
  std::int64_t x0, x1, y0, y1, z0, z1;
};

Window window_of(const LabelBox& box) {
  return {box.low[0], box.low[0] + box.size[0], box.low[1], box.low[1] + box.size[1],
          box.low[2], box.low[2] + box.size[2]};
}

// A side of a voxel inside whose neighbour is outside: the neighbour's direction is `out`.
struct Crack {
  std::int64_t x, y;
  int out;  // 0 up (-y), 1 right (+x), 2 down, 3 left
};

constexpr int step_x[4] = {0, 1, 0, -1}, step_y[4] = {-1, 0, 1, 0};

class Tracer {
 public:
  Tracer(const LabelVolume& labels, std::uint8_t id, const Window& window, std::int64_t z)
      : labels_(labels),
        id_(id),
        w_(window),
        z_(z),
        seen_(static_cast<std::size_t>((w_.x1 - w_.x0) * (w_.y1 - w_.y0)), 0) {}

  // Starts are met row by row, so each outline begins at its leftmost topmost point.
  void trace(std::vector<SliceContour>& into) {
    for (std::int64_t y = w_.y0; y <= w_.y1; ++y)
      for (std::int64_t x = w_.x0; x < w_.x1; ++x) {
        const bool here = inside(x, y), above = inside(x, y - 1);
        if (here && !above && !seen({x, y, 0})) into.push_back(follow({x, y, 0}, false));
        if (!here && above && !seen({x, y - 1, 2})) into.push_back(follow({x, y - 1, 2}, true));
      }
  }

 private:
  bool inside(std::int64_t x, std::int64_t y) const {
    return x >= w_.x0 && x < w_.x1 && y >= w_.y0 && y < w_.y1 && labels_.at(x, y, z_) == id_;
  }
  std::uint8_t& sides(const Crack& c) { return seen_[(c.y - w_.y0) * (w_.x1 - w_.x0) + c.x - w_.x0]; }
  bool seen(const Crack& c) { return sides(c) >> c.out & 1; }

  // The next side along the outline, the inside on the right hand. Where two voxels meet at a corner only,
  // the outline turns around its own.
  Crack next(const Crack& c) const {
    const int ahead = (c.out + 1) % 4;
    const std::int64_t x = c.x + step_x[ahead], y = c.y + step_y[ahead];
    if (!inside(x, y)) return {c.x, c.y, ahead};
    const std::int64_t beyond_x = x + step_x[c.out], beyond_y = y + step_y[c.out];
    if (!inside(beyond_x, beyond_y)) return {x, y, c.out};
    return {beyond_x, beyond_y, (c.out + 3) % 4};
  }

  SliceContour follow(Crack c, bool hole) {
    SliceContour contour{z_, {}, hole};
    for (; !seen(c); c = next(c)) {
      sides(c) = static_cast<std::uint8_t>(sides(c) | 1 << c.out);
      contour.points.push_back({double(c.x) + step_x[c.out] / 2.0, double(c.y) + step_y[c.out] / 2.0});
    }
    return contour;
  }

  const LabelVolume& labels_;
  std::uint8_t id_;
  const Window& w_;
  std::int64_t z_;
  std::vector<std::uint8_t> seen_;
};

}  // namespace

std::vector<SliceContour> trace_contours(const LabelVolume& labels, int id) {
  std::vector<SliceContour> contours;
  if (id < 0 || id > 255) return contours;
  const auto value = static_cast<std::uint8_t>(id);
  const Window window = window_of(label_box(labels, id));
  for (std::int64_t z = window.z0; z < window.z1; ++z) Tracer(labels, value, window, z).trace(contours);
  return contours;
}

}  // namespace anatomynet::geometry
