#include "core/error.h"
#include "curation/case_builder.h"
#include "curation/source_common.h"
#include "io/image/image_file.h"

// The DeepMind TCIA set (Nikolov et al. 2021): nrrds/<split>/<observer>/<patient>/CT_IMAGE.nrrd and
// segmentations/<organ>.nrrd. The path may be the folder above nrrds/ or nrrds/ itself.
namespace anatomynet::curation {
namespace fs = std::filesystem;
namespace {

class DeepMind : public Source {
 public:
  explicit DeepMind(SourceOptions options) : options_(std::move(options)) {
    if (options_.observer.empty()) options_.observer = "oncologist";
    if (options_.observer != "oncologist" && options_.observer != "radiographer" &&
        options_.observer != "both")
      throw Error(ErrorKind::usage, "source '" + options_.name + "': observer is '" + options_.observer +
                                        "', expected oncologist, radiographer or both");
  }

  std::vector<CaseRef> list(std::vector<Note>& notes, const Progress&) override {
    std::error_code error;
    const fs::path below = options_.path / "nrrds";
    std::vector<CaseRef> refs;
    for (const fs::path& split : folders_in(fs::exists(below, error) ? below : options_.path, notes)) {
      const std::string name = split.filename().string();
      if (name != "test" && name != "validation") {
        notes.push_back({Note::Kind::info, split.string() + ": not a split of the set (test, validation)"});
        continue;
      }
      for (const fs::path& observer : folders_in(split, notes)) {
        const std::string who = observer.filename().string();
        if (options_.observer != "both" && who != options_.observer) {
          notes.push_back({Note::Kind::info, observer.string() + ": another observer"});
          continue;
        }
        for (const fs::path& patient : folders_in(observer, notes))
          add(patient, who, name == "test" ? Split::test : Split::validation, refs, notes);
      }
    }
    return selected(std::move(refs), options_, notes);
  }

  LoadedCase load(const CaseRef& ref, const RoiNames& names) const override {
    io::CtImage image = io::read_image_ct(ref.files.front());
    CaseBuilder builder(ref, std::move(image.volume), names);
    for (const Warning& warning : image.warnings) builder.note(Note::Kind::warning, with_files(warning));
    for (std::size_t i = 1; i < ref.files.size(); ++i) {
      const std::string name = ref.files[i].stem().string();
      if (builder.wanted(name)) builder.add_file(name, ref.files[i]);
    }
    return builder.finish("same folder, same grid");
  }

 private:
  void add(const fs::path& patient, const std::string& observer, Split split, std::vector<CaseRef>& refs,
           std::vector<Note>& notes) const {
    std::error_code error;
    const fs::path image = patient / "CT_IMAGE.nrrd", masks = patient / "segmentations";
    std::vector<fs::path> files;
    if (fs::exists(masks, error)) files = files_in(masks, ".nrrd", notes);
    if (!fs::exists(image, error) || files.empty()) {
      notes.push_back(
          {Note::Kind::dropped,
           patient.string() + ": " + (files.empty() ? "no segmentations/*.nrrd" : "no CT_IMAGE.nrrd")});
      return;
    }
    CaseRef ref;
    ref.patient = ref.id = patient.filename().string();
    if (options_.observer == "both") ref.id += "_" + observer;
    ref.split = split;
    ref.files.push_back(image);
    ref.files.insert(ref.files.end(), files.begin(), files.end());
    refs.push_back(std::move(ref));
  }

  SourceOptions options_;
};

}  // namespace

std::unique_ptr<Source> make_deepmind_source(const SourceOptions& options) {
  return std::make_unique<DeepMind>(options);
}

}  // namespace anatomynet::curation
