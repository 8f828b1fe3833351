#include "io/image/internal/image_format.h"

#include "io/image/image_file.h"
#include "io/image/internal/header_text.h"

namespace anatomynet::io {

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
  struct Ending {
    const char* text;
    Format format;
  };
  constexpr Ending endings[]{{".nii", Format::nifti},    {".nii.gz", Format::nifti}, {".hdr", Format::nifti},
                             {".hdr.gz", Format::nifti}, {".nrrd", Format::nrrd},    {".nhdr", Format::nrrd},
                             {".mha", Format::meta},     {".mhd", Format::meta}};
  for (const Ending& e : endings)
    if (has_ending(path, e.text)) return e.format;
  return Format::none;
}

}  // namespace anatomynet::io
