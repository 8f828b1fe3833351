#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/names.h"
#include "core/sha256.h"

namespace anatomynet::core {

/// What a manifest says beside the files.
struct ManifestFacts {
  std::string model;  ///< identity of the weights; empty: none
  std::string key;    ///< identity of input and settings, for a run that goes on; empty: none
};

/// manifest.json of an output folder: what a run wrote there. It comes last, so that a folder without one is
/// not whole.
struct Manifest {
  static constexpr const char* name = "manifest.json";
  ManifestFacts facts;
  std::map<std::string, FileDigest> files;  ///< by path in the folder, '/' between names
};

/// Of all files below `folder` but hidden ones of ours, which are read for it. JSON: program, model, key, and
/// bytes and sha256 of each file. Throws Error(output) where a file cannot be read.
std::string manifest_json(const std::filesystem::path& folder, const ManifestFacts& facts);

/// Nothing where the folder has no manifest, or none that can be read.
std::optional<Manifest> read_manifest(const std::filesystem::path& folder);

/// The files that are gone, or not what was written.
struct ManifestChanges {
  std::vector<std::string> missing, changed;
  bool none() const { return missing.empty() && changed.empty(); }
};
ManifestChanges changes_since(const std::filesystem::path& folder, const Manifest& manifest);

}  // namespace anatomynet::core
