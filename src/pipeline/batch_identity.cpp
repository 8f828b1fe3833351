#include "pipeline/batch_identity.h"

#include <algorithm>

#include "core/folder_walk.h"
#include "core/sha256.h"

namespace anatomynet::pipeline {
namespace fs = std::filesystem;

std::string files_identity(std::vector<fs::path> files) {
  std::sort(files.begin(), files.end());
  Sha256 hash;
  for (const fs::path& file : files) {
    std::error_code error;
    hash.add_field(file.filename().native());
    hash.add_field(std::to_string(fs::file_size(file, error)));
    hash.add_field(std::to_string(fs::last_write_time(file, error).time_since_epoch().count()));
  }
  return std::to_string(files.size()) + (files.size() == 1 ? " file " : " files ") + hash.hex();
}

std::string folder_identity(const fs::path& folder) {
  return files_identity(walk_folder(folder).files);  // the files that will be read, behind links too
}

std::string image_identity(const fs::path& image) {
  std::vector<fs::path> files{image};
  const std::string extension = image.extension().string(), start = image.stem().string() + ".";
  std::error_code error;
  if (extension == ".mhd" || extension == ".nhdr")
    for (fs::directory_iterator it(image.parent_path().empty() ? "." : image.parent_path(), error), end;
         !error && it != end; it.increment(error))
      if (it->path() != image && it->path().filename().native().starts_with(start))
        files.push_back(it->path());
  return files_identity(std::move(files));
}

}  // namespace anatomynet::pipeline
