#pragma once
#include <filesystem>
#include <string>

#include "io/ct_image.h"

namespace anatomynet::io {

struct CtSeriesOptions {
  std::string patient_name = "Phantom^AnatomyNet", patient_id = "PHANTOM";
  std::string study_description = "Synthetic CT", series_description = "Synthetic head and neck";
  std::string patient_position = "HFS";
  std::string uid_seed{};  ///< same seed: same UIDs, dates and bytes; empty: fresh UIDs and the current time
};

/// Writes the volume as a series of CT Image Storage files (PS3.3 A.3), one a slice, CT0001.dcm onwards, into
/// `folder`: all or none. HU are kept exactly. Returns what an RTSTRUCT of the series refers to, slice z of
/// the volume at index z (a reader sees a left-handed volume with z reversed). Throws Error(input) for an
/// unusable grid, Error(output) where it cannot write.
DicomSource write_ct_series(const std::filesystem::path& folder, const CtVolume& ct,
                            const CtSeriesOptions& options = {});

}  // namespace anatomynet::io
