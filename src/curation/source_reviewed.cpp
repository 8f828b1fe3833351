#include <algorithm>

#include "core/error.h"
#include "core/file_name.h"
#include "core/json.h"
#include "core/manifest.h"
#include "core/text.h"
#include "curation/case_builder.h"
#include "curation/source_common.h"
#include "io/ct_image.h"
#include "io/dicom/structure_set.h"

// Stores of `anatomynet review` (docs/review.md), at any depth: of each its approved version. What a person
// approved is annotated, corrected or not; a structure without a voxel stays unknown.
namespace anatomynet::curation {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

struct Item {
  fs::path store, version, ct;
  std::string series;  // empty: an image file
};

std::string version_folder(int number) {
  char name[16];
  std::snprintf(name, sizeof name, "%04d", number);
  return name;
}

class Reviewed : public Source {
 public:
  explicit Reviewed(SourceOptions options) : options_(std::move(options)) {}

  std::vector<CaseRef> list(std::vector<Note>& notes, const Progress&) override {
    items_.clear();
    std::vector<fs::path> stores;
    std::error_code error;
    const auto skip = fs::directory_options::skip_permission_denied;
    for (fs::recursive_directory_iterator it(options_.path, skip, error), end; !error && it != end;
         it.increment(error))
      if (it->path().filename() == "case.json" && fs::exists(it->path().parent_path() / "versions/0000"))
        stores.push_back(it->path().parent_path());
    if (error)
      notes.push_back({Note::Kind::dropped, options_.path.string() + ": cannot be read: " + error.message()});
    std::sort(stores.begin(), stores.end());
    std::vector<CaseRef> refs;
    for (const fs::path& store : stores) {
      try {
        add(store, refs, notes);
      } catch (const Error& failed) {
        notes.push_back({Note::Kind::dropped, store.string() + ": " + failed.what()});
      }
    }
    if (stores.empty())
      notes.push_back({Note::Kind::dropped, options_.path.string() + ": holds no store of a review"});
    return selected(std::move(refs), options_, notes);
  }

  LoadedCase load(const CaseRef& ref, const RoiNames& names) const override {
    const Item& item = items_.at(ref.index);
    const std::optional<Manifest> manifest = read_manifest(item.version);
    if (!manifest || !changes_since(item.version, *manifest).none())
      throw Error(ErrorKind::input, item.version.string() + ": is not what was approved (manifest.json)");
    io::ReadOptions reading;
    reading.series_uid = item.series;
    reading.allow_gaps = options_.allow_gaps;
    reading.accept_damaged = options_.accept_damaged;
    io::CtImage ct = io::read_ct(item.ct, reading);
    CaseBuilder builder(ref, std::move(ct.volume), names);
    if (ct.uneven) builder.set_slices(ct.uneven->slices);
    for (const Warning& warning : ct.warnings) builder.note(Note::Kind::warning, with_files(warning));
    const fs::path file = item.version / "version.json";
    return reading_json(file.string(), ErrorKind::input, [&] {
      const json version = read_json(file);
      const LabelQuality approved{"", clean_text(version.at("by").get<std::string>()), version.at("made")};
      std::map<std::string, LabelQuality> quality;  // by the name of the structure
      std::string made;
      for (const json& one : version.at("structures")) {
        const std::string name = one.at("name");
        if (one.at("voxels") == 0 || !builder.wanted(name)) continue;
        const fs::path mask = one.at("mask").get<std::string>();
        if (!stays_inside(mask)) throw Error(ErrorKind::input, file.string() + ": names a mask outside");
        builder.add_file(name, item.version / mask);
        LabelQuality& of = quality.emplace(name, approved).first->second;
        of.made = one.at("generation");
        made += (made.empty() ? "" : ", ") + name + " " + (of.made.empty() ? "unknown" : of.made);
      }
      builder.note(Note::Kind::info, clean_text("approved by " + approved.approved_by + " at " +
                                                approved.approved_at + "; made: " + made));
      LoadedCase loaded = builder.finish("approved version " +
                                         std::to_string(version.at("version").get<int>()) + " of a review");
      for (const RoiOutcome& roi : loaded.rois) {
        const auto of = quality.find(roi.name);
        const Organ* const organ = find_organ(names.organs(), roi.organ);
        if (of != quality.end() && organ &&
            std::count(loaded.annotated.begin(), loaded.annotated.end(), organ->id))
          loaded.quality.emplace(organ->name, of->second);
      }
      return loaded;
    });
  }

 private:
  void add(const fs::path& store, std::vector<CaseRef>& refs, std::vector<Note>& notes) {
    if (!fs::exists(store / "approved.json")) {
      notes.push_back({Note::Kind::dropped, store.string() + ": is not approved"});
      return;
    }
    reading_json(store.string(), ErrorKind::input, [&] {
      const json about = read_json(store / "case.json"), approved = read_json(store / "approved.json");
      Item item;
      item.store = store;
      item.version = store / "versions" / version_folder(approved.at("version"));
      item.ct = about.at("ct").get<std::string>();
      item.series = about.at("ct_series_uid");
      if (!fs::exists(item.ct)) throw Error(ErrorKind::input, "its CT is not at " + item.ct.string());
      CaseRef ref;
      ref.id = ref.patient = safe_id(about.at("case"));
      ref.split = Split::training;
      ref.files = {item.version / "version.json", item.version / "masks.runs", item.ct};
      ref.index = items_.size();
      if (const fs::path set = item.version / "structures.dcm"; fs::exists(set)) {
        const io::StructureSet head = io::read_structure_set(set);
        ref.patient = head.patient_id.empty() ? ref.id : head.patient_id;
        ref.dicom_uids = {head.study_uid, item.series};
        ref.dicom_uids.insert(ref.dicom_uids.end(), head.frame_of_reference_uids.begin(),
                              head.frame_of_reference_uids.end());
      }
      items_.push_back(std::move(item));
      refs.push_back(std::move(ref));
    });
  }

  SourceOptions options_;
  std::vector<Item> items_;
};

}  // namespace

std::unique_ptr<Source> make_reviewed_source(const SourceOptions& options) {
  return std::make_unique<Reviewed>(options);
}

}  // namespace anatomynet::curation
