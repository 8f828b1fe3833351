#include <algorithm>
#include <map>
#include <optional>

#include "core/error.h"
#include "core/folder_walk.h"
#include "core/text.h"
#include "io/dicom/ct_survey.h"
#include "io/dicom/dicom_index.h"
#include "io/image/image_file.h"
#include "io/image/image_survey.h"
#include "model/model_file.h"
#include "pipeline/facts/facts.h"

namespace anatomynet::pipeline {
namespace {
namespace fs = std::filesystem;

std::string below(const fs::path& file, const fs::path& root) {
  const fs::path relative = file.lexically_relative(root);
  return clean_text((relative.empty() ? file : relative).string(), longest_value);
}

// Patients by number, in the order in which they come, so that lines of one patient are seen as such.
class Patients {
 public:
  Facts of(const std::string& id, const std::string& name, const FactOptions& options, const Facts& row) {
    const int number = numbers_.emplace(id, static_cast<int>(numbers_.size()) + 1).first->second;
    key_.remember("", number, id);
    people_.push_back({.id = id, .names = {name}});
    Facts all{{"patient", number}};
    if (options.patient) {
      all["patient_name"] = clean_text(name, longest_value);
      all["patient_id"] = clean_text(id, longest_value);
    }
    add_facts(all, row);
    return all;
  }

  /// Of all that came so far.
  curation::PatientKey key() const {
    curation::PatientKey key = key_;
    key.add("", people_);
    return key;
  }

 private:
  std::map<std::string, int> numbers_;
  curation::PatientKey key_;
  std::vector<curation::PatientIdentity> people_;
};

Facts series_row(const io::ArchivedCt& ct, const fs::path& root) {
  const io::CtSurvey survey = io::survey_ct(ct);
  Facts row{{"description", clean_text(ct.description, longest_value)}, {"slices", survey.slices}};
  row["size_xyz"] = survey.grid ? Facts(survey.grid->size) : Facts(nullptr);
  row["spacing_xyz_mm"] = survey.grid ? Facts(survey.grid->spacing) : Facts(nullptr);
  row["evenly_spaced"] = survey.blocks.size() == 1;
  row["series_uid"] = clean_text(ct.series_uid, longest_value);
  row["folder"] = below(ct.files.front().parent_path(), root);
  row["problem"] = clean_text(survey.problem, longest_message);
  return row;
}

Facts image_row(const fs::path& file, const fs::path& root) try {
  const io::ImageSurvey image = io::survey_image(file);
  return {{"file", below(file, root)},
          {"format", image.format},
          {"stored_as", image.voxel_type},
          {"size_xyz", image.grid.size},
          {"spacing_xyz_mm", image.grid.spacing}};
} catch (const Error& error) {
  if (error.kind() != ErrorKind::input) throw;
  return {{"file", below(file, root)}, {"problem", error.what()}};
}

Facts weights_row(const fs::path& file, const fs::path& root) try {
  const model::ModelInfo info = model::read_model(file).info;
  return {{"file", below(file, root)}, {"name", info.name}, {"organs", info.organs.size()}};
} catch (const Error& error) {
  if (error.kind() != ErrorKind::model) throw;
  return {{"file", below(file, root)}, {"problem", error.what()}};
}

struct Tree {
  Facts images = Facts::array(), weights = Facts::array();
};

// What the index of DICOM leaves aside.
Tree other_files(const io::DicomArchive& archive, const fs::path& root) {
  Tree tree;
  for (const io::SkippedFile& skipped : archive.skipped) {
    if (skipped.kind == io::SkippedFile::Kind::hidden || skipped.kind == io::SkippedFile::Kind::copy)
      continue;
    if (io::is_image_file_name(skipped.file)) tree.images.push_back(image_row(skipped.file, root));
    if (skipped.file.extension() == ".safetensors") tree.weights.push_back(weights_row(skipped.file, root));
  }
  return tree;
}

Facts damaged_files(const io::DicomArchive& archive, const fs::path& root) {
  Facts list = Facts::array();
  for (const io::SkippedFile& skipped : archive.skipped)
    if (skipped.kind == io::SkippedFile::Kind::damaged)
      list.push_back(
          {{"file", below(skipped.file, root)}, {"problem", clean_text(skipped.reason, longest_message)}});
  return list;
}

std::string counts_text(const std::map<std::string, std::size_t>& counts) {
  std::string text;
  for (const auto& [modality, files] : counts)
    text +=
        (text.empty() ? "" : ", ") + clean_text(modality, longest_value) + " (" + std::to_string(files) + ")";
  return text;
}

// The one thing that a tree holds, where it is but one.
std::optional<Facts> only_thing(const io::DicomArchive& archive, const Tree& tree, const fs::path& root,
                                const FactOptions& options) {
  if (!tree.images.empty() || !tree.weights.empty()) return {};
  const std::size_t things =
      archive.cts.size() + archive.structure_sets.size() + archive.segmentations.size();
  if (things != 1) return {};
  if (!archive.cts.empty()) return archived_ct_facts(archive.cts.front(), options);
  const fs::path file =
      archive.structure_sets.empty() ? archive.segmentations.front() : archive.structure_sets.front().file;
  if (file == root) return {};
  Facts facts = dicom_file_facts(file, options);
  facts["file"] = below(file, root);
  return facts;
}

[[noreturn]] void refuse_empty(const io::DicomArchive& archive, const fs::path& root) {
  for (const io::SkippedFile& skipped : archive.skipped)
    if (skipped.kind == io::SkippedFile::Kind::damaged)
      throw Error(ErrorKind::input, skipped.file.string() + ": " + skipped.reason);
  throw Error(ErrorKind::input,
              root.string() + ": nothing in it is known (" + std::to_string(archive.files) +
                  " files); tried DICOM, NIfTI, NRRD, MetaImage, weights (safetensors), a data set "
                  "(dataset.json), a training run, results of segment (manifest.json)");
}

}  // namespace

Facts folder_facts(const fs::path& root, const FactOptions& options, const Progress& progress) {
  const io::DicomArchive archive = io::index_dicom(root, 0, progress);
  const Tree tree = other_files(archive, root);
  if (auto only = only_thing(archive, tree, root, options)) return *only;
  Facts series = Facts::array(), sets = Facts::array(), segmentations = Facts::array();
  Patients patients;
  for (const io::ArchivedCt& ct : archive.cts)
    series.push_back(patients.of(ct.patient_id, ct.patient_name, options, series_row(ct, root)));
  for (const io::ArchivedStructureSet& set : archive.structure_sets)
    sets.push_back(patients.of(set.patient_id, set.patient_name, options, {{"file", below(set.file, root)}}));
  for (const fs::path& file : archive.segmentations) segmentations.push_back({{"file", below(file, root)}});
  if (series.empty() && sets.empty() && segmentations.empty() && tree.images.empty() &&
      tree.weights.empty() && archive.other_modalities.empty())
    refuse_empty(archive, root);
  Facts facts{{"kind", fs::is_directory(root) ? "folder" : "dicom-object"},
              {"files", archive.files},
              {"ct_series", series},
              {"structure_sets", sets},
              {"segmentations", segmentations},
              {"images", tree.images},
              {"weights_files", tree.weights},
              {"dicom_files_by_modality", counts_text(archive.other_modalities)},
              {"damaged_files", damaged_files(archive, root)}};
  if (!options.patient) hide_patients(facts, patients.key());
  return facts;
}

}  // namespace anatomynet::pipeline
