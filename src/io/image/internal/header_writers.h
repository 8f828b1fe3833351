#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/volume.h"

// Headers of the image files that are written, up to the voxels. Internal to the io module.
namespace anatomynet::io {

using HeaderFields = std::vector<std::pair<std::string, std::string>>;

/// NRRD0005 with gzip-packed voxels in this machine's byte order, and key:=value pairs of the writer's own.
/// Voxels are uint8 where `bytes` is true, else int16.
std::string nrrd_header(const Grid& grid, bool bytes, const HeaderFields& fields);

/// MetaImage with zlib-packed voxels of which there are `packed_size` bytes.
std::string meta_header(const Grid& grid, bool bytes, std::size_t packed_size);

/// write_labels for NRRD, with key:=value pairs in the header.
void write_with_fields(const std::filesystem::path& path, const LabelVolume& labels,
                       const HeaderFields& fields);

}  // namespace anatomynet::io
