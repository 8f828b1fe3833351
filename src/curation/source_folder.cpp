#include <map>

#include "core/error.h"
#include "core/grid_difference.h"
#include "core/json.h"
#include "core/resample.h"
#include "curation/case_builder.h"
#include "curation/source_common.h"
#include "io/image/image_file.h"

// A plain folder of images and masks that PATH/cases.json describes:
//
//   {"cases": [{"id": "p1", "image": "p1/ct.nii.gz",
//               "masks": {"Parotid_L": "p1/left.nii.gz"},            one file a ROI, binary; and/or
//               "labels": "p1/labels.nii.gz",                        one label map, and
//               "values": {"1": "Brainstem"},                        what its values mean (here, or beside
//               "cases") "patient": "A17", "aliases": ["0522c0001"],          default: the id; none "split":
//               "training",                                 or validation, test; default: training
//               "resample": true}]}                                  masks on another grid are resampled;
//               default: refused
namespace anatomynet::curation {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

struct Item {
  fs::path labels;
  std::map<int, std::string> values;
  std::map<std::string, fs::path> masks;
  bool resample = false;
};

class Folder : public Source {
 public:
  explicit Folder(SourceOptions options) : options_(std::move(options)) {
    const fs::path file = options_.path / "cases.json";
    std::error_code error;
    if (!fs::exists(file, error))
      throw Error(ErrorKind::input,
                  file.string() + ": cannot be opened; it must describe the cases (docs/data.md)");
    const json root = read_json(file);
    reading_json(file.string(), ErrorKind::input, [&] {
      for (const json& one : root.at("cases")) add(one, root, file);
      return 0;
    });
  }

  std::vector<CaseRef> list(std::vector<Note>& notes, const Progress&) override {
    std::vector<CaseRef> found;
    for (const CaseRef& ref : refs_) {
      fs::path missing;
      std::error_code error;
      for (const fs::path& file : ref.files)
        if (missing.empty() && !fs::exists(file, error)) missing = file;
      if (missing.empty())
        found.push_back(ref);
      else
        notes.push_back({Note::Kind::dropped, ref.id + ": " + missing.string() + " does not exist"});
    }
    return selected(std::move(found), options_, notes);
  }

  LoadedCase load(const CaseRef& ref, const RoiNames& names) const override {
    const Item& item = items_.at(ref.index);
    io::CtImage image = io::read_image_ct(ref.files.front());
    CaseBuilder builder(ref, std::move(image.volume), names);
    for (const Warning& warning : image.warnings) builder.note(Note::Kind::warning, with_files(warning));
    for (const auto& [name, file] : item.masks)
      if (builder.wanted(name)) builder.add_file(name, file, item.resample);
    if (!item.labels.empty()) add_labels(item, builder);
    return builder.finish("cases.json");
  }

 private:
  void add(const json& one, const json& root, const fs::path& file) {
    const auto fail = [&](const std::string& id, const std::string& why) {
      throw Error(ErrorKind::input, file.string() + ": case '" + id + "': " + why);
    };
    CaseRef ref;
    Item item;
    ref.id = one.at("id").get<std::string>();
    ref.patient = one.value("patient", ref.id);
    ref.aliases = one.value("aliases", std::vector<std::string>{});
    const std::string split = one.value("split", std::string("training"));
    if (split != "training" && split != "validation" && split != "test")
      fail(ref.id, "split '" + split + "', expected training, validation or test");
    ref.split = split == "test" ? Split::test : split == "validation" ? Split::validation : Split::training;
    ref.files.push_back(options_.path / one.at("image").get<std::string>());
    if (one.contains("masks"))
      for (const auto& [name, mask] : one.at("masks").items()) {
        item.masks[name] = options_.path / mask.get<std::string>();
        ref.files.push_back(item.masks[name]);
      }
    if (one.contains("labels")) {
      item.labels = options_.path / one.at("labels").get<std::string>();
      ref.files.push_back(item.labels);
      const json& values = one.contains("values") ? one.at("values") : root.at("values");
      for (const auto& [value, name] : values.items()) {
        const auto good =
            value.find_first_not_of("0123456789") == std::string::npos && !value.empty() && value.size() < 4;
        const int number = good ? std::stoi(value) : 0;
        if (number < 1 || number > 255) fail(ref.id, "value '" + value + "', expected 1 to 255");
        item.values[number] = name.get<std::string>();
      }
    }
    if (item.masks.empty() && item.labels.empty()) fail(ref.id, "neither \"masks\" nor \"labels\"");
    item.resample = one.value("resample", false);
    ref.index = items_.size();
    refs_.push_back(std::move(ref));
    items_.push_back(std::move(item));
  }

  static void add_labels(const Item& item, CaseBuilder& builder) {
    std::vector<Warning> warnings;
    LabelVolume labels = io::read_labels(item.labels, &warnings);
    for (const Warning& warning : warnings) builder.note(Note::Kind::warning, with_files(warning));
    if (!same_grid(labels.grid, builder.grid(), 0.01)) {
      if (!item.resample || !same_axes(labels.grid, builder.grid()))
        throw Error(ErrorKind::input,
                    item.labels.string() + ": on another grid (" + describe(labels.grid) +
                        ") than its image (" + describe(builder.grid()) +
                        "): " + grid_difference(labels.grid, builder.grid()) +
                        "; ask with \"resample\": true if that is meant and the axes are the same");
      labels = resample_labels(labels, builder.grid());
      builder.note(Note::Kind::info, item.labels.string() + ": resampled to the CT's grid, as asked");
    }
    for (const std::uint8_t value : labels.voxels)
      if (value != 0 && !item.values.contains(value))
        throw Error(ErrorKind::input, item.labels.string() + ": value " + std::to_string(value) +
                                          " has no name under \"values\"");
    for (const auto& [value, name] : item.values)
      if (builder.wanted(name)) builder.add_value(name, labels, value, item.labels.filename().string());
  }

  SourceOptions options_;
  std::vector<CaseRef> refs_;
  std::vector<Item> items_;
};

}  // namespace

std::unique_ptr<Source> make_folder_source(const SourceOptions& options) {
  return std::make_unique<Folder>(options);
}

}  // namespace anatomynet::curation
