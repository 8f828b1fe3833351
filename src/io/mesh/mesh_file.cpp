#include "io/mesh/mesh_file.h"

#include <cmath>
#include <cstdio>
#include <cstring>

#include "core/error.h"
#include "core/output.h"
#include "core/vectors.h"

namespace anatomynet::io {
namespace {

std::string one_word(const std::string& name) {
  std::string out;
  for (const char c : name) out += static_cast<unsigned char>(c) <= ' ' || c == 0x7f ? '_' : c;
  return out;
}

void append_little_endian(std::string& out, std::uint32_t value) {
  for (const int shift : {0, 8, 16, 24}) out += static_cast<char>(value >> shift & 0xffU);
}

void append(std::string& out, const std::array<float, 3>& vector) {
  for (const float v : vector) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &v, sizeof bits);
    append_little_endian(out, bits);
  }
}

std::array<float, 3> normal_of(const geometry::Surface& s, const std::array<std::uint32_t, 3>& t) {
  const auto point = [&](int k) { return Vec3{s.points[t[k]][0], s.points[t[k]][1], s.points[t[k]][2]}; };
  const Vec3 n = cross(minus(point(1), point(0)), minus(point(2), point(0)));
  const double length = std::hypot(n[0], n[1], n[2]);
  if (length == 0) return {0, 0, 0};
  return {float(n[0] / length), float(n[1] / length), float(n[2] / length)};
}

// The header must not start with "solid", which would say ASCII.
std::string stl(const geometry::Surface& surface, const std::string& name) {
  std::string out = ("anatomynet SPACE=LPS UNIT=mm " + one_word(name)).substr(0, 80);
  out.resize(80, ' ');
  append_little_endian(out, static_cast<std::uint32_t>(surface.triangles.size()));
  for (const auto& t : surface.triangles) {
    append(out, normal_of(surface, t));
    for (const std::uint32_t i : t) append(out, surface.points[i]);
    out += std::string(2, '\0');
  }
  return out;
}

std::string obj(const geometry::Surface& surface, const std::string& name) {
  std::string out = "# anatomynet SPACE=LPS UNIT=mm\no " + one_word(name) + "\n";
  char line[96];
  for (const auto& p : surface.points) {
    std::snprintf(line, sizeof line, "v %.4f %.4f %.4f\n", double(p[0]), double(p[1]), double(p[2]));
    out += line;
  }
  for (const auto& t : surface.triangles) {
    std::snprintf(line, sizeof line, "f %u %u %u\n", t[0] + 1, t[1] + 1, t[2] + 1);
    out += line;
  }
  return out;
}

}  // namespace

void write_mesh(const std::filesystem::path& path, const geometry::Surface& surface,
                const std::string& name) {
  if (surface.triangles.empty())
    throw Error(ErrorKind::input, path.string() + ": " + name + " has no voxel, so no surface to write");
  const auto extension = path.extension();
  if (extension != ".stl" && extension != ".obj")
    throw Error(ErrorKind::output, path.string() + ": unknown kind of mesh file; expected .stl or .obj");
  write_file_atomically(path, extension == ".stl" ? stl(surface, name) : obj(surface, name));
}

}  // namespace anatomynet::io
