#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/grid.h"
#include "core/uneven_slices.h"
#include "core/warning.h"
#include "io/dicom/dicom_index.h"

namespace anatomynet::io {

/// Slices at one distance from each other.
struct SliceBlock {
  std::int64_t first = 0, last = 0;  ///< slices, from 1, both included; a block ends where the next begins
  double mm = 0;                     ///< mean distance of its slices
};

/// A DICOM CT series as its headers tell of it.
struct CtSurvey {
  std::int64_t slices = 0;
  std::optional<Grid> grid;        ///< none where the slices are no volume; of uneven slices the even one
  std::vector<SliceBlock> blocks;  ///< one for evenly spaced slices
  std::string patient_position;    ///< Patient Position (0018,5100), such as HFS; empty where absent
  double gantry_tilt = 0;          ///< degrees, as the header says
  bool tilted = false;             ///< slices that drift sideways: a tilted gantry
  std::vector<Warning> warnings;
  std::string problem;  ///< why segment would refuse the series as it is, one line; mostly empty
};

/// Reads the series' headers, no voxels. Does not throw for what is wrong with the series.
CtSurvey survey_ct(const ArchivedCt& ct);

}  // namespace anatomynet::io
