#include "io/image/internal/image_format.h"

#include "io/image/image_file.h"
#include "io/image/internal/header_text.h"

namespace anatomynet::io {
namespace {

struct Ending {
  std::string_view text;
  Format format;
};
// One that ends in another comes first.
constexpr Ending endings[]{
    {".nii.gz", Format::nifti}, {".nii", Format::nifti},     {".hdr.gz", Format::nifti},
    {".hdr", Format::nifti},    {".seg.nrrd", Format::nrrd}, {".nrrd", Format::nrrd},
    {".nhdr", Format::nrrd},    {".mha", Format::meta},      {".mhd", Format::meta}};

}  // namespace

std::filesystem::path label_map_in(const std::filesystem::path& folder) {
  std::error_code error;
  for (const char* name : {"labels.nii.gz", "labels.nii", "labels.seg.nrrd", "labels.nrrd", "labels.mha"})
    if (std::filesystem::is_regular_file(folder / name, error)) return folder / name;
  return {};
}

bool is_image_file_name(const std::filesystem::path& path) { return format_of(path) != Format::none; }

bool has_ending(const std::filesystem::path& path, std::string_view ending) {
  return lower(path.filename().string()).ends_with(ending);
}

std::filesystem::path header_of_pair(const std::filesystem::path& path) {
  if (!has_ending(path, ".img") && !has_ending(path, ".img.gz")) return path;
  std::filesystem::path stem = path;
  if (has_ending(path, ".gz")) stem.replace_extension();
  std::error_code error;
  for (const char* ending : {".hdr", ".hdr.gz"})
    if (auto header = std::filesystem::path(stem).replace_extension(ending);
        std::filesystem::exists(header, error))
      return header;
  return path;
}

Format format_of(const std::filesystem::path& path) {
  for (const Ending& e : endings)
    if (has_ending(path, e.text)) return e.format;
  return Format::none;
}

std::string without_image_extension(const std::string& name) {
  for (const Ending& e : endings)
    if (name.size() > e.text.size() && has_ending(name, e.text))
      return name.substr(0, name.size() - e.text.size());
  return name;
}

}  // namespace anatomynet::io
