#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "core/error.h"
#include "core/parallel_for.h"
#include "curation/case_builder.h"
#include "curation/correspondence.h"
#include "curation/source_common.h"
#include "geometry/rasterise_uneven.h"
#include "io/dicom/closed_contours.h"
#include "io/dicom/dicom_index.h"
#include "io/dicom/image_references.h"
#include "io/dicom/structure_set.h"
#include "io/image/foreign_file.h"

// Any tree of DICOM, such as TCIA's Head-Neck Cetuximab and Head-Neck-PET-CT: CT among PET and others,
// RTSTRUCTs wherever they lie. A case is a CT with at least one structure set.
namespace anatomynet::curation {
namespace fs = std::filesystem;
namespace {

// A structure set and what it was matched to; contours are read again when the case is loaded.
struct MatchedStructureSet {
  fs::path file;
  io::StructureSet head;  // without ROIs
  Correspondence to;
};

struct Item {
  std::size_t ct = 0;
  std::vector<MatchedStructureSet> sets;  // in the order in which they are taken
};

std::string describe_set(const io::StructureSet& set) {
  std::string text = set.file.filename().string();
  if (!set.label.empty()) text += " '" + set.label + "'";
  if (!set.date.empty()) text += " of " + set.date;
  return text;
}

// Contours that refer to images, none of which the CT has.
std::size_t on_absent_images(const io::StoredRoi& roi, const std::set<std::string>& images) {
  return static_cast<std::size_t>(
      std::count_if(roi.contours.begin(), roi.contours.end(), [&](const io::StoredContour& contour) {
        const auto& uids = contour.image_uids;
        return !uids.empty() &&
               std::none_of(uids.begin(), uids.end(), [&](const auto& uid) { return images.contains(uid); });
      }));
}

class Tcia : public Source {
 public:
  explicit Tcia(SourceOptions options) : options_(std::move(options)) {}

  std::vector<CaseRef> list(std::vector<Note>& notes, const Progress& progress) override {
    archive_ = io::index_dicom(options_.path, 0, progress);
    items_.clear();
    for (const io::SkippedFile& skipped : archive_.skipped) {
      const bool expected =
          skipped.kind == io::SkippedFile::Kind::hidden || skipped.kind == io::SkippedFile::Kind::directory;
      const std::string hint = skipped.kind == io::SkippedFile::Kind::foreign
                                   ? io::foreign_file_hint(skipped.file)
                                   : std::string();
      notes.push_back({expected ? Note::Kind::info : Note::Kind::warning,
                       skipped.file.string() + ": " + skipped.reason +
                           (hint.empty() ? "" : " but " + hint.substr(0, hint.find(": give")))});
    }
    for (const auto& [modality, count] : archive_.other_modalities)
      notes.push_back({Note::Kind::info, std::to_string(count) + " files of " + modality + " passed over"});
    std::map<std::size_t, std::vector<MatchedStructureSet>> of_ct = match_all(notes);
    std::vector<CaseRef> refs;
    for (std::size_t i = 0; i < archive_.cts.size(); ++i) {
      const auto sets = of_ct.find(i);
      const io::ArchivedCt& ct = archive_.cts[i];
      if (sets == of_ct.end()) {
        notes.push_back({Note::Kind::dropped,
                         "CT series " + ct.series_uid + " (" + std::to_string(ct.files.size()) +
                             " files in " + ct.files.front().parent_path().string() + "): no structure set",
                         ct.patient_id});
        continue;
      }
      std::sort(sets->second.begin(), sets->second.end(),
                [](const MatchedStructureSet& a, const MatchedStructureSet& b) {
                  return goes_first(a.head, a.to.rule, b.head, b.to.rule);
                });
      refs.push_back(ref_of(i, sets->second));
      items_.push_back({i, std::move(sets->second)});
    }
    return selected(std::move(refs), options_, notes);
  }

  LoadedCase load(const CaseRef& ref, const RoiNames& names) const override {
    const Item& item = items_.at(ref.index);
    const io::ArchivedCt& ct = archive_.cts[item.ct];
    io::ReadOptions reading;
    reading.accept_damaged = options_.accept_damaged;
    reading.allow_gaps = options_.allow_gaps;
    io::CtImage image = io::read_archived_ct(ct, reading);
    const UnevenSlices* uneven = image.uneven ? &image.uneven->slices : nullptr;
    const io::ImageReferences on = io::references_of(image);
    CaseBuilder builder(ref, std::move(image.volume), names);
    if (uneven) builder.set_slices(*uneven);
    for (const Warning& warning : image.warnings) builder.note(Note::Kind::warning, with_files(warning));
    const std::set<std::string> images(ct.sop_instance_uids.begin(), ct.sop_instance_uids.end());
    std::string how;
    for (const MatchedStructureSet& matched : item.sets) {
      const std::string name = describe_set(matched.head);
      for (const std::string& warning : matched.to.warnings)
        builder.note(Note::Kind::warning, name + ": " + warning);
      try {
        io::StructureSet set = io::read_structure_set(matched.file);
        if (const std::string doubt = io::planes_in_doubt(io::references_of(set), on); !doubt.empty())
          builder.note(Note::Kind::warning, name + ": " + doubt);
        rasterise(std::move(set), matched, ct, images, uneven, builder);
        how += (how.empty() ? "" : "; ") + name + ": " + matched.to.how;
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::input) throw;
        builder.note(Note::Kind::warning, std::string("structure set left out: ") + error.what());
      }
    }
    if (item.sets.size() > 1)
      builder.note(Note::Kind::info, std::to_string(item.sets.size()) +
                                         " structure sets; per organ the first is taken of: " + how);
    return builder.finish(how);
  }

  std::vector<PatientIdentity> patients() const override {
    std::vector<PatientIdentity> out;
    for (const io::ArchivedCt& ct : archive_.cts) out.push_back({ct.patient_id, {}, {ct.patient_name}});
    for (const io::ArchivedStructureSet& set : archive_.structure_sets)
      out.push_back({set.patient_id, {}, {set.patient_name}});
    return out;
  }

 private:
  std::map<std::size_t, std::vector<MatchedStructureSet>> match_all(std::vector<Note>& notes) const {
    const CtFinder finder(archive_.cts);
    const auto& files = archive_.structure_sets;
    std::vector<MatchedStructureSet> matched(files.size());
    std::vector<std::string> failures(files.size());
    parallel_for(files.size(), 0, [&](std::size_t i) {
      try {
        io::StructureSet set = io::read_structure_set(files[i].file);
        matched[i].to = finder(set);
        set.rois.clear();
        set.referenced_images.clear();
        matched[i].file = files[i].file;
        matched[i].head = std::move(set);
      } catch (const std::exception& error) {
        failures[i] = error.what();
      }
    });
    std::map<std::size_t, std::vector<MatchedStructureSet>> of_ct;
    std::map<std::string, fs::path> copies;
    for (std::size_t i = 0; i < files.size(); ++i) {
      const auto drop = [&](const std::string& why) {
        notes.push_back({Note::Kind::dropped, files[i].file.string() + ": " + why, files[i].patient_id});
      };
      if (!failures[i].empty()) {
        notes.push_back({Note::Kind::dropped, failures[i], files[i].patient_id});
        continue;
      }
      if (!matched[i].to.ct) {
        drop("structure set rejected: " + matched[i].to.how);
        continue;
      }
      const auto [copy, added] =
          copies.emplace(matched[i].head.sop_instance_uid + "|" + files[i].patient_id, files[i].file);
      if (!added && !matched[i].head.sop_instance_uid.empty()) {
        drop("same SOP Instance UID as " + copy->second.string());
        continue;
      }
      of_ct[*matched[i].to.ct].push_back(std::move(matched[i]));
    }
    return of_ct;
  }

  CaseRef ref_of(std::size_t i, const std::vector<MatchedStructureSet>& sets) const {
    const io::ArchivedCt& ct = archive_.cts[i];
    CaseRef ref;
    ref.id = ref.patient = ct.patient_id.empty() ? "unnamed" : ct.patient_id;
    for (const MatchedStructureSet& matched : sets)
      if (matched.head.patient_id != ct.patient_id && !matched.head.patient_id.empty() &&
          std::find(ref.aliases.begin(), ref.aliases.end(), matched.head.patient_id) == ref.aliases.end())
        ref.aliases.push_back(matched.head.patient_id);
    ref.files = ct.files;
    for (const MatchedStructureSet& matched : sets) ref.files.push_back(matched.file);
    for (const std::string& uid : {ct.study_uid, ct.series_uid, ct.frame_of_reference_uid})
      if (!uid.empty()) ref.dicom_uids.push_back(uid);
    ref.index = items_.size();
    ref.id_tells = true;
    return ref;
  }

  void rasterise(io::StructureSet set, const MatchedStructureSet& matched, const io::ArchivedCt& ct,
                 const std::set<std::string>& images, const UnevenSlices* uneven,
                 CaseBuilder& builder) const {
    const std::string origin = describe_set(set);
    for (const std::string& warning : set.warnings)
      builder.note(Note::Kind::warning, origin + ": " + warning);
    // A plain name goes before a numbered one of the same organ.
    std::vector<io::StoredRoi*> order;
    for (io::StoredRoi& roi : set.rois) order.push_back(&roi);
    std::stable_partition(order.begin(), order.end(),
                          [](io::StoredRoi* roi) { return !roi->name.ends_with('1'); });
    geometry::RasteriseOptions filling;
    filling.gaps = options_.fill_gaps ? geometry::SliceGaps::interpolate : geometry::SliceGaps::leave;
    for (io::StoredRoi* one : order) {
      io::StoredRoi& roi = *one;
      if (!builder.wanted(roi.name)) continue;
      const auto note = [&](const std::string& text) {
        builder.note(Note::Kind::warning, "ROI '" + roi.name + "' (" + origin + "): " + text);
      };
      if (matched.to.rule == MatchRule::frame_of_reference && !roi.frame_of_reference_uid.empty() &&
          roi.frame_of_reference_uid != ct.frame_of_reference_uid) {
        builder.reject(roi.name, origin + ": drawn in another frame of reference than the CT's");
        continue;
      }
      const std::string all = std::to_string(roi.contours.size());
      const std::size_t absent = on_absent_images(roi, images);
      const std::vector<geometry::PatientContour> contours = io::closed_contours(roi);
      for (const std::string& warning : roi.warnings) note(warning);
      if (contours.empty()) {
        builder.reject(roi.name, origin + ": no closed contour among " + all);
        continue;
      }
      const geometry::Rasterised mask = uneven ? geometry::rasterise(contours, *uneven, filling)
                                               : geometry::rasterise(contours, builder.grid(), filling);
      for (const std::string& warning : mask.warnings) note(warning);
      if (mask.contours_used > 0 && mask.contours_outside == mask.contours_used) {
        builder.reject(roi.name, origin + ": all its contours lie outside the CT");
        continue;
      }
      if (mask.contours_outside > 0) note("the organ may be cut at the end of the CT");
      if (absent > 0 && matched.to.rule == MatchRule::images)
        note(std::to_string(absent) + " of " + all +
             " contours refer to slices that the CT does not have: taken by their position");
      builder.add(roi.name, mask.mask, origin);
    }
  }

  SourceOptions options_;
  io::DicomArchive archive_;
  std::vector<Item> items_;
};

}  // namespace

std::unique_ptr<Source> make_tcia_source(const SourceOptions& options) {
  return std::make_unique<Tcia>(options);
}

}  // namespace anatomynet::curation
