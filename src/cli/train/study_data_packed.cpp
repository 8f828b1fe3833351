#include "cli/train/study_data.h"

namespace anatomynet::cli {

study::StudyData load_study_data(const study::Study& study, const std::filesystem::path& path,
                                 const Progress& progress) {
  return study::set_aside(study, load_training_set(path, study.input, progress));
}

}  // namespace anatomynet::cli
