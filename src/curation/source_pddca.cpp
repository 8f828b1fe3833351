#include <optional>

#include "curation/case_builder.h"
#include "curation/source_common.h"
#include "io/image/image_file.h"

// PDDCA, the data of the MICCAI 2015 challenge: 0522cNNNN/img.nrrd and 0522cNNNN/structures/<organ>.nrrd.
namespace anatomynet::curation {
namespace fs = std::filesystem;
namespace {

// The challenge's parts by id (Raudaschl et al., Medical Physics 44:2020-2036, 2017). The paper trains on all
// but the off-site test.
struct Part {
  int first, last;
  Split split;
};
constexpr Part parts[] = {{1, 328, Split::training},     // training, 25
                          {329, 479, Split::training},   // optional training, 8
                          {555, 746, Split::test},       // off-site test, 10
                          {788, 878, Split::training}};  // on-site test, 5

std::optional<Split> split_of(const std::string& id) {
  const std::string known = rtog_id(id);
  if (known.empty()) return {};
  const int number = std::stoi(known.substr(5));
  for (const Part& part : parts)
    if (number >= part.first && number <= part.last) return part.split;
  return {};
}

class Pddca : public Source {
 public:
  explicit Pddca(SourceOptions options) : options_(std::move(options)) {}

  std::vector<CaseRef> list(std::vector<Note>& notes, const Progress&) override {
    std::vector<CaseRef> refs;
    look_in(options_.path, 2, refs, notes);
    std::vector<CaseRef> kept = selected(std::move(refs), options_, notes);
    for (const CaseRef& ref : kept)
      if (options_.split && split_of(ref.patient) == Split::test && *options_.split != Split::test)
        notes.push_back(
            {Note::Kind::warning, ref.id + ": an off-site test case of the challenge, taken for " +
                                      split_name(*options_.split) + " as the configuration says"});
    return kept;
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
  // A patient's folder, or folders of them (the download comes in parts).
  void look_in(const fs::path& folder, int depth, std::vector<CaseRef>& refs,
               std::vector<Note>& notes) const {
    for (const fs::path& patient : folders_in(folder, notes)) {
      std::error_code error;
      const fs::path image = patient / "img.nrrd", structures = patient / "structures";
      if (!fs::exists(image, error)) {
        const bool looks_like_a_patient =
            fs::exists(structures, error) || !rtog_id(patient.filename().string()).empty();
        if (looks_like_a_patient)
          notes.push_back({Note::Kind::dropped, patient.string() + ": no img.nrrd"});
        else if (depth > 1)
          look_in(patient, depth - 1, refs, notes);
        else
          notes.push_back({Note::Kind::info, patient.string() + ": not a PDDCA case"});
        continue;
      }
      std::vector<fs::path> masks;
      if (fs::exists(structures, error)) masks = files_in(structures, ".nrrd", notes);
      if (masks.empty()) {
        notes.push_back({Note::Kind::dropped, patient.string() + ": no structures/*.nrrd"});
        continue;
      }
      CaseRef ref;
      ref.id = ref.patient = patient.filename().string();
      const auto split = split_of(ref.id);
      if (!split && !options_.split) {
        notes.push_back(
            {Note::Kind::dropped,
             patient.string() + ": its id is in no part of the challenge; give the source a split"});
        continue;
      }
      ref.split = split.value_or(Split::training);
      ref.files.push_back(image);
      ref.files.insert(ref.files.end(), masks.begin(), masks.end());
      refs.push_back(std::move(ref));
    }
  }

  SourceOptions options_;
};

}  // namespace

std::unique_ptr<Source> make_pddca_source(const SourceOptions& options) {
  return std::make_unique<Pddca>(options);
}

}  // namespace anatomynet::curation
