#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/progress.h"
#include "core/uneven_slices.h"
#include "core/volume.h"
#include "core/warning.h"

namespace anatomynet::io {

/// One slice of the CT as other DICOM objects refer to it.
struct DicomSlice {
  std::string sop_instance_uid;
  Vec3 position{0, 0, 0};  ///< Image Position (Patient): LPS mm of the centre of the file's first voxel
  int frame = 0;           ///< frame number from 1 in an enhanced multi-frame CT, 0 in a single-frame file
};

/// What an RTSTRUCT, or any object made from the CT, must repeat of it. Text values are raw bytes in
/// `specific_character_set`; empty where the CT has none.
struct DicomSource {
  std::string study_instance_uid, series_instance_uid, frame_of_reference_uid, sop_class_uid;
  std::string specific_character_set;
  std::string patient_name, patient_id, patient_birth_date, patient_sex;
  std::string study_date, study_time, study_id, study_description, accession_number, referring_physician;
  std::string series_description, position_reference_indicator;
  std::string patient_position;    ///< HFS, FFP, ...; informative only, geometry never depends on it
  std::vector<DicomSlice> slices;  ///< one an index z of the volume (uneven slices: of on_slices), in order
  bool anonymous = false;          ///< what tells the patient was left out (Patient Identity Removed)
};

/// The same without what tells who the patient is: name, ID, birth date, sex, dates, IDs and description of
/// the study, physician. UIDs stay, since without them nothing ties the object to its CT.
DicomSource anonymised(const DicomSource& source);

/// HU below this are no tissue but padding outside the scanner's circle; readers raise them to it.
inline constexpr std::int16_t lowest_hu = -1024;

/// Every CT of a patient reaches below the one (air within or around the body) and above the other (bone).
/// Images that do not are refused: nothing else tells an image file's CT, and a DICOM CT's sign or rescale is
/// wrong.
inline constexpr std::int16_t highest_air_hu = -500, lowest_dense_hu = 100;

/// Throws Error(input), `what` first, where values from `low` to `high` are no HU of a patient's CT.
void require_hu(double low, double high, const std::string& what);

/// A CT on slices whose distances differ.
struct UnevenCt {
  UnevenSlices slices;  ///< slices.even() is the grid of CtImage::volume
  CtVolume on_slices;   ///< HU as they were scanned, on slices.on_slices()
};

/// A CT as the rest of the program takes it. The volume's z axis runs across slices; its direction is
/// right-handed when it comes from DICOM (x along a row, y down a column, z along row x column).
struct CtImage {
  CtVolume volume;
  std::optional<UnevenCt> uneven;  ///< of a CT whose slices lie unevenly: `volume` is interpolated from them
  std::optional<DicomSource> dicom;  ///< present when read from DICOM
  std::string source;             ///< what was read, for messages: a path, and the series where there is one
  std::vector<Warning> warnings;  ///< what was repaired or looks odd
};

struct ReadOptions {
  std::string series_uid{};   ///< DICOM: take this series; empty: there must be one CT series
  int threads = 1;            ///< that read headers and decode slices; 0: all cores
  bool allow_gaps = false;    ///< DICOM: slices that are missing in an even series are interpolated across
  std::string acquisition{};  ///< DICOM: of a series that holds several, the one that messages call so
  /// DICOM: leave out damaged slices, with a warning for each, where they would be refused otherwise. What is
  /// left must still be a CT: a slice that is lost between others is refused all the same.
  bool accept_damaged = false;
};

/// Reads a CT in HU: a folder, or the folder of a DICOMDIR, is walked for a DICOM CT series; a file is DICOM
/// (one enhanced multi-frame CT), NIfTI, NRRD or MetaImage. Throws Error(input) with one line for anything
/// that is not one whole CT (io/dicom/internal/slice_stack.h says which distances of slices are taken).
CtImage read_ct(const std::filesystem::path& path, const ReadOptions& options = {},
                const Progress& progress = {});

}  // namespace anatomynet::io
