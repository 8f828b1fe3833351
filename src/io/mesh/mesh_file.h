#pragma once
#include <filesystem>
#include <string>

#include "geometry/surface.h"

namespace anatomynet::io {

/// A surface as binary STL (.stl) or Wavefront OBJ (.obj), by the path's extension: LPS, mm, as the file's
/// header says in the words that 3D Slicer reads ("SPACE=LPS"). `name` becomes the STL header's last word or
/// the OBJ's object. The file appears whole or not at all. Errors: Error(input) for a surface without
/// triangles, Error(output) for another extension or where it cannot be written.
void write_mesh(const std::filesystem::path& path, const geometry::Surface& surface, const std::string& name);

}  // namespace anatomynet::io
