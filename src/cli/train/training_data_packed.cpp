#include "cli/train/training_data.h"
#include "core/error.h"

namespace anatomynet::cli {

training::TrainingSet load_training_set(const std::filesystem::path& path, const dataset::InputOptions& input,
                                        const Progress&) {
  if (std::filesystem::is_directory(path)) {
    throw Error(ErrorKind::usage,
                path.string() +
                    ": this build reads no images, only packed data sets (anatomynet curate --pack); " +
                    "configure with -DANATOMYNET_IO=ON");
  }
  return training::read_packed_set(path, input);
}

void pack_training_set(const std::filesystem::path& path, const dataset::InputOptions& input,
                       const std::filesystem::path& file, const Progress& progress) {
  training::write_packed_set(file, load_training_set(path, input, progress));
}

}  // namespace anatomynet::cli
