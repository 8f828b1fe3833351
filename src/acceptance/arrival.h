#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/messages.h"

namespace anatomynet::acceptance {

/// What `segment` wrote of one CT and its contours (summary.json and quality.json), as figures. No patient's
/// data is in it.
struct Arrival {
  std::string name;       ///< of its folder
  std::int64_t time = 0;  ///< when it was contoured, seconds since 1970
  std::string model;      ///< id
  /// By key: soft_tissue_hu, bone_hu, noise_hu, texture, across_slices, pixel_mm, slice_mm, length_mm,
  /// field_mm, flags, and "ml Parotid_L", "confidence Parotid_L" and so on. Figures that are not known are
  /// absent.
  std::map<std::string, double> figures;
  std::map<std::string, std::string> scanner;             ///< manufacturer, model, kernel, kvp, ...
  std::map<std::string, std::vector<std::string>> flags;  ///< codes by organ; "" holds those of the whole CT
};

/// Throws Error(input) where the folder is no whole result of this program.
Arrival read_arrival(const std::filesystem::path& folder);

/// An arrival as JSON, and back; `flags` are left out. Throws Error(input) with `where`.
nlohmann::json record_of(const Arrival& arrival);
Arrival arrival_of(const nlohmann::json& record, const std::string& where);

/// The results in a folder, at any depth (a batch's, a node's store), in the order of their times, then
/// names. Folders that cannot be read are left out with a line in `warnings`.
std::vector<Arrival> find_arrivals(const std::filesystem::path& folder, std::vector<std::string>& warnings);

/// The same, with warnings as messages. Throws Error(input) where there is none.
std::vector<Arrival> arrivals_in(const std::filesystem::path& folder, Messages& messages);

}  // namespace anatomynet::acceptance
