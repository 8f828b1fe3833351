#include "io/image_file.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <limits>
#include <vector>

#include "core/error.h"
#include "io/image_format.h"
#include "io/nifti_file.h"

namespace anatomynet {
namespace fs = std::filesystem;
namespace {

using itk_files::CaughtStderr;
using itk_files::Format;

[[noreturn]] void fail(const fs::path& path, const std::string& reason) {
  throw Error(ErrorKind::input, path.string() + ": " + reason);
}

void require_no_complaint(const fs::path& path, const CaughtStderr& caught) {
  if (const std::string text = caught.text(); !text.empty())
    fail(path, "truncated, damaged or no image: " + text);
}

// An image file whose header has been read and found to be one 3D scalar volume.
struct OpenImage {
  fs::path path;
  itk::ImageIOBase::Pointer io;
  Grid grid;
  std::vector<std::string> warnings;
};

void require_scalar_volume(const fs::path& path, const itk::ImageIOBase& io) {
  std::string shape;
  const unsigned dimensions = io.GetNumberOfDimensions();
  std::size_t beyond = 1;
  for (unsigned k = 0; k < dimensions; ++k) {
    shape += (k ? " x " : "") + std::to_string(io.GetDimensions(k));
    if (k >= 3) beyond *= io.GetDimensions(k);
  }
  if (io.GetNumberOfComponents() != 1)
    fail(path, std::to_string(io.GetNumberOfComponents()) +
                   " values a voxel; expected one, a colour or vector image is no CT");
  if (dimensions < 3 || io.GetDimensions(2) < 2)
    fail(path, "a 2D image (" + shape + "); expected a 3D volume");
  if (beyond != 1)
    fail(path, "a " + std::to_string(dimensions) + "D image (" + shape + "); expected a 3D volume");
}

// The value of a field in an NRRD header, which is text up to an empty line; empty when absent.
std::string nrrd_field(const fs::path& path, const std::string& name) {
  std::ifstream in(path, std::ios::binary);
  for (std::string line; std::getline(in, line) && line.size() > 1 && line.size() < 1000;)
    if (line.starts_with(name + ":")) {
      const auto first = line.find_first_not_of(' ', name.size() + 1);
      const auto last = line.find_last_not_of(" \r");
      return first == std::string::npos || first > last ? std::string()
                                                        : line.substr(first, last - first + 1);
    }
  return {};
}

// ITK takes NRRD files without a space for LPS, and flips the wrong axis of left-anterior-superior ones.
void require_known_space(const fs::path& path) {
  const std::string space = nrrd_field(path, "space");
  for (const char* known : {"left-posterior-superior", "LPS", "right-anterior-superior", "RAS"})
    if (space == known) return;
  fail(path,
       "NRRD field 'space' is " + (space.empty() ? "missing" : "'" + space + "'") +
           "; expected left-posterior-superior or right-anterior-superior, so that left and right are known");
}

Grid grid_of(const itk::ImageIOBase& io) {
  Grid grid;
  for (unsigned k = 0; k < 3; ++k) {
    grid.size[k] = static_cast<std::int64_t>(io.GetDimensions(k));
    grid.spacing[k] = io.GetSpacing(k);
    grid.origin[k] = io.GetOrigin(k);
    for (unsigned r = 0; r < 3; ++r) grid.direction[r][k] = io.GetDirection(k)[r];
  }
  return grid;
}

OpenImage open_image(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) fail(path, fs::exists(path, error) ? "not a file" : "no such file");
  if (std::FILE* in = std::fopen(path.c_str(), "rb"))
    std::fclose(in);
  else
    fail(path, "cannot open: " + std::string(std::strerror(errno)));
  const auto bytes = static_cast<double>(fs::file_size(path));
  if (bytes == 0) fail(path, "empty file");
  const Format format = itk_files::format_of(path);
  if (format == Format::none)
    fail(path, "unknown kind of image file; expected .nii, .nii.gz, .nrrd, .nhdr, .mha or .mhd");

  OpenImage image;
  image.path = path;
  if (format == Format::nifti)
    if (std::string warning = nifti::check_file(path); !warning.empty())
      image.warnings.push_back(std::move(warning));
  image.io = itk_files::make_io(format);
  image.io->SetFileName(path.string());
  {
    const CaughtStderr caught;
    image.io->ReadImageInformation();
    require_no_complaint(path, caught);
  }
  require_scalar_volume(path, *image.io);
  if (format == Format::nrrd) require_known_space(path);
  image.grid = grid_of(*image.io);
  image.grid.check(path.string());
  // deflate shrinks at most 1032-fold: a header that promises more is not worth the memory
  const bool detached = path.extension() == ".mhd" || path.extension() == ".nhdr";
  if (!detached && static_cast<double>(image.io->GetImageSizeInBytes()) > 1100 * bytes)
    fail(path, "truncated or damaged: the header promises " + describe(image.grid));
  return image;
}

template <class T>
std::vector<T> read_as(const OpenImage& image) {
  std::vector<T> values(static_cast<std::size_t>(image.grid.voxel_count()));
  const unsigned dimensions = image.io->GetNumberOfDimensions();
  itk::ImageIORegion region(dimensions);
  for (unsigned k = 0; k < dimensions; ++k) region.SetSize(k, image.io->GetDimensions(k));
  image.io->SetIORegion(region);
  const CaughtStderr caught;
  image.io->Read(values.data());
  require_no_complaint(image.path, caught);
  return values;
}

// Calls use(std::vector<T>&&) with the file's voxels in their own type.
template <class Use>
void with_voxels(const OpenImage& image, Use use) {
  using enum itk::IOComponentEnum;
  switch (image.io->GetComponentType()) {
    case UCHAR:
      return use(read_as<unsigned char>(image));
    case CHAR:
      return use(read_as<signed char>(image));
    case USHORT:
      return use(read_as<unsigned short>(image));
    case SHORT:
      return use(read_as<short>(image));
    case UINT:
      return use(read_as<unsigned int>(image));
    case INT:
      return use(read_as<int>(image));
    case ULONG:
      return use(read_as<unsigned long>(image));
    case LONG:
      return use(read_as<long>(image));
    case ULONGLONG:
      return use(read_as<unsigned long long>(image));
    case LONGLONG:
      return use(read_as<long long>(image));
    case FLOAT:
      return use(read_as<float>(image));
    case DOUBLE:
      return use(read_as<double>(image));
    default:
      fail(image.path, "unknown voxel type");
  }
}

// Opens the image for `use`; ITK's exceptions become ours.
template <class Use>
void read_image(const fs::path& path, Use use) {
  try {
    use(open_image(path));
  } catch (const itk::ExceptionObject& error) {
    fail(path, "truncated, damaged or no image: " + itk_files::reason_of(error));
  }
}

std::string show(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

template <class T>
void to_hu(const OpenImage& image, const std::vector<T>& values, CtVolume& ct) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  std::size_t not_finite = 0;
  for (const T v : values) {
    const auto value = static_cast<double>(v);
    if (!std::isfinite(value)) {
      ++not_finite;
      continue;
    }
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (not_finite > 0)
    fail(image.path, std::to_string(not_finite) + " voxels are NaN or infinite; expected HU in every voxel");
  // Every CT of a patient holds air (lungs, sinuses, surroundings) and something denser than water.
  if (low > -500 || high < 100)
    fail(image.path, "values from " + show(low) + " to " + show(high) +
                         " are no HU; expected a CT with air near -1000 and tissue above 100" +
                         (low >= 0 && high > 1000 ? " (stored values without the rescale intercept?)" : ""));
  ct.voxels.resize(values.size());
  static constexpr double top = std::numeric_limits<std::int16_t>::max();
  std::transform(values.begin(), values.end(), ct.voxels.begin(), [](T v) {
    return static_cast<std::int16_t>(std::lround(std::clamp<double>(static_cast<double>(v), lowest_hu, top)));
  });
}

}  // namespace

CtImage read_image_ct(const fs::path& path) {
  CtImage image;
  image.source = path.string();
  read_image(path, [&](const OpenImage& open) {
    image.volume.grid = open.grid;
    image.warnings = open.warnings;
    with_voxels(open, [&](const auto& values) { to_hu(open, values, image.volume); });
  });
  return image;
}

LabelVolume read_labels(const fs::path& path) {
  LabelVolume labels;
  read_image(path, [&](const OpenImage& open) {
    labels.grid = open.grid;
    with_voxels(open, [&](const auto& values) {
      labels.voxels.resize(values.size());
      for (std::size_t i = 0; i < values.size(); ++i) {
        const auto value = static_cast<double>(values[i]);
        if (!(value >= 0 && value <= 255 && value == std::floor(value)))
          fail(path, "voxel value " + show(value) + " is no label; expected whole numbers from 0 to 255");
        labels.voxels[i] = static_cast<std::uint8_t>(value);
      }
    });
  });
  return labels;
}

}  // namespace anatomynet
