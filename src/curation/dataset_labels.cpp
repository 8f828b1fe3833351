#include "curation/dataset_labels.h"

#include "core/error.h"
#include "core/grid_difference.h"
#include "io/image/image_file.h"

namespace anatomynet::curation {
namespace {

void to_organ_ids(LabelVolume& labels, const std::filesystem::path& file, const DatasetFolder& set) {
  for (std::uint8_t& value : labels.voxels) {
    if (!set.named_value[value])
      throw Error(
          ErrorKind::input,
          file.string() + ": holds value " + std::to_string(value) +
              ", which dataset.json's \"labels\" does not name; unknown areas must not become background");
    value = set.organ_of_value[value];
  }
}

}  // namespace

LabelVolume read_dataset_labels(const DatasetCase& c, const DatasetFolder& set,
                                std::vector<Warning>* warnings) {
  LabelVolume labels = io::read_labels(c.labels, warnings);
  to_organ_ids(labels, c.labels, set);
  for (const std::filesystem::path& file : c.labels_over) {
    LabelVolume over = io::read_labels(file, warnings);
    if (!same_grid(labels.grid, over.grid, 0.05))
      throw Error(ErrorKind::input, file.string() + ": lies on another grid (" + describe(over.grid) +
                                        ") than " + c.labels.filename().string() + " (" +
                                        describe(labels.grid) +
                                        "): " + grid_difference(labels.grid, over.grid));
    to_organ_ids(over, file, set);
    for (std::size_t i = 0; i < labels.voxels.size(); ++i)
      if (over.voxels[i] != 0) labels.voxels[i] = over.voxels[i];
  }
  return labels;
}

}  // namespace anatomynet::curation
