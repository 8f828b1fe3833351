#include "io/image/internal/header_writers.h"

#include <bit>

#include "io/image/internal/header_text.h"

namespace anatomynet::io {
namespace {

constexpr bool little = std::endian::native == std::endian::little;

std::string joined(const Vec3& v, const char* between) {
  return shortest(v[0]) + between + shortest(v[1]) + between + shortest(v[2]);
}

std::string sizes(const Grid& grid) {
  return std::to_string(grid.size[0]) + " " + std::to_string(grid.size[1]) + " " +
         std::to_string(grid.size[2]);
}

// The vector along index axis k.
Vec3 axis(const Grid& grid, std::size_t k, double length) {
  return {grid.direction[0][k] * length, grid.direction[1][k] * length, grid.direction[2][k] * length};
}

}  // namespace

std::string nrrd_header(const Grid& grid, bool bytes, const HeaderFields& fields) {
  std::string steps;
  for (std::size_t k = 0; k < 3; ++k)
    steps.append(k ? " (" : "(").append(joined(axis(grid, k, grid.spacing[k]), ",")).append(")");
  std::string out =
      "NRRD0005\n# Complete NRRD file format specification at:\n"
      "# http://teem.sourceforge.net/nrrd/format.html\n";
  out += std::string("type: ") + (bytes ? "unsigned char" : "short") + "\ndimension: 3\n";
  out += "space: left-posterior-superior\nsizes: " + sizes(grid) + "\nspace directions: " + steps + "\n";
  out += "kinds: domain domain domain\n";
  if (!bytes) out += std::string("endian: ") + (little ? "little" : "big") + "\n";
  out += "encoding: gzip\nspace origin: (" + joined(grid.origin, ",") + ")\n";
  for (const auto& [name, value] : fields) out += name + ":=" + value + "\n";
  return out + "\n";
}

std::string meta_header(const Grid& grid, bool bytes, std::size_t packed_size) {
  std::string matrix;
  for (std::size_t k = 0; k < 3; ++k) matrix.append(k ? " " : "").append(joined(axis(grid, k, 1), " "));
  std::string out = "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = ";
  out += std::string(little ? "False" : "True") + "\nCompressedData = True\n";
  out += "CompressedDataSize = " + std::to_string(packed_size) + "\nTransformMatrix = " + matrix + "\n";
  out += "Offset = " + joined(grid.origin, " ") + "\nCenterOfRotation = 0 0 0\n";
  out += "ElementSpacing = " + joined(grid.spacing, " ") + "\nDimSize = " + sizes(grid) + "\n";
  return out + "ElementType = " + (bytes ? "MET_UCHAR" : "MET_SHORT") + "\nElementDataFile = LOCAL\n";
}

}  // namespace anatomynet::io
