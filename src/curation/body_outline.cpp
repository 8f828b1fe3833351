#include "curation/body_outline.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace anatomynet::curation::field {
namespace {

constexpr double coarse_mm = 4;
constexpr double body_hu = -300, lung_hu = -450;

// A volume sampled every few mm along L, P, S.
struct Coarse {
  std::int64_t nx, ny, nz;
  Vec3 step;  ///< voxels of the reoriented volume between samples
  double cell_cm2;
  std::vector<char> body, air;
  std::size_t at(std::int64_t x, std::int64_t y, std::int64_t z) const {
    return static_cast<std::size_t>((z * ny + y) * nx + x);
  }
};

Coarse sampled(const CtVolume& ct) {
  Coarse c{};
  std::array<std::int64_t*, 3> n{&c.nx, &c.ny, &c.nz};
  for (std::size_t k = 0; k < 3; ++k) {
    c.step[k] = std::max(1.0, coarse_mm / ct.grid.spacing[k]);
    *n[k] = std::max<std::int64_t>(1, static_cast<std::int64_t>(double(ct.grid.size[k]) / c.step[k]));
  }
  c.cell_cm2 = c.step[0] * c.step[1] * ct.grid.spacing[0] * ct.grid.spacing[1] / 100;
  c.body.resize(static_cast<std::size_t>(c.nx * c.ny * c.nz));
  c.air = c.body;
  for (std::int64_t z = 0; z < c.nz; ++z)
    for (std::int64_t y = 0; y < c.ny; ++y)
      for (std::int64_t x = 0; x < c.nx; ++x) {
        const auto hu =
            ct.at(std::int64_t((double(x) + 0.5) * c.step[0]), std::int64_t((double(y) + 0.5) * c.step[1]),
                  std::int64_t((double(z) + 0.5) * c.step[2]));
        c.body[c.at(x, y, z)] = hu > body_hu;
        c.air[c.at(x, y, z)] = hu < lung_hu;
      }
  return c;
}

// Thin shells (couch, mask, head rest) go: a cell of body stays where its four neighbours in the slice are
// body.
std::vector<char> eroded(const Coarse& c) {
  std::vector<char> out(c.body.size());
  for (std::int64_t z = 0; z < c.nz; ++z)
    for (std::int64_t y = 0; y < c.ny; ++y)
      for (std::int64_t x = 0; x < c.nx; ++x) {
        const auto is = [&](std::int64_t u, std::int64_t v) {
          return u < 0 || v < 0 || u >= c.nx || v >= c.ny || c.body[c.at(u, v, z)];
        };
        out[c.at(x, y, z)] =
            c.body[c.at(x, y, z)] && is(x - 1, y) && is(x + 1, y) && is(x, y - 1) && is(x, y + 1);
      }
  return out;
}

// The largest connected piece.
std::vector<char> largest(const Coarse& c, const std::vector<char>& mask) {
  std::vector<int> piece(mask.size());
  std::vector<std::size_t> open;
  std::size_t most = 0;
  int best = 0, next = 0;
  const std::array<std::int64_t, 3> n{c.nx, c.ny, c.nz}, stride{1, c.nx, c.nx * c.ny};
  for (std::size_t start = 0; start < mask.size(); ++start) {
    if (!mask[start] || piece[start]) continue;
    piece[start] = ++next;
    open.assign(1, start);
    std::size_t count = 0;
    while (!open.empty()) {
      const std::size_t i = open.back();
      open.pop_back();
      ++count;
      const auto at = static_cast<std::int64_t>(i);
      const std::array<std::int64_t, 3> p{at % c.nx, at / c.nx % c.ny, at / (c.nx * c.ny)};
      for (std::size_t k = 0; k < 3; ++k)
        for (const std::int64_t side : {-1, 1}) {
          if (p[k] + side < 0 || p[k] + side >= n[k]) continue;
          const auto j = static_cast<std::size_t>(at + side * stride[k]);
          if (mask[j] && !piece[j]) piece[j] = next, open.push_back(j);
        }
    }
    if (count > most) most = count, best = next;
  }
  std::vector<char> out(mask.size());
  for (std::size_t i = 0; i < mask.size(); ++i) out[i] = best != 0 && piece[i] == best;
  return out;
}

std::vector<SliceShape> shapes(const Coarse& c, const std::vector<char>& body, double cell_mm) {
  std::vector<SliceShape> out(static_cast<std::size_t>(c.nz));
  for (std::int64_t z = 0; z < c.nz; ++z) {
    SliceShape& s = out[static_cast<std::size_t>(z)];
    s.x0 = c.nx, s.y0 = c.ny;
    // Air between body on all four sides: not that between a neck and shoulders drawn up, nor above a couch.
    double air = 0;
    std::vector<std::int64_t> front(std::size_t(c.nx), c.ny), back(std::size_t(c.nx), -1);
    for (std::int64_t y = 0; y < c.ny; ++y)
      for (std::int64_t x = 0; x < c.nx; ++x)
        if (body[c.at(x, y, z)]) {
          front[std::size_t(x)] = std::min(front[std::size_t(x)], y);
          back[std::size_t(x)] = y;
        }
    for (std::int64_t y = 0; y < c.ny; ++y) {
      std::int64_t first = c.nx, last = -1;
      for (std::int64_t x = 0; x < c.nx; ++x)
        if (body[c.at(x, y, z)]) first = std::min(first, x), last = x;
      if (last < 0) continue;
      s.x0 = std::min(s.x0, first), s.x1 = std::max(s.x1, last);
      s.y0 = std::min(s.y0, y), s.y1 = y;
      for (std::int64_t x = first; x <= last; ++x)
        if (y > front[std::size_t(x)] && y < back[std::size_t(x)]) air += c.air[c.at(x, y, z)];
    }
    if (s.x1 >= s.x0) s.width_mm = double(s.x1 - s.x0 + 1) * cell_mm;
    s.enclosed_air_cm2 = air * c.cell_cm2;
  }
  return out;
}

}  // namespace

BodyOutline find_body(const CtVolume& ct) {
  const Coarse c = sampled(ct);
  return {c.step, c.nx, c.ny, c.nz, shapes(c, largest(c, eroded(c)), c.step[0] * ct.grid.spacing[0])};
}

}  // namespace anatomynet::curation::field
