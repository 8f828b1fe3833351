#include "pipeline/dataset_cases.h"

#include "core/error.h"
#include "curation/dataset_labels.h"
#include "dataset/packed_file.h"
#include "io/image/image_file.h"

namespace anatomynet::pipeline {
namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

dataset::LabelledCase read_case(const curation::DatasetCase& c, const curation::DatasetFolder& folder,
                                Messages& messages) try {
  io::CtImage image = io::read_image_ct(c.image);
  std::vector<Warning> warnings = std::move(image.warnings);
  dataset::LabelledCase out{
      c.id,      std::move(image.volume), curation::read_dataset_labels(c, folder, &warnings), c.annotated,
      c.weights, c.partial_extent};
  for (const Warning& warning : warnings) messages.warning("case " + c.id + ": " + with_files(warning));
  return out;
} catch (const Error& e) {
  throw e.within("case " + c.id);
}

void for_each_prepared(const curation::DatasetFolder& folder, const dataset::InputOptions& input,
                       Messages& messages, const std::function<void(dataset::PreparedCase, bool)>& take) {
  if (!folder.without_organs.empty())
    messages.warning(std::to_string(folder.without_organs.size()) +
                     " cases have no annotated organ and are left out: " + listed(folder.without_organs));
  const double total = double(folder.training.size() + folder.validation.size());
  double done = 0;
  for (const bool validation : {false, true})
    for (const curation::DatasetCase& c : validation ? folder.validation : folder.training) {
      dataset::PreparedCase prepared =
          dataset::prepare_volumes(read_case(c, folder, messages), folder.organs, input);
      if (!validation) prepared.truth = dataset::no_truth();
      take(std::move(prepared), validation);
      messages.progress("reading cases", ++done / total);
    }
}

void pack_dataset(const std::filesystem::path& folder, const dataset::InputOptions& input,
                  const std::filesystem::path& file, Messages& messages) {
  const curation::DatasetFolder set = curation::read_dataset_folder(folder);
  if (set.training.empty() && set.validation.empty())
    throw Error(ErrorKind::input, folder.string() + ": no case to train or validate on, nothing to pack");
  dataset::PackedWriter writer({set.organs, input, set.description, set.attribution});
  for_each_prepared(set, input, messages,
                    [&](const dataset::PreparedCase& c, bool validation) { writer.add(c, validation); });
  writer.write(file);
}

}  // namespace anatomynet::pipeline
