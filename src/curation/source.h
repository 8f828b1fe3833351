#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/progress.h"
#include "core/volume.h"
#include "curation/patient_key.h"
#include "curation/roi_names.h"

namespace anatomynet::curation {

enum class Split { training, validation, test };

/// A box of voxels of the original image, last voxel included, in the order of the CT's own axes.
struct VoxelBox {
  Size3 first{0, 0, 0}, last{0, 0, 0};
};

/// A case as a source announces it, before any image is read.
struct CaseRef {
  std::string source;                ///< name of the source in the configuration
  std::string id;                    ///< unique within the source, safe in file names
  std::string patient;               ///< patient id as the source has it
  std::vector<std::string> aliases;  ///< other ids of the same patient (0522cNNNN)
  Split split = Split::training;
  std::vector<std::filesystem::path> files;  ///< all that is read for it: what "finished" is decided by
  std::vector<std::string> dicom_uids;       ///< study, series, frame of reference, where there are any
  std::size_t index = 0;                     ///< the source's own number
  int patient_number = 0;                    ///< of the patient in reports (patient_key.h), by the curator
  bool id_tells = false;                     ///< the id is the patient's: reports call the case by number
};

/// A decision that a user may want to check.
struct Note {
  enum class Kind { info, warning, dropped };
  Kind kind = Kind::info;
  std::string text;     ///< one line, without the patient's ID
  std::string patient;  ///< id of the patient whom it is about, where that is not seen from the case
};

/// A ROI or mask of a case, and what became of it.
struct RoiOutcome {
  std::string name;   ///< as in the file, UTF-8
  std::string organ;  ///< TG-263 name, or empty
  std::string why;    ///< rule, "decoy: ...", "unknown", "rejected: ..."
  double ml = 0;
};

/// How an annotation was made, as DICOM's ROI Generation Algorithm says it (MANUAL, SEMIAUTOMATIC, AUTOMATIC;
/// empty: not known), and who approved it when.
struct LabelQuality {
  std::string made, approved_by, approved_at;
};

/// A case with its voxels.
struct LoadedCase {
  CaseRef ref;
  CtVolume ct;
  LabelVolume labels;          ///< organ ids of standard_organs() (or the rules' organs), on ct.grid
  std::vector<int> annotated;  ///< organ ids; not listed means unknown, never background
  std::map<std::string, LabelQuality> quality;  ///< by the organ's name, where the source knows
  std::vector<RoiOutcome> rois;
  std::vector<Note> notes;
  std::string
      correspondence;  ///< how annotation and image were matched: "ReferencedSOPInstanceUID, 90 of 90 slices"
};

/// What every source is made from: one [[source]] table of the configuration.
struct SourceOptions {
  std::string name;  ///< "pddca"
  std::filesystem::path path;
  std::optional<Split> split;             ///< for all its cases, whatever split the source itself has
  std::vector<std::string> only, except;  ///< patient or case ids (exact, or a pattern with *)
  bool allow_gaps = false;                ///< DICOM: as ReadOptions has it
  bool fill_gaps = false;                 ///< contours: slices without any between others are interpolated
  std::string observer;                   ///< DeepMind set: oncologist (where empty), radiographer, both
  bool accept_damaged = false;            ///< DICOM: CTs without their damaged slices (ReadOptions)
};

/// One place that cases come from. Listing and loading may be called from several threads at once once
/// constructed.
class Source {
 public:
  virtual ~Source() = default;
  /// What was found, sorted by id. `notes` gets one line a file or folder that was passed over, with the
  /// reason.
  virtual std::vector<CaseRef> list(std::vector<Note>& notes, const Progress& progress) = 0;
  /// Reads one case. Throws Error(input) with the reason for which the case is rejected. A case none of whose
  /// ROIs is an organ comes back with nothing annotated.
  virtual LoadedCase load(const CaseRef& ref, const RoiNames& names) const = 0;
  /// Whom the source holds images of, once listed: also those of whom no case was made.
  virtual std::vector<PatientIdentity> patients() const { return {}; }
};

/// The kinds that make_source knows, sorted.
const std::vector<std::string>& source_kinds();

/// The kinds: pddca, tcia (cetuximab and head-neck-pet-ct: any tree of DICOM), deepmind, openkbp, nnunet,
/// folder, reviewed. Throws Error(usage) for an unknown kind (listing those known), Error(input) where the
/// path cannot be read.
std::unique_ptr<Source> make_source(const std::string& kind, const SourceOptions& options);

}  // namespace anatomynet::curation
