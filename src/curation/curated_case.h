#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "curation/curator.h"
#include "curation/overlap.h"

// A curated case on disk: <folder>/cases/<id>/{image.nii.gz, labels.nii.gz, case.json, scan.bin,
// picture.png}. Internal to the curation module.
namespace anatomynet::curation {

/// "<source>_<id>", safe as a file name.
std::string curated_id(const CaseRef& ref);

/// What a finished case is known by: the contents of its files, its identity, and the options.
std::string case_key(const CaseRef& ref, const std::string& options);
/// The options that change what a case becomes, as one text.
std::string options_text(const Curation& curation, const RoiNames& names);

/// The first file of a case that is gone or not what was written; empty: none. `description` is its
/// case.json. Throws nlohmann::json::exception where that does not say what was written.
std::string first_changed(const std::filesystem::path& case_folder,
                          const nlohmann::ordered_json& description);

/// Whether the case is there, whole, and was made from the same.
bool is_finished(const std::filesystem::path& case_folder, const std::string& key);

/// Crops, resamples, describes and writes one loaded case.
void write_case(const std::filesystem::path& case_folder, const LoadedCase& loaded, const Curation& curation,
                const RoiNames& names, const std::string& key, const CurationRun& run);

/// What overlap checks need of it; who the patient is only the key of the set tells. Throws Error(input) for
/// a damaged case.
OverlapInput read_overlap_input(const std::filesystem::path& case_folder);
/// case.json, with every key that a set is made from. Throws Error(input) where one is missing or of another
/// type.
nlohmann::ordered_json read_case(const std::filesystem::path& case_folder);

}  // namespace anatomynet::curation
