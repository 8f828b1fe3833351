#pragma once
#include <filesystem>
#include <vector>

#include "core/organs.h"
#include "core/volume.h"

namespace anatomynet::report {

/// One PNG an organ, at the path of the same number: its name and volume, and the three planes that
/// segmentation_page shows, with all contours. Nothing is written for organs without a voxel. Each file
/// appears whole or not at all. `known_ml`: volumes by organ id; empty: counted in the label map. Errors:
/// Error(input) when the two grids differ, Error(output).
void write_organ_pictures(const std::vector<std::filesystem::path>& paths, const CtVolume& ct,
                          const LabelVolume& labels, const OrganTable& organs,
                          const std::vector<double>& known_ml = {});

}  // namespace anatomynet::report
