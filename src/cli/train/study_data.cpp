#include "cli/train/study_data.h"

#include <set>

#include "cli/app/terminal_messages.h"
#include "pipeline/dataset_cases.h"

namespace anatomynet::cli {

study::StudyData load_study_data(const study::Study& study, const std::filesystem::path& path,
                                 const Progress& progress) {
  if (!std::filesystem::is_directory(path))
    return study::set_aside(study, training::read_packed_set(path, study.input));
  curation::DatasetFolder folder = curation::read_dataset_folder(path);
  // As validation cases they keep their truth; afterwards they are training cases again, for set_aside.
  std::vector<curation::DatasetCase> kept;
  std::set<std::string> apart;
  for (curation::DatasetCase& c : folder.training) {
    if (study::is_held_out(study, c.id)) {
      apart.insert(c.id);
      folder.validation.push_back(std::move(c));
    } else {
      kept.push_back(std::move(c));
    }
  }
  folder.training = std::move(kept);
  training::TrainingSet set{folder.organs, study.input, folder.description, folder.attribution, {}, {}};
  TerminalMessages messages(progress);
  pipeline::for_each_prepared(folder, study.input, messages, [&](dataset::PreparedCase c, bool validation) {
    const bool held_out = apart.contains(c.id);
    (validation && !held_out ? set.validation : set.training).push_back(training::to_tensors(std::move(c)));
  });
  return study::set_aside(study, std::move(set));
}

}  // namespace anatomynet::cli
