#include "io/dicom/internal/dicom_header.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <new>
#include <system_error>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "core/error.h"
#include "core/text.h"
#include "io/dicom/dicom_text.h"
#include "io/dicom/internal/dicom_file.h"
#include "io/dicom/internal/dicom_item.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorKind::input, message); }

constexpr double most_frames = 1e6;

// Label Map Segmentation Storage (DICOM Supplement 243), which DCMTK 3.6.7 does not name.
constexpr char label_map_storage[] = "1.2.840.10008.5.1.4.1.1.66.7";

bool enhanced(const std::string& sop_class) {
  return sop_class == UID_EnhancedCTImageStorage || sop_class == UID_LegacyConvertedEnhancedCTImageStorage;
}

bool is_ct(const std::string& sop_class) { return sop_class == UID_CTImageStorage || enhanced(sop_class); }

// Third value of Image Type or Frame Type.
bool is_localizer(const std::string& image_type) {
  std::size_t start = 0;
  for (int k = 0; k < 2; ++k) {
    start = image_type.find('\\', start);
    if (start == std::string::npos) return false;
    ++start;
  }
  const std::string third = image_type.substr(start, image_type.find('\\', start) - start);
  return third.starts_with("LOCALIZER") || third.starts_with("SCOUT");
}

// A functional group of a frame: its own, or the shared one, or nullptr.
DcmItem* functional_group(DcmDataset& data, DcmItem* own, const DcmTagKey& macro) {
  DcmItem* group = nullptr;
  if (own && own->findAndGetSequenceItem(macro, group).good()) return group;
  DcmItem* shared = nullptr;
  if (data.findAndGetSequenceItem(DCM_SharedFunctionalGroupsSequence, shared).good() &&
      shared->findAndGetSequenceItem(macro, group).good())
    return group;
  return nullptr;
}

DcmItem& required_group(DcmDataset& data, DcmItem* own, const DcmTagKey& macro, const std::string& where) {
  DcmItem* group = functional_group(data, own, macro);
  if (!group) fail(where + ": required " + tag_name(macro) + " is missing: incomplete file, export it again");
  return *group;
}

Vec3 position_of(DcmItem& item, const std::string& where) {
  const auto p = required_numbers(item, DCM_ImagePositionPatient, 3, where);
  return {p[0], p[1], p[2]};
}

void read_orientation(DcmItem& item, SlicePlane& plane) {
  const auto o = required_numbers(item, DCM_ImageOrientationPatient, 6, plane.name);
  plane.row = {o[0], o[1], o[2]};
  plane.column = {o[3], o[4], o[5]};
}

void read_measures(DcmItem& item, SlicePlane& plane) {
  const auto spacing = required_numbers(item, DCM_PixelSpacing, 2, plane.name);
  plane.row_spacing = spacing[0];
  plane.column_spacing = spacing[1];
  for (const double s : spacing)
    if (s <= 0) fail(plane.name + ": " + tag_name(DCM_PixelSpacing) + " is not positive");
  if (const auto thickness = numbers(item, DCM_SliceThickness, plane.name))
    plane.thickness = thickness->front();
}

void read_rescale(DcmItem& item, SliceHeader& slice) {
  slice.intercept = required_number(item, DCM_RescaleIntercept, slice.plane.name);
  slice.slope = required_number(item, DCM_RescaleSlope, slice.plane.name);
  if (slice.slope == 0) fail(slice.plane.name + ": " + tag_name(DCM_RescaleSlope) + " is 0");
  // electron density, effective atomic number and others come as CT Images too; US means unspecified
  const std::string type = text(item, DCM_RescaleType);
  if (!type.empty() && type != "HU" && type != "HU_MOD" && type != "US")
    fail(slice.plane.name + ": " + tag_name(DCM_RescaleType) + " is " + type + ", expected HU");
}

SliceHeader common_slice(DcmDataset& data, const fs::path& file) {
  SliceHeader slice;
  slice.file = file;
  slice.plane.name = file.string();
  slice.sop_instance_uid = required_text(data, DCM_SOPInstanceUID, slice.plane.name);
  slice.frame_of_reference_uid = required_text(data, DCM_FrameOfReferenceUID, slice.plane.name);
  DcmItem* table = nullptr;
  slice.has_modality_lut = data.findAndGetSequenceItem(DCM_ModalityLUTSequence, table, 0).good();
  slice.plane.columns = static_cast<std::int64_t>(required_number(data, DCM_Columns, slice.plane.name));
  slice.plane.rows = static_cast<std::int64_t>(required_number(data, DCM_Rows, slice.plane.name));
  slice.acquisition_number = text(data, DCM_AcquisitionNumber);
  slice.acquisition_time = text(data, DCM_AcquisitionDateTime);
  if (slice.acquisition_time.empty())
    slice.acquisition_time = text(data, DCM_AcquisitionDate) + text(data, DCM_AcquisitionTime);
  slice.kernel = text(data, DCM_ConvolutionKernel);
  slice.kvp = text(data, DCM_KVP);
  return slice;
}

SliceHeader read_single(DcmDataset& data, const fs::path& file) {
  SliceHeader slice = common_slice(data, file);
  const std::string& where = slice.plane.name;
  if (const auto frames = numbers(data, DCM_NumberOfFrames, where); frames && frames->front() != 1)
    fail(where + ": " + tag_name(DCM_NumberOfFrames) + " is " + text(data, DCM_NumberOfFrames) +
         "; a CT Image holds one frame");
  slice.plane.position = position_of(data, where);
  read_orientation(data, slice.plane);
  read_measures(data, slice.plane);
  read_rescale(data, slice);
  return slice;
}

std::vector<SliceHeader> read_enhanced(DcmDataset& data, const fs::path& file) {
  const SliceHeader common = common_slice(data, file);
  const double promised = required_number(data, DCM_NumberOfFrames, common.plane.name);
  if (promised < 1 || promised > most_frames)
    fail(common.plane.name + ": " + tag_name(DCM_NumberOfFrames) + " is " + text(data, DCM_NumberOfFrames));
  const auto frames = static_cast<int>(promised);
  std::vector<SliceHeader> slices;
  for (int f = 1; f <= frames; ++f) {
    SliceHeader slice = common;
    slice.frame = f;
    slice.plane.name += " frame " + std::to_string(f);
    const std::string& where = slice.plane.name;
    DcmItem* own = nullptr;
    if (data.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, own, f - 1).bad())
      fail(where + ": no item in " + tag_name(DCM_PerFrameFunctionalGroupsSequence));
    if (DcmItem* type = functional_group(data, own, DCM_CTImageFrameTypeSequence);
        type && is_localizer(text(*type, DCM_FrameType)))
      continue;
    if (DcmItem* content = functional_group(data, own, DCM_FrameContentSequence))
      slice.acquisition_number = text(*content, DCM_FrameAcquisitionNumber);
    if (DcmItem* made = functional_group(data, own, DCM_CTReconstructionSequence))
      slice.kernel = text(*made, DCM_ConvolutionKernel);
    slice.plane.position = position_of(required_group(data, own, DCM_PlanePositionSequence, where), where);
    read_orientation(required_group(data, own, DCM_PlaneOrientationSequence, where), slice.plane);
    read_measures(required_group(data, own, DCM_PixelMeasuresSequence, where), slice.plane);
    read_rescale(required_group(data, own, DCM_PixelValueTransformationSequence, where), slice);
    slices.push_back(std::move(slice));
  }
  return slices;
}

// An uncompressed file must hold what its header promises: said before memory is taken for a volume. `parsed`
// bytes of it lie before the voxels; what lies between group 0028 and the voxels is not counted.
void require_whole(DcmDataset& data, offile_off_t parsed, const fs::path& file) {
  const DcmXfer syntax(data.getOriginalXfer());
  if (syntax.isEncapsulated() || syntax.getStreamCompression() != ESC_none) return;
  const std::string where = file.string();
  const double frames = numbers(data, DCM_NumberOfFrames, where).value_or(std::vector{1.0}).front();
  const double voxels = required_number(data, DCM_Columns, where) * required_number(data, DCM_Rows, where) *
                        frames * required_number(data, DCM_BitsAllocated, where) / 8;
  const double promised = voxels + static_cast<double>(parsed);
  const auto size = static_cast<double>(fs::file_size(file));
  if (size < promised)
    fail("truncated: its header promises " + std::to_string(std::llround(promised)) +
         " bytes, the file has " + std::to_string(std::llround(size)) + "; copy it again");
}

// Group 0028 is the last with what a slice needs; contours, voxels and what vendors add stay on the disk.
const DcmTagKey behind_slices(0x0029, 0x0000);

void read_slices(const fs::path& file, DcmDataset& data, offile_off_t parsed, bool multi,
                 FileHeader& header) {
  const std::string where = file.string();
  header.series_uid = required_text(data, DCM_SeriesInstanceUID, where);
  require_whole(data, parsed, file);
  if (multi) {
    DcmFileFormat all;
    if (const OFCondition status = load_file(file, all, DCM_PixelData); status.bad())
      fail(std::string("truncated or damaged DICOM file (") + status.text() + "); copy it again");
    header.slices = read_enhanced(*all.getDataset(), file);
  } else {
    header.slices.push_back(read_single(data, file));
  }
  if (const auto tilt = numbers(data, DCM_GantryDetectorTilt, where)) header.gantry_tilt = tilt->front();
}

FileKind kind_of(const std::string& sop_class, DcmDataset& data) {
  if (is_ct(sop_class)) return is_localizer(text(data, DCM_ImageType)) ? FileKind::other : FileKind::ct;
  if (sop_class == UID_RTStructureSetStorage) return FileKind::structure_set;
  if (sop_class == UID_SegmentationStorage || sop_class == label_map_storage) return FileKind::segmentation;
  if (sop_class == UID_MediaStorageDirectoryStorage) return FileKind::directory;
  return FileKind::other;
}

void read_dicom(const fs::path& file, Signature signature, FileHeader& header) {
  DcmFileFormat format;
  offile_off_t parsed = 0;
  const OFCondition status = load_file(file, format, behind_slices, DCM_MaxReadLength, &parsed);
  DcmDataset& data = *format.getDataset();
  const std::string sop_class = sop_class_of(format);
  if (signature == Signature::bare && !sop_class.starts_with("1.2.")) {  // began like one by chance
    header.kind = FileKind::foreign;
    header.problem = "not a DICOM file";
    return;
  }
  header.modality = text(data, DCM_Modality);
  const auto utf8 = [&](const DcmTagKey& tag) {
    std::string raw = text(data, tag);
    return is_plain_ascii(raw) ? raw : TextDecoder(text(data, DCM_SpecificCharacterSet))(raw);
  };
  header.patient_id = utf8(DCM_PatientID);
  header.patient_name = utf8(DCM_PatientName);
  header.study_uid = text(data, DCM_StudyInstanceUID);
  header.series_uid = text(data, DCM_SeriesInstanceUID);
  header.series_description = text(data, DCM_SeriesDescription);
  header.sop_instance_uid = text(data, DCM_SOPInstanceUID);
  header.frame_of_reference_uid = text(data, DCM_FrameOfReferenceUID);
  header.kind = kind_of(sop_class, data);
  if (status.bad() || sop_class.empty()) {
    header.problem = std::string("truncated or damaged DICOM file (") +
                     (status.bad() ? status.text() : "no SOP Class UID") + "); copy it again";
    // A damaged file of another kind does not matter: what could be read says twice that it is no CT.
    const bool sure = !sop_class.empty() &&
                      sop_class == text(*format.getMetaInfo(), DCM_MediaStorageSOPClassUID) &&
                      sop_class == text(data, DCM_SOPClassUID);
    if (header.kind != FileKind::ct && !sure) header.kind = FileKind::damaged;
    return;
  }
  if (header.kind != FileKind::ct) return;
  read_slices(file, data, parsed, enhanced(sop_class), header);
}

}  // namespace

bool named_dicom(const fs::path& file) {
  std::string extension = file.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".dcm" || extension == ".dicom" || extension == ".ima";
}

std::string without_file(const std::string& message, const fs::path& file) {
  const std::string path = clean_text(file.string());       // as it stands in an Error's message
  if (path.size() > longest_message / 2) return "damaged";  // a message may hold a part of it
  if (!message.starts_with(path)) return message.find(path) == std::string::npos ? message : "damaged";
  const std::size_t start = message.find_first_not_of(": ", path.size());  // "FILE: ...", "FILE frame 3: ..."
  return start == std::string::npos ? std::string() : message.substr(start);
}

FileHeader read_header(const fs::path& file) {
  FileHeader header;
  header.file = file;
  try {
    header.kind = FileKind::damaged;  // until it can be read
    const Signature signature = signature_of(file);
    header.kind = FileKind::foreign;
    if (is_dicom(signature)) {
      header.kind = FileKind::damaged;
      read_dicom(file, signature, header);
    } else {
      const bool blank = signature == Signature::blank;
      const bool empty = fs::file_size(file) == 0;
      header.problem = empty ? "empty file" : blank ? "filled with zeros" : "not a DICOM file";
      if (blank && named_dicom(file)) header.kind = FileKind::damaged;
    }
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const fs::filesystem_error& error) {
    header.problem = "cannot read: " + error.code().message();
  } catch (const std::exception& error) {
    header.problem = without_file(error.what(), file);
  }
  return header;
}

DicomSource read_source(const fs::path& file) {
  DcmFileFormat format;
  if (load_file(file, format, behind_slices).bad()) fail(file.string() + ": no longer a DICOM file");
  DcmDataset& data = *format.getDataset();
  DicomSource source;
  source.study_instance_uid = required_text(data, DCM_StudyInstanceUID, file.string());
  source.series_instance_uid = required_text(data, DCM_SeriesInstanceUID, file.string());
  source.frame_of_reference_uid = required_text(data, DCM_FrameOfReferenceUID, file.string());
  source.sop_class_uid = text(data, DCM_SOPClassUID);
  source.specific_character_set = text(data, DCM_SpecificCharacterSet);
  source.patient_name = text(data, DCM_PatientName);
  source.patient_id = text(data, DCM_PatientID);
  source.patient_birth_date = text(data, DCM_PatientBirthDate);
  source.patient_sex = text(data, DCM_PatientSex);
  source.study_date = text(data, DCM_StudyDate);
  source.study_time = text(data, DCM_StudyTime);
  source.study_id = text(data, DCM_StudyID);
  source.study_description = text(data, DCM_StudyDescription);
  source.accession_number = text(data, DCM_AccessionNumber);
  source.referring_physician = text(data, DCM_ReferringPhysicianName);
  source.series_description = text(data, DCM_SeriesDescription);
  source.position_reference_indicator = text(data, DCM_PositionReferenceIndicator);
  source.patient_position = text(data, DCM_PatientPosition);
  return source;
}

}  // namespace anatomynet::io
