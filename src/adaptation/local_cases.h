#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/messages.h"
#include "training/data/packed_set.h"

namespace anatomynet::adaptation {

/// A clinic's own cases, prepared for a network.
struct LocalCases {
  OrganTable organs;  ///< what the cases' classes are of
  std::string description, attribution;
  std::vector<training::TrainingCase> cases;  ///< with their truth; decompressed when `loaded`
  std::vector<std::size_t> scan;              ///< of each case, its image: 0 to scans - 1
  std::size_t scans = 0;
  std::vector<std::filesystem::path> ct;     ///< of each case, a file of the CT's own voxels; empty: not kept
  Size3 largest{0, 0, 0};                    ///< voxels x y z that hold every prepared image
  std::vector<std::string> image_sha256;     ///< of each case, the prepared image
  std::map<std::string, std::size_t> drawn;  ///< by organ: scans on which it is annotated and has a voxel
  std::string sha256;  ///< of all prepared images, labels and annotations, whatever the form
};

/// Reads a data set (nnU-Net v2 layout, docs/training.md; training and validation cases alike), a packed set,
/// or any cohort that `commission` reads (acceptance/cohort.h). Cases are kept in `file`, packed, so that
/// memory holds those in use alone, and their CTs beside it. `validation_alone`: of a data set that names
/// validation cases these. Throws Error(input) naming the case that cannot be used.
LocalCases read_local_cases(const std::filesystem::path& path, const dataset::InputOptions& input,
                            const std::filesystem::path& file, bool validation_alone, Messages& messages);

/// A case's CT on the grid of its truth: its own voxels, or those that the network sees where a packed set
/// keeps no others. `c`: the case, loaded.
CtVolume ct_of(const LocalCases& local, std::size_t i, const training::TrainingCase& c);

}  // namespace anatomynet::adaptation
