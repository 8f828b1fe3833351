#include "pipeline/facts/facts.h"

#include <cmath>
#include <set>
#include <string>

#include "core/error.h"
#include "core/input_file.h"
#include "core/text.h"
#include "core/upright.h"
#include "io/dicom/dicom_index.h"
#include "io/image/foreign_file.h"
#include "io/image/image_file.h"

namespace anatomynet::pipeline {
namespace {
namespace fs = std::filesystem;

// Where an index axis leads, in the patient.
std::string towards(const Vec3& axis) {
  constexpr const char* ends[3][2]{{"right", "left"}, {"front", "back"}, {"feet", "head"}};
  std::size_t most = 0;
  for (std::size_t k = 1; k < 3; ++k)
    if (std::abs(axis[k]) > std::abs(axis[most])) most = k;
  return ends[most][axis[most] > 0];
}

// The first bytes, for formats whose files have any name.
std::string beginning(const fs::path& file) {
  const InputFile input(file);
  std::string bytes(512, '\0');
  bytes.resize(input.read_at(0, bytes));
  return bytes;
}

// safetensors: eight bytes of length, then a JSON object.
bool looks_like_weights(const std::string& start) {
  return start.size() > 9 && start[8] == '{' && start[6] == '\0' && start[7] == '\0';
}

bool looks_like_checkpoint(const fs::path& file, const std::string& start) {
  if (start.substr(0, 32).find("\x8a\x0a\x6c\xfc\x9c\x46") != std::string::npos) return true;
  return start.starts_with("PK\x03\x04") && start.find("/data.pkl") != std::string::npos &&
         !fs::is_directory(file);
}

Facts file_facts(const fs::path& file, const FactOptions& options) {
  const std::string name = file.filename().string();
  fs::path parent = file.parent_path();
  if (parent.empty()) parent = ".";
  if (name == "dataset.json") return dataset_facts(parent);
  if ((name == "manifest.json" || name == "summary.json") && is_result(parent))
    return result_facts(parent, options);
  if (io::is_image_file_name(file)) return image_facts(file);
  const std::string start = beginning(file);
  if (looks_like_weights(start) || file.extension() == ".safetensors") return weights_facts(file);
  if (looks_like_checkpoint(file, start)) return checkpoint_facts(file);
  if (io::dicom_kind(file) != io::DicomKind::none) return dicom_file_facts(file, options);
  const std::string hint = io::foreign_file_hint(file);
  throw Error(
      ErrorKind::input,
      file.string() + ": not known" + (hint.empty() ? "" : " (it is " + hint + ")") +
          "; tried DICOM, NIfTI, NRRD, MetaImage, weights (safetensors), PyTorch checkpoint, dataset.json");
}

Facts directory_facts(const fs::path& folder, const FactOptions& options, const Progress& progress) {
  if (is_result(folder)) return result_facts(folder, options);
  if (is_batch_result(folder)) return batch_result_facts(folder);
  if (is_training_run(folder)) return training_run_facts(folder);
  if (fs::exists(folder / "dataset.json")) return dataset_facts(folder);
  return folder_facts(folder, options, progress);
}

}  // namespace

Facts grid_facts(const Grid& grid) {
  Facts direction = Facts::array(), axes = Facts::array(), extent = Facts::array();
  for (std::size_t k = 0; k < 3; ++k) {
    const Vec3 axis{grid.direction[0][k], grid.direction[1][k], grid.direction[2][k]};
    direction.push_back(axis);
    axes.push_back(towards(axis));
    extent.push_back(double(grid.size[k]) * grid.spacing[k]);
  }
  return {{"size_xyz", grid.size},
          {"spacing_xyz_mm", grid.spacing},
          {"extent_xyz_mm", extent},
          {"origin_lps_mm", grid.origin},
          {"direction_of_axes_lps", direction},
          {"axes_lead_to", axes},
          {"oblique_degrees", obliquity(grid)}};
}

void hide_patients(Facts& facts, const curation::PatientKey& patients) {
  static const std::set<std::string> written{"label", "name", "description", "problem", "file", "folder"};
  const auto hide = [&](Facts& text) { text = patients.hide(text.get<std::string>()); };
  if (facts.is_array())
    for (Facts& one : facts) hide_patients(one, patients);
  if (!facts.is_object()) return;
  for (auto& [key, value] : facts.items()) {
    if (value.is_string() && written.contains(key)) hide(value);
    if (value.is_array() && key == "warnings")
      for (Facts& warning : value)
        if (warning.is_string()) hide(warning);
    hide_patients(value, patients);
  }
}

Facts warning_facts(const std::vector<Warning>& warnings) {
  Facts list = Facts::array();
  for (const Warning& warning : warnings) list.push_back(with_files(warning));
  return list;
}

void add_facts(Facts& facts, const Facts& more) {
  for (const auto& [key, value] : more.items()) facts[key] = value;
}

Facts facts_of(const fs::path& given, const FactOptions& options, const Progress& progress) {
  const fs::path path = io::folder_of_dicomdir(given);
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status))
    throw Error(ErrorKind::input, path.string() + ": " + (error ? error.message() : "not there"));
  Facts facts =
      fs::is_directory(status) ? directory_facts(path, options, progress) : file_facts(path, options);
  Facts all{{"kind", facts["kind"]}, {"path", clean_text(path.string(), longest_message)}};
  add_facts(all, facts);
  return all;
}

}  // namespace anatomynet::pipeline
