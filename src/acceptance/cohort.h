#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/progress.h"
#include "curation/patient_key.h"
#include "curation/source.h"
#include "evaluation/structure_files.h"
#include "io/ct_image.h"
#include "io/dicom/instance_header.h"
#include "pipeline/batch_cases.h"

namespace anatomynet::acceptance {

struct CohortOptions {
  std::filesystem::path path;
  std::string kind;  ///< a kind of source of curation; empty: found by what lies there
  std::vector<std::filesystem::path> names;  ///< more ROI name rules
  bool allow_gaps = false, fill_gaps = false, accept_damaged = false;
  bool anonymise = false;          ///< cases are called case-001 and so on, as in an anonymous batch
  std::filesystem::path case_key;  ///< then: the file that keeps which is which; empty: none
};

/// A case with the clinic's contours, axes nearest to L, P, S.
struct LoadedContours {
  CtVolume ct;
  evaluation::Structures truth;  ///< by TG-263 name, on the CT's grid
  std::vector<curation::RoiOutcome> rois;
  std::vector<curation::Note> notes;
};

/// What is wrong with who is who in a cohort, by headers alone.
struct IdentityDoubt {
  std::vector<std::string> cases;
  std::string text;  ///< one line, without a name or an ID
};

/// A clinic's CTs with its contours, in any form that `curate` reads (DICOM trees, PDDCA, nnU-Net sets,
/// folders with cases.json, ...), or label maps, masks and structure sets beside image CTs, as `evaluate`
/// finds them. Cases of DICOM trees are called by number, patient-001 and so on; other ones by their ids.
class Cohort {
 public:
  /// Of a commissioning in `folder`: its key.csv (readable by its owner alone once written by write_key)
  /// keeps the numbers of an earlier run. Under `anonymise` there is none, and pipeline::anonymise_names
  /// keeps them. Throws Error(input) where there is no case, and as anonymise_names.
  Cohort(const CohortOptions& options, const std::filesystem::path& folder, const Progress& progress);

  const std::string& form() const { return form_; }
  const std::vector<curation::CaseRef>& cases() const { return cases_; }
  const std::vector<curation::Note>& notes() const { return notes_; }  ///< without names
  const std::vector<IdentityDoubt>& doubts() const { return doubts_; }

  /// Throws Error(input) with the reason, without names, for which a case cannot be used.
  LoadedContours load(const curation::CaseRef& ref) const;
  std::vector<pipeline::BatchCase> batch() const;  ///< the CTs, to be contoured
  io::ScannerFacts scanner_of(const curation::CaseRef& ref) const;
  std::string hide(const std::string& text) const;
  void write_key() const;  ///< which case is which; not under `anonymise`

 private:
  void read_key();
  void anonymise(const std::filesystem::path& contours);
  void doubt_identities();
  io::CtImage read_ct(const curation::CaseRef& ref) const;

  CohortOptions options_;
  std::filesystem::path key_file_;
  std::string form_;
  std::shared_ptr<curation::Source> source_;
  curation::RoiNames names_;
  curation::PatientKey key_;
  std::vector<curation::CaseRef> cases_;
  std::vector<curation::Note> notes_;
  std::vector<IdentityDoubt> doubts_;
};

/// Of a commissioning: the model's contours, a folder a case.
std::filesystem::path contours_folder(const std::filesystem::path& commissioning);

}  // namespace anatomynet::acceptance
