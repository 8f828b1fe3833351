#include <algorithm>

#include "core/error.h"
#include "geometry/contours.h"

namespace anatomynet::geometry {
namespace {

using Point = std::array<double, 2>;
using Loop = std::vector<Point>;

constexpr double half_channel = 0.02;  // voxels

struct Hit {
  double x = -1e300;
  Loop* loop = nullptr;
  std::size_t point = 0;  // met exactly, or else before the place met
  bool exact = false;
};

// The first place met from `from` towards -x: an edge crossed, or a point touched, from whichever side.
Hit look_left(std::vector<Loop>& loops, const Point& from) {
  Hit hit;
  const double y = from[1];
  for (Loop& loop : loops)
    for (std::size_t i = 0; i < loop.size(); ++i) {
      const Point &a = loop[i], &b = loop[(i + 1) % loop.size()];
      const bool exact = a[1] == y;
      if (!exact && (a[1] - y) * (b[1] - y) >= 0) continue;
      const double x = exact ? a[0] : a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]);
      if (x < from[0] && x > hit.x) hit = {x, &loop, i, exact};
    }
  return hit;
}

// Cuts the loop at the hit and the hole at its first point, and joins the four ends by a channel. With the
// inside on the right hand, the loop comes to the hit from larger y and the hole leaves its first point
// towards larger y.
void join(const Hit& hit, const Loop& hole) {
  const auto [x, y] = hole.front();
  Loop bridge{{hit.x, y + half_channel}, {x, y + half_channel}};
  bridge.insert(bridge.end(), hole.begin() + 1, hole.end());
  bridge.push_back({x, y - half_channel});
  bridge.push_back({hit.x, y - half_channel});
  auto place = hit.loop->begin() + static_cast<std::ptrdiff_t>(hit.point);
  place = hit.exact ? hit.loop->erase(place) : place + 1;
  hit.loop->insert(place, bridge.begin(), bridge.end());
}

}  // namespace

std::vector<SliceContour> keyholed(const std::vector<SliceContour>& contours) {
  std::vector<SliceContour> out;
  for (std::size_t begin = 0, end = 0; begin < contours.size(); begin = end) {
    const std::int64_t z = contours[begin].z;
    std::vector<Loop> loops;
    std::vector<const Loop*> holes;
    for (end = begin; end < contours.size() && contours[end].z == z; ++end) {
      if (contours[end].hole)
        holes.push_back(&contours[end].points);
      else
        loops.push_back(contours[end].points);
    }
    // Topmost first, then leftmost: whatever a hole meets on its left is then joined already.
    std::stable_sort(holes.begin(), holes.end(), [](const Loop* a, const Loop* b) {
      return std::pair(a->front()[1], a->front()[0]) < std::pair(b->front()[1], b->front()[0]);
    });
    for (const Loop* hole : holes) {
      const Hit hit = look_left(loops, hole->front());
      if (!hit.loop)
        throw Error(ErrorKind::internal, "a hole without an outline around it, slice " + std::to_string(z));
      join(hit, *hole);
    }
    for (Loop& loop : loops) out.push_back({z, std::move(loop), false});
  }
  return out;
}

}  // namespace anatomynet::geometry
