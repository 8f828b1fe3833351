#include <algorithm>
#include <array>
#include <cmath>

#include "core/input_file.h"
#include "io/image/internal/byte_source.h"
#include "io/image/internal/image_data.h"
#include "io/image/internal/image_format.h"
#include "io/image/internal/nifti_header.h"

namespace anatomynet::io {
namespace fs = std::filesystem;
namespace {

VoxelType type_of(const fs::path& path, const nifti::Fields& f) {
  struct Known {
    int code;
    VoxelType type;
  };
  using enum VoxelType;
  constexpr std::array<Known, 10> known{{{2, uint8},
                                         {4, int16},
                                         {8, int32},
                                         {16, float32},
                                         {64, float64},
                                         {256, int8},
                                         {512, uint16},
                                         {768, uint32},
                                         {1024, int64},
                                         {1280, uint64}}};
  for (const Known& k : known)
    if (k.code == f.datatype && f.bits == int(8 * bytes_of(k.type))) return k.type;
  if (f.datatype == 128 || f.datatype == 2304)
    fail(path, std::string(f.datatype == 128 ? "3" : "4") +
                   " values a voxel; expected one, a colour or vector image is no CT");
  fail(path, "voxel type " + std::to_string(f.datatype) + " of " + std::to_string(f.bits) +
                 " bits is damaged, or no type of CT or label voxels");
}

// The voxels' file of a pair: the header's name with .img.
fs::path partner(const fs::path& header) {
  std::string name = header.filename().string();
  const auto dot = name.rfind(has_ending(header, ".gz") ? "." : "", name.size());
  std::string stem = has_ending(header, ".gz") ? name.substr(0, dot) : name;
  stem = stem.substr(0, stem.rfind('.'));
  std::error_code error;
  for (const char* ending : {".img", ".img.gz", ".IMG"})
    if (const fs::path file = header.parent_path() / (stem + ending); fs::exists(file, error)) return file;
  fail(header, "a NIfTI header without its voxels; expected " + stem + ".img beside it");
}

}  // namespace

Header read_nifti_header(const fs::path& path) {
  Header h;
  nifti::Fields f;
  {
    const InputFile file(path);
    const Packing packing = is_gzip(file) ? Packing::gzip : Packing::raw;
    const auto source = open_source(file, path, packing, 0);
    std::array<char, nifti::second_header_bytes> start;
    const std::size_t got = source->read(start);
    f = nifti::parse_header(path, std::span(start).first(got));
    h.packing = packing;
  }
  h.type = type_of(path, f);
  h.swapped = f.swapped;
  h.grid = nifti::grid_of(path, f, volume_size(path, f.sizes), h.warnings);
  // No scaling where the slope is 0 or no number (nifti1.h, and as nibabel has it).
  if (std::isfinite(f.slope) && f.slope != 0) {
    if (!std::isfinite(f.intercept)) fail(path, "scl_inter is not finite");
    h.slope = f.slope;
    h.intercept = f.intercept;
  }
  const double least = f.pair ? 0 : f.version == 1 ? nifti::first_header_bytes : nifti::second_header_bytes;
  if (!(f.offset >= least && f.offset <= 1e9)) fail(path, "vox_offset lies outside the file");
  h.skip = static_cast<std::uint64_t>(f.offset);
  h.data_file = path;
  if (f.pair) {
    h.data_file = partner(path);
    h.packing = is_gzip(InputFile(h.data_file)) ? Packing::gzip : Packing::raw;
  }
  return h;
}

}  // namespace anatomynet::io
