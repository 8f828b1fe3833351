#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace anatomynet::io {

/// What read_segmentation does not tell of a DICOM Segmentation: how it is stored.
struct SegmentationSurvey {
  std::string type;  ///< Segmentation Type (0062,0001): BINARY, FRACTIONAL or LABELMAP
  std::int64_t frames = 0;
  std::map<int, std::int64_t> frames_of;  ///< by Segment Number; empty for LABELMAP
  std::string series_uid, referenced_series_uid, patient_name;
};

/// Reads the attributes before the pixels. Throws Error(input) for a file that is no DICOM or is damaged.
SegmentationSurvey survey_segmentation(const std::filesystem::path& file);

}  // namespace anatomynet::io
