#include "cli/training_data.h"

#include "core/error.h"
#include "curation/dataset_folder.h"
#include "io/image_file.h"

namespace anatomynet::cli {
namespace {

LabelledCase read_case(const DatasetCase& c, const DatasetFolder& folder) {
  LabelledCase out{c.id, read_image_ct(c.image).volume, read_labels(c.labels), c.annotated};
  for (std::uint8_t& value : out.labels.voxels) {
    const std::uint8_t organ = folder.organ_of_value[value];
    if (value != 0 && organ == 0) {
      throw Error(
          ErrorKind::input,
          c.labels.string() + ": holds value " + std::to_string(value) +
              ", which dataset.json's \"labels\" does not name; unknown areas must not become background");
    }
    value = organ;
  }
  return out;
}

}  // namespace

TrainingSet load_training_set(const std::filesystem::path& path, const InputOptions& input,
                              const Progress& progress) {
  if (!std::filesystem::is_directory(path)) return read_packed_set(path);
  const DatasetFolder folder = read_dataset_folder(path);
  TrainingSet set{folder.organs, input, folder.description, folder.attribution, {}, {}};
  const double total = double(folder.training.size() + folder.validation.size());
  double done = 0;
  const auto load = [&](const std::vector<DatasetCase>& cases, std::vector<TrainingCase>& into,
                        bool keep_truth) {
    for (const DatasetCase& c : cases) {
      try {
        into.push_back(prepare(read_case(c, folder), folder.organs, input));
      } catch (const Error& e) {
        throw e.within("case " + c.id);
      }
      if (!keep_truth) into.back().truth = LabelVolume(Grid{.size = {1, 1, 1}});
      if (progress) progress("reading cases", ++done / total);
    }
  };
  load(folder.training, set.training, false);
  load(folder.validation, set.validation, true);
  return set;
}

}  // namespace anatomynet::cli
