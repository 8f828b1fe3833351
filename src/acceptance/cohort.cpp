#include "acceptance/cohort.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "acceptance/image_cohort.h"
#include "core/csv.h"
#include "core/error.h"
#include "core/file_name.h"
#include "core/private_file.h"
#include "core/resample.h"
#include "core/text.h"
#include "curation/numbered_cases.h"
#include "evaluation/boxed_mask.h"
#include "io/dicom/dicom_index.h"
#include "io/dicom/instance_header.h"
#include "pipeline/batch_identity.h"
#include "pipeline/case_key.h"

namespace anatomynet::acceptance {
namespace {

namespace fs = std::filesystem;

constexpr auto source_name = "cohort";

bool has_pddca_case(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code none;
    if (fs::is_directory(it->path() / "structures", none) && fs::exists(it->path() / "img.nrrd", none))
      return true;
  }
  return false;
}

// The kind of source that a path is one of; empty: images with structures beside them.
std::string kind_of(const fs::path& path, const Progress& progress) {
  std::error_code error;
  if (!fs::exists(path, error)) throw Error(ErrorKind::input, path.string() + ": no such file or folder");
  if (!fs::is_directory(path, error))
    throw Error(ErrorKind::input, path.string() + ": is a file; give the folder of CTs and contours");
  if (fs::is_regular_file(path / "dataset.json", error)) return "nnunet";
  if (fs::is_regular_file(path / "cases.json", error)) return "folder";
  if (has_pddca_case(path)) return "pddca";
  return io::index_dicom(path, 0, progress).cts.empty() ? "" : "tcia";
}

CtVolume upright(CtVolume ct) {
  const Orientation orientation = nearest_orientation(ct.grid);
  return orientation.identity() ? std::move(ct) : reorient(ct, orientation);
}

LabelVolume upright(LabelVolume labels) {
  const Orientation orientation = nearest_orientation(labels.grid);
  return orientation.identity() ? std::move(labels) : reorient(labels, orientation);
}

}  // namespace

fs::path contours_folder(const fs::path& commissioning) { return commissioning / "contours"; }

Cohort::Cohort(const CohortOptions& options, const fs::path& folder, const Progress& progress)
    : options_(options), key_file_(folder / "key.csv"), names_(curation::RoiNames::shipped_with_more()) {
  for (const fs::path& file : options.names) names_.add(file);
  options_.path = io::folder_of_dicomdir(options.path);
  std::string kind = options.kind.empty() ? kind_of(options_.path, progress) : options.kind;
  curation::SourceOptions how;
  how.name = source_name;
  how.path = options_.path;
  how.allow_gaps = options.allow_gaps;
  how.fill_gaps = options.fill_gaps;
  how.accept_damaged = options.accept_damaged;
  source_ = kind.empty() ? make_image_source(how) : curation::make_source(kind, how);
  form_ = kind.empty() ? "images" : kind == "tcia" ? "DICOM" : kind;
  cases_ = source_->list(notes_, progress);
  read_key();
  curation::number_cases(key_, source_name, *source_, cases_);
  std::set<std::string> taken;
  for (curation::CaseRef& ref : cases_) {
    const std::string name = safe_file_name(ref.id);
    ref.id = name;
    for (int n = 2; !taken.insert(ref.id).second; ++n) ref.id = name + "-" + std::to_string(n);
  }
  for (curation::Note& note : notes_) {
    const int number = note.patient.empty() ? 0 : key_.number(source_name, note.patient);
    note.text = (number > 0 ? "patient " + std::to_string(number) + ": " : "") + hide(note.text);
  }
  if (cases_.empty()) {
    std::string why;
    for (const curation::Note& note : notes_)
      if (note.kind == curation::Note::Kind::dropped && why.empty()) why = "; " + note.text;
    throw Error(ErrorKind::input,
                options_.path.string() + ": no CT with contours is there" + why +
                    "; expected a folder of DICOM CTs with RTSTRUCTs, a data set, or CTs and label "
                    "maps in image files (docs/commissioning.md)");
  }
  if (options_.anonymise) anonymise(contours_folder(folder));
  doubt_identities();
}

void Cohort::anonymise(const fs::path& contours) {
  std::vector<pipeline::BatchCase> cases = batch();
  pipeline::anonymise_names(cases, options_.case_key, contours);
  for (std::size_t i = 0; i < cases.size(); ++i) cases_[i].id = cases[i].name;
}

std::string Cohort::hide(const std::string& text) const {
  return form_ == "DICOM" ? clean_text(key_.hide(text)) : clean_text(text);
}

void Cohort::read_key() {
  std::ifstream in(key_file_);
  std::string line;
  for (std::getline(in, line); std::getline(in, line);) {
    const CsvRow cells = csv_cells(line);
    if (cells.size() != 4 || cells[1].empty()) continue;
    char* end = nullptr;
    const long number = std::strtol(cells[1].c_str(), &end, 10);
    if (*end == '\0' && number > 0) key_.remember(source_name, static_cast<int>(number), cells[2]);
  }
}

void Cohort::write_key() const {
  if (options_.anonymise) return;
  std::string text = csv_line({"case", "number", "patient", "files"});
  for (const curation::CaseRef& ref : cases_)
    text += csv_line({ref.id, std::to_string(ref.patient_number), ref.patient,
                      ref.files.empty() ? "" : percent_encoded(ref.files.front())});
  write_private_file(key_file_, text);
}

void Cohort::doubt_identities() {
  std::map<std::string, std::set<std::string>> names;
  for (const curation::PatientIdentity& who : source_->patients())
    for (const std::string& name : who.names)
      if (!name.empty()) names[who.id].insert(name);
  std::map<std::string, std::vector<std::string>> cases;
  std::map<fs::path, std::map<int, std::string>> in_folder;
  for (const curation::CaseRef& ref : cases_) {
    cases[ref.patient].push_back(ref.id);
    if (!ref.aliases.empty())
      doubts_.push_back(
          {{ref.id}, "the structure set and the CT that it refers to bear different Patient IDs"});
    if (form_ == "DICOM" && !ref.files.empty())
      in_folder[ref.files.front().parent_path()].emplace(ref.patient_number, ref.id);
  }
  for (const auto& [id, various] : names)
    if (various.size() > 1 && cases.contains(id))
      doubts_.push_back(
          {cases[id], std::to_string(various.size()) +
                          " different patients' names under one Patient ID: two patients in one?"});
  for (const auto& [folder, patients] : in_folder) {
    if (patients.size() < 2) continue;
    std::vector<std::string> ids;
    for (const auto& [number, id] : patients) ids.push_back(id);
    doubts_.push_back({ids, "CTs of " + std::to_string(ids.size()) + " patients lie in one folder"});
  }
}

LoadedContours Cohort::load(const curation::CaseRef& ref) const try {
  curation::LoadedCase loaded = source_->load(ref, names_);
  LoadedContours out;
  out.ct = upright(std::move(loaded.ct));
  const LabelVolume labels = upright(std::move(loaded.labels));
  out.truth.grid = labels.grid;
  auto masks = evaluation::boxed_structures(labels);
  for (const int id : loaded.annotated) {
    const Organ* organ = find_organ(names_.organs(), id);
    const auto it = masks.find(id);
    evaluation::BoxedMask none;
    none.grid = labels.grid;
    if (organ) out.truth.organs.emplace(organ->name, it == masks.end() ? none : std::move(it->second));
  }
  for (curation::RoiOutcome& roi : loaded.rois) {
    roi.why = hide(roi.why);
    roi.name = roi.organ.empty() ? hide(roi.name) : clean_text(roi.name);
    out.rois.push_back(roi);
  }
  for (curation::Note& note : loaded.notes) out.notes.push_back({note.kind, hide(note.text), {}});
  return out;
} catch (const Error& error) {
  throw Error(error.kind(), hide(error.what()));
}

io::CtImage Cohort::read_ct(const curation::CaseRef& ref) const try {
  io::CtImage image;
  image.volume = source_->load(ref, names_).ct;
  image.source = ref.id;
  return image;
} catch (const Error& error) {
  throw Error(error.kind(), hide(error.what()));
}

io::ScannerFacts Cohort::scanner_of(const curation::CaseRef& ref) const {
  return form_ == "DICOM" ? io::scanner_of(ref.files.front()) : io::ScannerFacts{};
}

std::vector<pipeline::BatchCase> Cohort::batch() const {
  std::vector<pipeline::BatchCase> out;
  for (const curation::CaseRef& ref : cases_)
    out.push_back({ref.id, pipeline::files_identity(ref.files),
                   fs::absolute(ref.files.front()).lexically_normal(), "",
                   [this, &ref] { return read_ct(ref); }});
  return out;
}

}  // namespace anatomynet::acceptance
