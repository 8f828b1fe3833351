#include "io/image/image_survey.h"

#include "io/image/internal/image_data.h"
#include "io/image/internal/image_format.h"

namespace anatomynet {
namespace {

const char* name_of(image::VoxelType type) {
  using enum image::VoxelType;
  switch (type) {
    case int8:
      return "int8";
    case uint8:
      return "uint8";
    case int16:
      return "int16";
    case uint16:
      return "uint16";
    case int32:
      return "int32";
    case uint32:
      return "uint32";
    case int64:
      return "int64";
    case uint64:
      return "uint64";
    case float32:
      return "float32";
    case float64:
      break;
  }
  return "float64";
}

struct Named {
  const char* name;
  image::Header header;
};

Named read_header(const std::filesystem::path& path) {
  switch (image::format_of(path)) {
    case image::Format::nrrd:
      return {"NRRD", image::read_nrrd_header(path)};
    case image::Format::meta:
      return {"MetaImage", image::read_meta_header(path)};
    default:
      return {"NIfTI", image::read_nifti_header(image::header_of_pair(path))};
  }
}

}  // namespace

ImageSurvey survey_image(const std::filesystem::path& path) {
  const auto [name, header] = read_header(path);
  return {name,
          name_of(header.type),
          header.packing == image::Packing::gzip || header.packing == image::Packing::zlib,
          header.slope,
          header.intercept,
          header.grid,
          header.warnings};
}

}  // namespace anatomynet
