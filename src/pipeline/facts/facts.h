#pragma once
#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "core/grid.h"
#include "core/progress.h"
#include "core/warning.h"
#include "curation/patient_key.h"

// What a file or folder is, as data (docs/info.md has the keys). Everything that comes from files is clean
// text.
namespace anatomynet::io {
struct ArchivedCt;
}

namespace anatomynet::pipeline {

using Facts = nlohmann::ordered_json;

struct FactOptions {
  bool patient = false;  ///< name and ID from DICOM too
};

/// Of any file or folder that the program knows. Throws Error(input), naming what was tried, for what it does
/// not know, and the reader's error for what is damaged.
Facts facts_of(const std::filesystem::path& path, const FactOptions& options, const Progress& progress = {});

/// The facts as lines and tables for people.
std::string facts_text(const Facts& facts);

/// The keys of `more` behind those of `facts`. update() of nlohmann-json 3.11, and erase(), leave elements of
/// an ordered object without their parent, which JSON_DIAGNOSTICS needs.
void add_facts(Facts& facts, const Facts& more);

// ---- of one kind each

/// Size, spacing, origin, direction, extent, and where the axes lead, in words.
Facts grid_facts(const Grid& grid);
Facts warning_facts(const std::vector<Warning>& warnings);

/// `facts` with "[patient N]" wherever the name or ID stands in what people write (labels, names of ROIs and
/// segments, descriptions, warnings) and in paths below the folder that was asked for.
void hide_patients(Facts& facts, const curation::PatientKey& patients);

Facts image_facts(const std::filesystem::path& file);

Facts dicom_file_facts(const std::filesystem::path& file, const FactOptions& options);
Facts archived_ct_facts(const io::ArchivedCt& ct, const FactOptions& options);
/// What a tree of files holds: DICOM series and objects, images, weights; of a single series all about it.
Facts folder_facts(const std::filesystem::path& folder, const FactOptions& options, const Progress& progress);

Facts weights_facts(const std::filesystem::path& file);
Facts checkpoint_facts(const std::filesystem::path& file);

Facts dataset_facts(const std::filesystem::path& folder);
bool is_training_run(const std::filesystem::path& folder);
Facts training_run_facts(const std::filesystem::path& folder);

/// A case's folder as `segment` writes it, and a folder of such.
bool is_result(const std::filesystem::path& folder);
Facts result_facts(const std::filesystem::path& folder, const FactOptions& options);
bool is_batch_result(const std::filesystem::path& folder);
Facts batch_result_facts(const std::filesystem::path& folder);

}  // namespace anatomynet::pipeline
