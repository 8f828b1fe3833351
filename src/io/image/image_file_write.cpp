#include <algorithm>
#include <cstring>
#include <functional>
#include <span>
#include <vector>

#include "core/error.h"
#include "core/output.h"
#include "io/image/image_file.h"
#include "io/image/internal/gzip.h"
#include "io/image/internal/header_writers.h"
#include "io/image/internal/image_format.h"
#include "io/image/internal/nifti_header.h"

namespace anatomynet::io {
namespace fs = std::filesystem;
namespace {

// How a voxel type is made: the value of each voxel from `first` on.
template <class T>
using Voxels = std::function<void(std::size_t first, std::span<T> to)>;

template <class T>
Voxels<T> those_of(const std::vector<T>& voxels) {
  return [&](std::size_t first, std::span<T> to) {
    std::copy_n(voxels.begin() + std::ptrdiff_t(first), to.size(), to.begin());
  };
}

// The voxels as bytes behind a header; chunks hold whole voxels.
template <class T>
FillBytes behind(const std::string& header, const Voxels<T>& voxels) {
  return [&](std::size_t at, std::span<char> to) {
    const std::size_t own = at < header.size() ? std::min(to.size(), header.size() - at) : 0;
    if (own > 0) std::copy_n(header.begin() + std::ptrdiff_t(at), own, to.begin());
    voxels((at + own - header.size()) / sizeof(T),
           {reinterpret_cast<T*>(to.data() + own), (to.size() - own) / sizeof(T)});
  };
}

template <class T>
std::string bytes_of(const fs::path& path, const Grid& grid, const Voxels<T>& voxels,
                     const HeaderFields& fields) {
  const std::size_t size = static_cast<std::size_t>(grid.voxel_count()) * sizeof(T);
  constexpr bool bytes = sizeof(T) == 1;
  const std::string none;
  switch (format_of(path)) {
    case Format::nrrd:
      return nrrd_header(grid, bytes, fields) + gzip(size, behind(none, voxels));
    case Format::meta: {
      const std::string packed = zlib_stream(size, behind(none, voxels));
      return meta_header(grid, bytes, packed.size()) + packed;
    }
    default:
      break;
  }
  const std::string header =
      nifti::header(grid, bytes ? nifti::VoxelType::uint8 : nifti::VoxelType::int16, path);
  const FillBytes fill = behind(header, voxels);
  if (has_ending(path, ".gz")) return gzip(header.size() + size, fill);
  std::string plain(header.size() + size, '\0');
  fill(0, plain);
  return plain;
}

template <class T>
void write(const fs::path& path, const Grid& grid, std::size_t count, const Voxels<T>& voxels,
           const HeaderFields& fields = {}) {
  const auto one_file = [&] {
    for (const char* ending : usual_image_extensions)
      if (has_ending(path, ending)) return true;
    return false;
  };
  if (!one_file())
    throw Error(
        ErrorKind::output,
        path.string() + ": cannot write: unknown kind of image file; expected .nii, .nii.gz, .nrrd or .mha");
  grid.check(path.string());
  if (static_cast<std::int64_t>(count) != grid.voxel_count())
    throw Error(ErrorKind::internal, path.string() + ": voxels do not fill the grid");
  write_file_atomically(path, bytes_of(path, grid, voxels, fields));
}

}  // namespace

void write_ct(const fs::path& path, const CtVolume& ct) {
  write(path, ct.grid, ct.voxels.size(), those_of(ct.voxels));
}

void write_labels(const fs::path& path, const LabelVolume& labels) {
  write(path, labels.grid, labels.voxels.size(), those_of(labels.voxels));
}

void write_with_fields(const fs::path& path, const LabelVolume& labels, const HeaderFields& fields) {
  write(path, labels.grid, labels.voxels.size(), those_of(labels.voxels), fields);
}

void write_mask(const fs::path& path, const LabelVolume& labels, int id) {
  const Voxels<std::uint8_t> mask = [&](std::size_t first, std::span<std::uint8_t> to) {
    const auto wanted = static_cast<std::uint8_t>(id);
    const std::uint8_t* from = labels.voxels.data() + first;
    if (to.empty() || !std::memchr(from, wanted, to.size()))
      return std::fill(to.begin(), to.end(), std::uint8_t{0});
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = from[i] == wanted;
  };
  write(path, labels.grid, labels.voxels.size(), mask);
}

void write_mask(const fs::path& path, const Grid& grid, const LabelBox& box,
                std::span<const std::uint8_t> voxels) {
  const Voxels<std::uint8_t> mask = [&](std::size_t first, std::span<std::uint8_t> to) {
    std::fill(to.begin(), to.end(), std::uint8_t{0});
    const auto begin = static_cast<std::int64_t>(first), end = begin + std::ssize(to);
    for (std::int64_t z = 0; z < box.size[2]; ++z) {
      const std::int64_t slice = grid.offset(0, 0, box.low[2] + z);
      if (slice + grid.size[0] * grid.size[1] <= begin || slice >= end) continue;
      for (std::int64_t y = 0; y < box.size[1]; ++y) {
        const std::int64_t row = grid.offset(box.low[0], box.low[1] + y, box.low[2] + z);
        const std::int64_t from = std::max(row, begin), until = std::min(row + box.size[0], end);
        if (from >= until) continue;
        const auto own = static_cast<std::size_t>((z * box.size[1] + y) * box.size[0] + from - row);
        std::copy_n(voxels.begin() + static_cast<std::ptrdiff_t>(own), until - from,
                    to.begin() + (from - begin));
      }
    }
  };
  write(path, grid, static_cast<std::size_t>(grid.voxel_count()), mask);
}

}  // namespace anatomynet::io
