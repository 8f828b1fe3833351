#include <algorithm>
#include <cstring>
#include <functional>
#include <span>
#include <vector>

#include <itkMetaDataObject.h>

#include "core/error.h"
#include "core/output.h"
#include "io/gzip.h"
#include "io/image_file.h"
#include "io/image_format.h"
#include "io/nifti_file.h"

namespace anatomynet {
namespace fs = std::filesystem;
namespace {

using itk_files::CaughtStderr;
using itk_files::Format;

[[noreturn]] void fail(const fs::path& path, const std::string& reason) {
  throw Error(ErrorKind::output, path.string() + ": cannot write: " + reason);
}

void set_up(itk::ImageIOBase& io, const Grid& grid, const fs::path& path) {
  io.SetFileName(path.string());
  io.SetNumberOfDimensions(3);
  itk::ImageIORegion region(3);
  for (unsigned k = 0; k < 3; ++k) {
    io.SetDimensions(k, static_cast<itk::SizeValueType>(grid.size[k]));
    region.SetSize(k, static_cast<itk::SizeValueType>(grid.size[k]));
    io.SetSpacing(k, grid.spacing[k]);
    io.SetOrigin(k, grid.origin[k]);
    io.SetDirection(k, std::vector{grid.direction[0][k], grid.direction[1][k], grid.direction[2][k]});
  }
  io.SetIORegion(region);
}

// MetaImage's writer does not notice a full disk, so what was written is read again.
template <class T>
void verify(Format format, const fs::path& path, const std::vector<T>& voxels) {
  const auto io = itk_files::make_io(format);
  io->SetFileName(path.string());
  io->ReadImageInformation();
  std::vector<T> back(voxels.size());
  if (static_cast<std::size_t>(io->GetImageSizeInBytes()) != back.size() * sizeof(T))
    throw itk::ExceptionObject(__FILE__, __LINE__, "the written file has another size");
  itk::ImageIORegion region(io->GetNumberOfDimensions());
  for (unsigned k = 0; k < io->GetNumberOfDimensions(); ++k) region.SetSize(k, io->GetDimensions(k));
  io->SetIORegion(region);
  io->Read(back.data());
  if (back != voxels)
    throw itk::ExceptionObject(__FILE__, __LINE__, "the written voxels differ; is the disk full?");
}

template <class T>
void write_with_itk(Format format, const fs::path& path, const Grid& grid, const std::vector<T>& voxels,
                    const itk_files::HeaderFields& fields) {
  OutputFolder folder(path.has_parent_path() ? path.parent_path() : fs::path("."));
  const fs::path staged = folder.stage(path.filename());
  std::string complaint;
  try {
    const CaughtStderr caught;
    const auto io = itk_files::make_io(format);
    set_up(*io, grid, staged);
    for (const auto& [name, value] : fields)
      itk::EncapsulateMetaData<std::string>(io->GetMetaDataDictionary(), name, value);
    io->SetComponentType(sizeof(T) == 1 ? itk::IOComponentEnum::UCHAR : itk::IOComponentEnum::SHORT);
    io->SetPixelType(itk::IOPixelEnum::SCALAR);
    io->SetNumberOfComponents(1);
    io->SetUseCompression(true);
    io->WriteImageInformation();
    io->Write(voxels.data());
    verify(format, staged, voxels);
    complaint = caught.text();
  } catch (const itk::ExceptionObject& error) {
    complaint = itk_files::reason_of(error);
  }
  if (!complaint.empty()) fail(path, complaint);
  folder.commit();
}

// How a voxel type is made: the value of each voxel from `first` on.
template <class T>
using Voxels = std::function<void(std::size_t first, std::span<T> to)>;

template <class T>
Voxels<T> those_of(const std::vector<T>& voxels) {
  return [&](std::size_t first, std::span<T> to) {
    std::copy_n(voxels.begin() + std::ptrdiff_t(first), to.size(), to.begin());
  };
}

template <class T>
void write_nifti(const fs::path& path, const Grid& grid, const Voxels<T>& voxels) {
  const std::string header =
      nifti::header(grid, sizeof(T) == 1 ? nifti::VoxelType::uint8 : nifti::VoxelType::int16, path);
  const std::size_t count = static_cast<std::size_t>(grid.voxel_count()),
                    size = header.size() + count * sizeof(T);
  // Headers and chunks hold whole voxels.
  const auto fill = [&](std::size_t at, std::span<char> to) {
    const std::size_t own = at < header.size() ? std::min(to.size(), header.size() - at) : 0;
    if (own > 0) std::copy_n(header.begin() + std::ptrdiff_t(at), own, to.begin());
    voxels((at + own - header.size()) / sizeof(T),
           {reinterpret_cast<T*>(to.data() + own), (to.size() - own) / sizeof(T)});
  };
  if (path.extension() != ".nii") return write_file_atomically(path, gzip(size, fill));
  std::string plain(size, '\0');
  fill(0, plain);
  write_file_atomically(path, plain);
}

template <class T>
void write(const fs::path& path, const Grid& grid, std::size_t count, const Voxels<T>& voxels,
           const itk_files::HeaderFields& fields = {}) {
  const Format format = itk_files::format_of(path);
  const std::string extension = path.extension().string();
  if (format == Format::none || extension == ".mhd" || extension == ".nhdr")
    fail(path, "unknown kind of image file; expected .nii, .nii.gz, .nrrd or .mha");
  grid.check(path.string());
  if (static_cast<std::int64_t>(count) != grid.voxel_count())
    throw Error(ErrorKind::internal, path.string() + ": voxels do not fill the grid");
  if (format == Format::nifti) return write_nifti(path, grid, voxels);
  std::vector<T> all(count);
  voxels(0, all);
  write_with_itk(format, path, grid, all, fields);
}

}  // namespace

void write_ct(const fs::path& path, const CtVolume& ct) {
  write(path, ct.grid, ct.voxels.size(), those_of(ct.voxels));
}

void write_labels(const fs::path& path, const LabelVolume& labels) {
  write(path, labels.grid, labels.voxels.size(), those_of(labels.voxels));
}

void itk_files::write_with_fields(const fs::path& path, const LabelVolume& labels,
                                  const HeaderFields& fields) {
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

}  // namespace anatomynet
