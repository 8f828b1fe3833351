#include <algorithm>

#include "core/vectors.h"
#include "geometry/surface_mesh.h"

namespace anatomynet::geometry::surface_steps {
namespace {

constexpr float level = 0.5F;

// Corners of a cell are numbered by bits: 1 is +x, 2 is +y, 4 is +z. Kuhn's tetrahedra follow a path from
// corner 0 to corner 7, one axis after the other; neighbouring cells agree on how their common face is cut.
constexpr int tetrahedra[6][4] = {{0, 1, 3, 7}, {0, 1, 5, 7}, {0, 2, 3, 7},
                                  {0, 2, 6, 7}, {0, 4, 5, 7}, {0, 4, 6, 7}};

double triple(const Vec3& a, const Vec3& b, const Vec3& c) { return dot(a, cross(b, c)); }

// Lattice edges run from a point to one of the 7 above it in all coordinates; the crossing of each is one
// point of the mesh. Only two layers of lattice points are met at a time.
class Marcher {
 public:
  explicit Marcher(const Field& field) : field_(field), per_layer_(field.size[0] * field.size[1] * 7) {
    for (auto& layer : crossings_) layer.assign(static_cast<std::size_t>(per_layer_), -1);
  }

  Mesh run() {
    const Size3& n = field_.size;
    for (std::int64_t z = 0; z + 1 < n[2]; ++z) {
      for (std::int64_t y = 0; y + 1 < n[1]; ++y)
        for (std::int64_t x = 0; x + 1 < n[0]; ++x) cell({x, y, z});
      auto& done = crossings_[static_cast<std::size_t>(z % 2)];
      std::fill(done.begin(), done.end(), -1);
    }
    return std::move(mesh_);
  }

 private:
  static Size3 corner(const Size3& at, int bits) {
    return {at[0] + (bits & 1), at[1] + (bits >> 1 & 1), at[2] + (bits >> 2)};
  }

  void cell(const Size3& at) {
    int inside = 0;
    for (int c = 0; c < 8; ++c) {
      const Size3 p = corner(at, c);
      if (field_.at(p[0], p[1], p[2]) > level) inside |= 1 << c;
    }
    if (inside == 0 || inside == 255) return;
    for (const auto& t : tetrahedra) tetrahedron(at, t, inside);
  }

  void tetrahedron(const Size3& at, const int (&corners)[4], int inside) {
    std::array<int, 4> in{}, out{};
    int n_in = 0, n_out = 0;
    for (const int c : corners) (inside >> c & 1) ? in[n_in++] = c : out[n_out++] = c;
    if (n_in == 0 || n_out == 0) return;
    const auto outwards = [&] {
      const Size3 a = corner({0, 0, 0}, in[0]), b = corner({0, 0, 0}, out[0]);
      return Vec3{double(b[0] - a[0]), double(b[1] - a[1]), double(b[2] - a[2])};
    }();
    const auto p = [&](int i, int o) { return crossing(at, in[i], out[o]); };
    if (n_in == 1) return triangle(p(0, 0), p(0, 1), p(0, 2), outwards);
    if (n_out == 1) return triangle(p(0, 0), p(1, 0), p(2, 0), outwards);
    triangle(p(0, 0), p(0, 1), p(1, 1), outwards);
    triangle(p(0, 0), p(1, 1), p(1, 0), outwards);
  }

  void triangle(std::uint32_t a, std::uint32_t b, std::uint32_t c, const Vec3& outwards) {
    const auto& p = mesh_.points;
    if (triple(minus(p[b], p[a]), minus(p[c], p[a]), outwards) < 0) std::swap(b, c);
    mesh_.triangles.push_back({a, b, c});
  }

  std::uint32_t crossing(const Size3& at, int one, int other) {
    const int low = one & other, delta = one ^ other;  // of two corners on a path, one holds the other's bits
    const Size3 a = corner(at, low), b = corner(at, low | delta);
    auto& index = crossings_[static_cast<std::size_t>(a[2] % 2)]
                            [static_cast<std::size_t>((a[1] * field_.size[0] + a[0]) * 7 + delta - 1)];
    if (index >= 0) return static_cast<std::uint32_t>(index);
    index = static_cast<std::int64_t>(mesh_.points.size());
    const float fa = field_.at(a[0], a[1], a[2]), fb = field_.at(b[0], b[1], b[2]);
    // Away from the lattice points, where several crossings would fall together.
    const double share = std::clamp(double((level - fa) / (fb - fa)), 0.1, 0.9);
    Vec3 point{};
    for (int k = 0; k < 3; ++k) point[k] = double(a[k]) + share * double(b[k] - a[k]);
    mesh_.points.push_back(point);
    return static_cast<std::uint32_t>(index);
  }

  const Field& field_;
  std::int64_t per_layer_;
  std::array<std::vector<std::int64_t>, 2> crossings_;
  Mesh mesh_;
};

}  // namespace

Mesh march(const Field& field) { return Marcher(field).run(); }

}  // namespace anatomynet::geometry::surface_steps
