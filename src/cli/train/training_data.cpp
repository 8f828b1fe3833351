#include "cli/train/training_data.h"

#include "cli/app/terminal_messages.h"
#include "pipeline/dataset_cases.h"

namespace anatomynet::cli {

training::TrainingSet load_training_set(const std::filesystem::path& path, const dataset::InputOptions& input,
                                        const Progress& progress) {
  if (!std::filesystem::is_directory(path)) return training::read_packed_set(path, input);
  const curation::DatasetFolder folder = curation::read_dataset_folder(path);
  training::TrainingSet set{folder.organs, input, folder.description, folder.attribution, {}, {}};
  TerminalMessages messages(progress);
  pipeline::for_each_prepared(folder, input, messages, [&](dataset::PreparedCase c, bool validation) {
    (validation ? set.validation : set.training).push_back(training::to_tensors(std::move(c)));
  });
  return set;
}

void pack_training_set(const std::filesystem::path& path, const dataset::InputOptions& input,
                       const std::filesystem::path& file, const Progress& progress) {
  if (!std::filesystem::is_directory(path))
    return training::write_packed_set(file, training::read_packed_set(path, input));
  TerminalMessages messages(progress);
  pipeline::pack_dataset(path, input, file, messages);
}

}  // namespace anatomynet::cli
