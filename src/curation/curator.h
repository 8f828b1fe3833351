#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/progress.h"
#include "core/shard.h"
#include "curation/head_neck_field.h"
#include "curation/source.h"

namespace anatomynet::curation {

/// One [[source]] of a curation.
struct SourceTable {
  std::string kind;
  SourceOptions options;
  std::optional<std::size_t> expect;  ///< cases that should be found, for the report
};

/// All that decides what a curated data set looks like.
struct Curation {
  std::string name = "curated", attribution;
  std::vector<SourceTable> sources;
  std::vector<std::filesystem::path> names;  ///< more ROI name rules
  std::optional<Vec3> spacing;               ///< mm, x y z; none: the image's own
  bool crop = true;                          ///< to the head-and-neck field
  FieldOptions field;
  std::map<std::string, VoxelBox> boxes;  ///< by case or patient id: taken instead of the field found
  bool within_split = true;               ///< drop repeats within one split too
  bool fill_gaps = false;                 ///< SourceOptions::fill_gaps of every source
  bool accept_damaged = false;            ///< DICOM: take CTs without their damaged slices
  bool anonymise = false;                 ///< who is who, and where files lie, is written nowhere
};

/// How a run goes about it; no influence on what comes out.
struct CurationRun {
  int threads = 0;  ///< cases at once, each held in memory; 0: all cores
  Shard shard;      ///< this run's share of the cases, by their id
  Progress progress{};
  /// A picture of a case; called from several threads.
  std::function<void(const std::filesystem::path&, const CtVolume&, const LabelVolume&, const OrganTable&,
                     const std::string& title)>
      picture{};
};

struct CurationResult {
  std::size_t kept = 0, dropped = 0, rejected = 0, resumed = 0;  ///< cases; dropped: the same scan twice
  std::size_t starved = 0;  ///< of the rejected ones: those that did not fit into memory, alone neither
  std::size_t faults = 0;   ///< files and ROIs that could not be used, besides rejected cases
  std::string summary;      ///< curation.json
};

/// Reads every source, curates each case into `folder`/cases/<id>/ and makes the data set of them
/// (curated_set.h). A case that is finished (same file contents, same options) is taken as it is; one that
/// fails, whatever it throws, is reported and does not stop the others; one that does not fit into memory
/// beside others is tried again alone. Only a disk where nothing more can be written ends a run. Patients are
/// called by number in all that is written and thrown (patient_key.h); the key stands in curation.json alone,
/// under "patients". Throws Error(usage) or Error(input) for what concerns all: options, a source whose
/// folder is not there.
CurationResult curate(const Curation& curation, const std::filesystem::path& folder, const CurationRun& run);

/// A user's boxes: CSV with a header line "id,x0,x1,y0,y1,z0,z1"; voxels of the case's image, last included.
/// Throws Error(usage) naming file and line.
std::map<std::string, VoxelBox> read_boxes(const std::filesystem::path& file);

}  // namespace anatomynet::curation
