#include "report/views/surface_view.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "core/grid.h"
#include "core/vectors.h"
#include "report/html.h"

namespace anatomynet::report {
namespace {

constexpr Colour paper{18, 20, 24};
constexpr int samples = 2;  // a side of a pixel

struct Ball {
  Vec3 centre{};
  double radius = 1;
};

// Around what holds each surface but for a few hundredths of its points at either end, and a third more: lone
// voxels far away may leave the picture, whole organs do not.
Ball ball_around(const std::vector<ColouredSurface>& surfaces) {
  constexpr double far = std::numeric_limits<double>::infinity();
  Vec3 low{far, far, far}, high{-far, -far, -far};
  for (const auto& s : surfaces)
    for (int k = 0; k < 3 && !s.surface.points.empty(); ++k) {
      std::vector<float> at;
      for (const auto& p : s.surface.points) at.push_back(p[k]);
      const auto spare = static_cast<std::ptrdiff_t>(at.size() / 25);
      std::nth_element(at.begin(), at.begin() + spare, at.end());
      low[k] = std::min(low[k], double(at[static_cast<std::size_t>(spare)]));
      std::nth_element(at.begin(), at.end() - 1 - spare, at.end());
      high[k] = std::max(high[k], double(*(at.end() - 1 - spare)));
    }
  Ball ball;
  if (low[0] > high[0]) return ball;
  Vec3 most{};
  for (int k = 0; k < 3; ++k) {
    ball.centre[k] = (low[k] + high[k]) / 2;
    most[k] = 0.67 * (high[k] - low[k]);
  }
  double radius = 1e-3;
  for (const auto& s : surfaces)
    for (const auto& p : s.surface.points) {
      Vec3 d{};
      for (int k = 0; k < 3; ++k) d[k] = std::abs(p[k] - ball.centre[k]);
      if (d[0] <= most[0] && d[1] <= most[1] && d[2] <= most[2])
        radius = std::max(radius, std::hypot(d[0], d[1], d[2]));
    }
  ball.radius = radius;
  return ball;
}

struct Axes {
  Vec3 right, up, toward;  // of the picture, and out of it

  explicit Axes(const ViewAngle& angle) {
    const double a = angle.azimuth * std::numbers::pi / 180, e = angle.elevation * std::numbers::pi / 180;
    right = {std::cos(a), std::sin(a), 0};
    up = {-std::sin(a) * std::sin(e), std::cos(a) * std::sin(e), std::cos(e)};
    toward = {std::sin(a) * std::cos(e), -std::cos(a) * std::cos(e), std::sin(e)};
  }
};

std::vector<Vec3> normals_of(const geometry::Surface& s) {
  std::vector<Vec3> normals(s.points.size(), Vec3{});
  for (const auto& t : s.triangles) {
    Vec3 u{}, v{};
    for (int k = 0; k < 3; ++k) {
      u[k] = double(s.points[t[1]][k]) - double(s.points[t[0]][k]);
      v[k] = double(s.points[t[2]][k]) - double(s.points[t[0]][k]);
    }
    const Vec3 n = cross(u, v);
    for (const std::uint32_t i : t)
      for (int k = 0; k < 3; ++k) normals[i][k] += n[k];
  }
  return normals;
}

// A point on the picture: pixels, depth towards the viewer, and how bright.
struct Spot {
  double x, y, depth, light;
};

class Raster {
 public:
  explicit Raster(int size)
      : size_(size), depth_(static_cast<std::size_t>(size * size), -1e30), colour_(depth_.size(), paper) {}

  void triangle(const Spot& a, const Spot& b, const Spot& c, const Colour& colour) {
    const double area = (b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y);
    if (area >= 0) return;  // seen from behind: y runs down, so what is counter-clockwise is negative
    const auto edge = [](double least) { return static_cast<int>(std::ceil(least - 0.5)); };
    const int x0 = std::max(0, edge(std::min({a.x, b.x, c.x}))),
              x1 = std::min(size_, edge(std::max({a.x, b.x, c.x})));
    const int y0 = std::max(0, edge(std::min({a.y, b.y, c.y}))),
              y1 = std::min(size_, edge(std::max({a.y, b.y, c.y})));
    for (int y = y0; y < y1; ++y)
      for (int x = x0; x < x1; ++x) {
        const double px = x + 0.5, py = y + 0.5;
        const double u = ((b.x - px) * (c.y - py) - (c.x - px) * (b.y - py)) / area,
                     v = ((c.x - px) * (a.y - py) - (a.x - px) * (c.y - py)) / area, w = 1 - u - v;
        if (u < 0 || v < 0 || w < 0) continue;
        const double depth = u * a.depth + v * b.depth + w * c.depth;
        const auto at = static_cast<std::size_t>(y * size_ + x);
        if (depth <= depth_[at]) continue;
        depth_[at] = depth;
        const double light = u * a.light + v * b.light + w * c.light;
        for (int k = 0; k < 3; ++k)
          colour_[at][k] = static_cast<std::uint8_t>(std::clamp(colour[k] * light, 0.0, 255.0));
      }
  }

  Canvas canvas() const {
    const int size = size_ / samples;
    Canvas canvas(size, size, paper);
    for (int y = 0; y < size; ++y)
      for (int x = 0; x < size; ++x) {
        std::array<int, 3> sum{};
        for (int j = 0; j < samples; ++j)
          for (int i = 0; i < samples; ++i)
            for (int k = 0; k < 3; ++k)
              sum[k] += colour_[static_cast<std::size_t>((y * samples + j) * size_ + x * samples + i)][k];
        Colour mean{};
        for (int k = 0; k < 3; ++k) mean[k] = static_cast<std::uint8_t>(sum[k] / (samples * samples));
        canvas.blend(x, y, mean);
      }
    return canvas;
  }

 private:
  int size_;
  std::vector<double> depth_;
  std::vector<Colour> colour_;
};

void append_16(std::string& out, int value) {
  out += static_cast<char>(value & 0xff);
  out += static_cast<char>(value >> 8 & 0xff);
}

}  // namespace

Canvas draw_surfaces(const std::vector<ColouredSurface>& surfaces, const ViewAngle& angle, int size) {
  const Ball ball = ball_around(surfaces);
  const Axes axes(angle);
  const double side = size * samples, scale = 0.47 * side / ball.radius;
  Raster raster(size * samples);
  for (const auto& s : surfaces) {
    const std::vector<Vec3> normals = normals_of(s.surface);
    std::vector<Spot> spots;
    for (std::size_t i = 0; i < normals.size(); ++i) {
      Vec3 p{};
      for (int k = 0; k < 3; ++k) p[k] = (s.surface.points[i][k] - ball.centre[k]) * scale;
      const double length = std::max(1e-12, std::sqrt(dot(normals[i], normals[i])));
      // A lamp above the viewer's left shoulder.
      const double facing = (0.86 * dot(normals[i], axes.toward) + 0.4 * dot(normals[i], axes.up) -
                             0.3 * dot(normals[i], axes.right)) /
                            length;
      spots.push_back({side / 2 + dot(p, axes.right), side / 2 - dot(p, axes.up), dot(p, axes.toward),
                       0.3 + 0.7 * std::max(0.0, facing)});
    }
    for (const auto& t : s.surface.triangles)
      raster.triangle(spots[t[0]], spots[t[1]], spots[t[2]], s.colour);
  }
  return raster.canvas();
}

std::string surface_elements(const std::vector<ColouredSurface>& surfaces) {
  const Ball ball = ball_around(surfaces);
  std::string out = "<div id=\"surfaces\" hidden>\n";
  for (const auto& s : surfaces) {
    if (s.surface.triangles.empty() || s.surface.points.size() > 65536) continue;
    std::string points, faces;
    for (const auto& p : s.surface.points)
      for (int k = 0; k < 3; ++k)
        append_16(points, static_cast<int>(std::lround(
                              std::clamp((p[k] - ball.centre[k]) / ball.radius * 10000, -32767.0, 32767.0))));
    for (const auto& t : s.surface.triangles)
      for (const std::uint32_t i : t) append_16(faces, static_cast<int>(i));
    out += "<i data-name=\"" + html_text(s.name) + "\" data-colour=\"" + std::to_string(s.colour[0]) + " " +
           std::to_string(s.colour[1]) + " " + std::to_string(s.colour[2]) + "\" data-points=\"" +
           base64(points) + "\" data-faces=\"" + base64(faces) + "\"></i>\n";
  }
  return out + "</div>\n";
}

}  // namespace anatomynet::report
