#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/grid.h"
#include "io/dicom/contour_type.h"

namespace anatomynet::io {

/// A contour as the file has it (PS3.3 C.8.8.6). Nothing is repaired here.
struct StoredContour {
  std::string type;                         ///< Contour Geometric Type as written
  ContourKind kind = ContourKind::unknown;  ///< what it means
  std::vector<Vec3> points;             ///< LPS mm, as many as Contour Data holds; unreadable numbers are NaN
  std::vector<std::string> image_uids;  ///< Referenced SOP Instance UIDs of its Contour Image Sequence
};

struct StoredRoi {
  int number = 0;
  std::string name;  ///< UTF-8, whatever SpecificCharacterSet the file has
  std::string frame_of_reference_uid, interpreted_type;
  std::string generation_algorithm;  ///< AUTOMATIC, SEMIAUTOMATIC, MANUAL; empty: the file does not say
  std::optional<std::array<std::uint8_t, 3>> colour;
  std::vector<StoredContour> contours;
  std::vector<std::string> warnings;  ///< one line each: what could not be read
};

/// A DICOM RT Structure Set (PS3.3 A.19), with all that ties it to its images. Texts are UTF-8.
struct StructureSet {
  std::filesystem::path file;
  std::string patient_id, patient_name, study_uid, series_uid, sop_instance_uid;
  std::string label, date, time;                     ///< Structure Set Label, Date (YYYYMMDD), Time
  std::vector<std::string> frame_of_reference_uids;  ///< of the file and of its referenced frames, no repeats
  std::vector<std::string> referenced_series;        ///< Series Instance UIDs
  std::vector<std::string> referenced_images;        ///< SOP Instance UIDs, of the series and of all contours
  std::vector<StoredRoi> rois;                       ///< by ROI number
  std::vector<std::string> warnings;
};

/// Reads a structure set; memory is about that of the contours' points, also for a file of 1 GB, and 1.3 kB
/// an item; Error(memory) before reading where that is more than half of what is available. Throws
/// Error(input) when the file is no RTSTRUCT, truncated or damaged, or has more than 10,000 ROIs.
StructureSet read_structure_set(const std::filesystem::path& file);

}  // namespace anatomynet::io
