#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "core/names.h"

namespace anatomynet::core {

/// What was guessed, repaired or left out, or looks odd, and is said without stopping. Paths are kept apart
/// from the text: folders and files are often called after the patient, and results that are passed on must
/// not tell.
struct Warning {
  std::string code;                            ///< for programs, in kebab case: "gantry-tilt"
  std::string text;                            ///< for people: one sentence without path, patient name or ID
  std::vector<std::filesystem::path> files{};  ///< what it is about; none: the input as a whole

  bool operator==(const Warning&) const = default;
};

/// "FILE: text" for those who may know the paths; of many files the first three are named. Clean
/// (core/text.h).
std::string with_files(const Warning& warning);

/// The text alone, for results that are passed on. Clean.
std::string without_files(const Warning& warning);

}  // namespace anatomynet::core
