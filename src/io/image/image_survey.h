#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "core/grid.h"
#include "core/warning.h"

namespace anatomynet::io {

/// An image file as its header tells of it.
struct ImageSurvey {
  std::string format;      ///< NIfTI, NRRD or MetaImage
  std::string voxel_type;  ///< as it is stored: int16, float32, ...
  bool compressed = false;
  double slope = 1, intercept = 0;  ///< value = slope * stored + intercept
  Grid grid;
  std::vector<Warning> warnings;
};

/// Reads the header alone. Throws Error(input) as read_image_ct does for what a header can be wrong in.
ImageSurvey survey_image(const std::filesystem::path& path);

}  // namespace anatomynet::io
