#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/uneven_slices.h"
#include "core/volume.h"
#include "evaluation/boxed_mask.h"
#include "model/model_file.h"

namespace anatomynet::report {

/// Figures of one organ in a label map.
struct OrganFigures {
  int id = 0;
  std::string name;
  std::int64_t voxels = 0;
  double ml = 0;
  Vec3 centroid{};  ///< LPS mm; meaningless where voxels is 0
};

/// `uneven`: the CT's slices where they lie unevenly; volumes and centroids are then those of the slices'
/// slabs, voxels those of `labels`, which are on the even grid.
std::vector<OrganFigures> measure(const LabelVolume& labels, const OrganTable& organs,
                                  const UnevenSlices* uneven = nullptr);

/// Figures of a structure that is made of organs, and may overlap them.
struct DerivedFigures {
  Organ organ;             ///< name, colour, and an id beyond those of labels
  std::string expression;  ///< what it is made of
  double ml = 0;
  const evaluation::BoxedMask* mask = nullptr;  ///< outlives it
};

/// What summary.json says beside the organs.
struct RunFacts {
  std::string source, engine, instructions;  ///< instructions: of the kernels, such as "avx512"
  std::vector<std::string> warnings, warning_codes;
  Grid network_grid;
  double network_seconds = 0, segment_seconds = 0, total_seconds = 0;
  std::int64_t peak_bytes = 0;
  std::string input_id;  ///< of the data without naming it, by which a batch finds it again; empty: none
  std::vector<std::string> checks;  ///< what to look at again, one line each
  std::vector<DerivedFigures> derived;
  std::string template_file, template_sha256;  ///< its name without folders; empty: none was used
  const UnevenSlices* uneven = nullptr;        ///< the CT's slices where they lie unevenly
  std::vector<std::pair<std::string, std::string>> scanner{};  ///< key and text, of a DICOM CT
};

/// What a batch needs of a summary.json that an earlier run wrote.
struct EarlierRun {
  std::string input, input_id;
  double total_seconds = 0;
  std::vector<std::string> warnings, checks;
  std::vector<OrganFigures> organs, derived;  ///< name, voxels and ml alone
};

/// Nothing where the file is absent or not a whole summary.
std::optional<EarlierRun> read_summary(const std::filesystem::path& file);

/// summary.json: program, model (id, data, attribution), organs and what is derived of them (ml, mm, voxels),
/// geometry, time, memory.
std::string summary_json(const LabelVolume& labels, const model::Model& model, const RunFacts& facts);

}  // namespace anatomynet::report
