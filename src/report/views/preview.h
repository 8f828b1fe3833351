#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "core/organs.h"
#include "core/volume.h"

namespace anatomynet::report {

struct PreviewOptions {
  double window_centre = 40;  ///< HU
  double window_width = 400;  ///< HU
  std::string title;          ///< first line, such as the series' description; may be empty
  std::vector<double> ml{};   ///< by organ id; empty: counted in the label map
  std::string warning;        ///< banner over the whole width, such as "NOT A MEDICAL DEVICE"; may be empty
};

/// One PNG on which a segmentation is checked at a glance: an axial, a coronal and a sagittal plane placed so
/// that most organs are on them, then one enlarged axial plane for each organ of `organs` with its name,
/// volume in ml, or "not found". Radiological convention, whatever the orientation of the input: the
/// patient's right is at the image's left, the head is up, in the sagittal plane the face looks left; oblique
/// volumes are shown along their nearest axes. Pixels are square in mm. The file appears whole or not at all.
/// Errors: Error(input) when the two grids differ, Error(output) when the file cannot be written.
void write_preview(const std::filesystem::path& path, const CtVolume& ct, const LabelVolume& labels,
                   const OrganTable& organs, const PreviewOptions& options = {});

}  // namespace anatomynet::report
