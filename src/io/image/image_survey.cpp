#include "io/image/image_survey.h"

#include "io/image/internal/image_data.h"
#include "io/image/internal/image_format.h"

namespace anatomynet::io {
namespace {

const char* name_of(VoxelType type) {
  using enum VoxelType;
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
  Header header;
};

Named read_header(const std::filesystem::path& path) {
  switch (format_of(path)) {
    case Format::nrrd:
      return {"NRRD", read_nrrd_header(path)};
    case Format::meta:
      return {"MetaImage", read_meta_header(path)};
    default:
      return {"NIfTI", read_nifti_header(header_of_pair(path))};
  }
}

}  // namespace

ImageSurvey survey_image(const std::filesystem::path& path) {
  const auto [name, header] = read_header(path);
  return {name,
          name_of(header.type),
          header.packing == Packing::gzip || header.packing == Packing::zlib,
          header.slope,
          header.intercept,
          header.grid,
          header.warnings};
}

}  // namespace anatomynet::io
