#include <algorithm>

#include "core/error.h"
#include "core/grid_difference.h"
#include "core/resample.h"
#include "curation/case_builder.h"
#include "curation/dataset_labels.h"
#include "curation/source_common.h"
#include "io/image/image_file.h"

// A data set in nnU-Net v2's layout; the split is that of the first fold in splits_final.json, where there is
// one.
namespace anatomynet::curation {
namespace {

class NnUnet : public Source {
 public:
  explicit NnUnet(SourceOptions options)
      : options_(std::move(options)), set_(read_dataset_folder(options_.path, AbsentFiles::cost_the_case)) {
    for (const auto& [cases, split] :
         {std::pair{&set_.training, Split::training}, {&set_.validation, Split::validation}})
      for (const DatasetCase& one : *cases) {
        cases_.push_back(one);
        splits_.push_back(split);
      }
  }

  std::vector<CaseRef> list(std::vector<Note>& notes, const Progress&) override {
    std::vector<CaseRef> refs;
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      CaseRef ref;
      ref.id = ref.patient = cases_[i].id;
      ref.split = splits_[i];
      ref.files = {cases_[i].image, cases_[i].labels};
      ref.files.insert(ref.files.end(), cases_[i].labels_over.begin(), cases_[i].labels_over.end());
      ref.index = i;
      refs.push_back(std::move(ref));
    }
    return selected(std::move(refs), options_, notes);
  }

  LoadedCase load(const CaseRef& ref, const RoiNames& names) const override {
    const DatasetCase& from = cases_.at(ref.index);
    io::CtImage image = io::read_image_ct(from.image);
    std::vector<Warning> warnings = std::move(image.warnings);
    const LabelVolume labels = read_dataset_labels(from, set_, &warnings);
    if (!same_grid(labels.grid, image.volume.grid, 0.01))
      throw Error(ErrorKind::input, from.labels.string() + ": on another grid (" + describe(labels.grid) +
                                        ") than its image (" + describe(image.volume.grid) +
                                        "): " + grid_difference(labels.grid, image.volume.grid));
    CaseBuilder builder(ref, std::move(image.volume), names);
    for (const Warning& warning : warnings) builder.note(Note::Kind::warning, with_files(warning));
    for (const int id : from.annotated) {
      const std::string& name = find_organ(set_.organs, id)->name;
      if (builder.wanted(name)) builder.add_value(name, labels, id, from.labels.filename().string());
    }
    return builder.finish("dataset.json");
  }

 private:
  SourceOptions options_;
  DatasetFolder set_;
  std::vector<DatasetCase> cases_;
  std::vector<Split> splits_;
};

}  // namespace

std::unique_ptr<Source> make_nnunet_source(const SourceOptions& options) {
  return std::make_unique<NnUnet>(options);
}

}  // namespace anatomynet::curation
