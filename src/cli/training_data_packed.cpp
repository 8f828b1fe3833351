#include "cli/training_data.h"
#include "core/error.h"

namespace anatomynet::cli {

TrainingSet load_training_set(const std::filesystem::path& path, const InputOptions&, const Progress&) {
  if (std::filesystem::is_directory(path)) {
    throw Error(ErrorKind::usage,
                path.string() +
                    ": this build reads no images, only packed data sets (anatomynet train --pack); " +
                    "configure with -DANATOMYNET_IO=ON");
  }
  return read_packed_set(path);
}

}  // namespace anatomynet::cli
