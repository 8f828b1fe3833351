#include "io/image_file.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <limits>
#include <type_traits>
#include <utility>
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
  std::vector<Warning> warnings;
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

// The value of a field ("name: value" or "name = value") in the header of an NRRD or MetaImage file, which is
// text up to an empty line or ElementDataFile; empty when absent.
std::string header_field(const fs::path& path, const std::string& name) {
  std::ifstream in(path, std::ios::binary);
  for (std::string line; std::getline(in, line) && line.size() > 1 && line.size() < 4000;) {
    const auto end_of_name = line.find_first_of(" :=");
    if (line.starts_with("ElementDataFile")) break;
    if (end_of_name == std::string::npos || line.substr(0, end_of_name) != name) continue;
    const auto first = line.find_first_not_of(" :=", end_of_name);
    const auto last = line.find_last_not_of(" \r");
    return first == std::string::npos || first > last ? std::string() : line.substr(first, last - first + 1);
  }
  return {};
}

// Files that do not say how they lie in the patient are refused; ITK takes them for LPS. It also flips the
// wrong axis of left-anterior-superior NRRD files.
void require_known_space(const fs::path& path, Format format) {
  if (format == Format::nrrd) {
    const std::string space = header_field(path, "space");
    for (const char* known : {"left-posterior-superior", "LPS", "right-anterior-superior", "RAS"})
      if (space == known) return;
    fail(path, "NRRD field 'space' is " + (space.empty() ? "missing" : "'" + space + "'") +
                   "; expected left-posterior-superior or right-anterior-superior, so that left and right "
                   "are known");
  }
  if (format == Format::meta) {
    for (const char* name : {"TransformMatrix", "Orientation", "Rotation"})
      if (!header_field(path, name).empty()) return;
    fail(path,
         "MetaImage field 'TransformMatrix' is missing, so left and right are unknown; convert the CT again");
  }
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
      image.warnings.push_back({"orientation-differs", std::move(warning)});
  image.io = itk_files::make_io(format);
  image.io->SetFileName(path.string());
  {
    const CaughtStderr caught;
    image.io->ReadImageInformation();
    require_no_complaint(path, caught);
  }
  require_scalar_volume(path, *image.io);
  require_known_space(path, format);
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
  using enum itk::CommonEnums::IOComponent;
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
void require_hu(const fs::path& path, const std::vector<T>& values) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  std::size_t not_finite = 0;
  for (const T v : values) {
    const auto value = static_cast<double>(v);
    if (!std::isfinite(value)) ++not_finite;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (not_finite > 0)
    fail(path, std::to_string(not_finite) + " voxels are NaN or infinite; expected HU in every voxel");
  if (low > highest_air_hu || high < lowest_dense_hu)
    fail(path, "values from " + show(low) + " to " + show(high) +
                   " are no HU; expected a CT with air near -1000 and tissue above 100" +
                   (low >= 0 && high > 1000 ? " (stored values without the rescale intercept?)" : ""));
}

template <class T>
std::vector<std::int16_t> to_hu(std::vector<T>&& values) {
  static constexpr double top = std::numeric_limits<std::int16_t>::max();
  const auto convert = [](T v) {
    return static_cast<std::int16_t>(std::lround(std::clamp<double>(static_cast<double>(v), lowest_hu, top)));
  };
  if constexpr (std::is_same_v<T, std::int16_t>) {  // in place: a CT is large
    std::transform(values.begin(), values.end(), values.begin(), convert);
    return std::move(values);
  } else {
    std::vector<std::int16_t> hu(values.size());
    std::transform(values.begin(), values.end(), hu.begin(), convert);
    return hu;
  }
}

template <class T>
std::vector<std::uint8_t> to_labels(const fs::path& path, std::vector<T>&& values) {
  if constexpr (std::is_same_v<T, std::uint8_t>) return std::move(values);
  std::vector<std::uint8_t> labels(values.size());
  std::transform(values.begin(), values.end(), labels.begin(), [&](T v) {
    const auto value = static_cast<double>(v);
    if (!(value >= 0 && value <= 255 && value == std::floor(value)))
      fail(path, "voxel value " + show(value) + " is no label; expected whole numbers from 0 to 255");
    return static_cast<std::uint8_t>(value);
  });
  return labels;
}

}  // namespace

CtImage read_image_ct(const fs::path& path) {
  CtImage image;
  image.source = path.string();
  read_image(path, [&](const OpenImage& open) {
    image.volume.grid = open.grid;
    image.warnings = open.warnings;
    with_voxels(open, [&](auto values) {
      require_hu(path, values);
      image.volume.voxels = to_hu(std::move(values));
    });
  });
  return image;
}

LabelVolume read_labels(const fs::path& path) {
  LabelVolume labels;
  read_image(path, [&](const OpenImage& open) {
    labels.grid = open.grid;
    with_voxels(open, [&](auto values) { labels.voxels = to_labels(path, std::move(values)); });
  });
  return labels;
}

}  // namespace anatomynet
