#include "cli/train/training_data.h"

#include "cli/app/terminal_messages.h"
#include "pipeline/dataset_cases.h"

namespace anatomynet::cli {

TrainingSet load_training_set(const std::filesystem::path& path, const InputOptions& input,
                              const Progress& progress) {
  if (!std::filesystem::is_directory(path)) return read_packed_set(path, input);
  const DatasetFolder folder = read_dataset_folder(path);
  TrainingSet set{folder.organs, input, folder.description, folder.attribution, {}, {}};
  TerminalMessages messages(progress);
  for_each_prepared(folder, input, messages, [&](PreparedCase c, bool validation) {
    (validation ? set.validation : set.training).push_back(to_tensors(std::move(c)));
  });
  return set;
}

void pack_training_set(const std::filesystem::path& path, const InputOptions& input,
                       const std::filesystem::path& file, const Progress& progress) {
  if (!std::filesystem::is_directory(path)) return write_packed_set(file, read_packed_set(path, input));
  TerminalMessages messages(progress);
  pack_dataset(path, input, file, messages);
}

}  // namespace anatomynet::cli
