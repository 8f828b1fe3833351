#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "core/messages.h"
#include "core/output.h"
#include "review/opened_case.h"

namespace anatomynet::review {

/// One state of a case's structures that was saved.
struct VersionInfo {
  int number = 0;                ///< 0: before review
  int parent = -1;               ///< the version that it was made from; -1: none
  std::string made, by, reason;  ///< `made`: UTC, ISO 8601
  bool approved = false;
  std::string role{};      ///< of who saved it, by the node's accounts; empty: not known
  std::string instance{};  ///< SOP Instance UID of its structure set; empty: it has none
};

/// How objects of a version are written.
struct VersionStyle {
  bool exclusive_or = false;  ///< holes as polygons of their own (CLOSEDPLANAR_XOR), otherwise keyholes
};

/// Files of a version: what the program itself reads again (version.json, masks.runs), masks/NAME.nii.gz and,
/// of a DICOM CT, structures.dcm (RTSTRUCT) and seg.dcm. The structure set is read back and held against the
/// masks voxel by voxel. `info.instance` is set. Structures' generation is what they are to be called.
/// Throws Error(internal) where what was written is not what was drawn, Error(input) where the CT's character
/// set cannot hold a name, Error(output).
void write_version(OutputFolder& out, const OpenedCase& of, const Structures& structures, VersionInfo& info,
                   const std::string& predecessor, const VersionStyle& style, Messages& messages);

/// The first two files alone: of version 0, whose objects are the input. `files`: of each structure's mask,
/// in the version's folder; none: there are no such files.
void write_masks(OutputFolder& out, const Structures& structures, const VersionInfo& info,
                 const std::vector<std::string>& files = {});

struct Version {
  VersionInfo info;
  Structures structures;
};

VersionInfo read_version_info(const std::filesystem::path& folder);
/// Throws Error(input) naming the file where it is damaged or not of `grid`.
Version read_version(const std::filesystem::path& folder, const Grid& grid);

}  // namespace anatomynet::review
