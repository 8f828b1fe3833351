#include "io/dicom_header.h"

#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "core/error.h"
#include "io/dicom_item.h"

namespace anatomynet::dicom {
namespace {
namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorKind::input, message); }

constexpr double most_frames = 1e6;

// Part 10 files say DICM after 128 bytes; older ones start with a data set, that is with group 0008 or 0002.
enum class Signature { none, part10, bare };

Signature signature_of(const fs::path& file) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(file.c_str(), "rb"), std::fclose);
  if (!in) fail(file.string() + ": cannot open: " + std::strerror(errno));
  std::array<unsigned char, 132> start{};
  const std::size_t n = std::fread(start.data(), 1, start.size(), in.get());
  if (std::ferror(in.get())) fail(file.string() + ": cannot read: " + std::strerror(errno));
  if (n == start.size() && std::memcmp(start.data() + 128, "DICM", 4) == 0) return Signature::part10;
  const bool little = (start[0] == 8 || start[0] == 2) && start[1] == 0;
  const bool big = start[0] == 0 && start[1] == 8;
  return n >= 16 && (little || big) && start[3] == 0 ? Signature::bare : Signature::none;
}

bool enhanced(const std::string& sop_class) {
  return sop_class == UID_EnhancedCTImageStorage || sop_class == UID_LegacyConvertedEnhancedCTImageStorage;
}

bool is_ct(const std::string& sop_class) { return sop_class == UID_CTImageStorage || enhanced(sop_class); }

bool load_header(const fs::path& file, DcmFileFormat& format) {
  const Signature signature = signature_of(file);
  if (signature == Signature::none) return false;
  const OFCondition status = format.loadFileUntilTag(file.c_str(), EXS_Unknown, EGL_noChange,
                                                     DCM_MaxReadLength, ERM_autoDetect, DCM_PixelData);
  if (status.good()) return true;
  if (signature == Signature::bare) return false;
  // A damaged file of another kind does not matter: what could be read says twice that it is no CT.
  const std::string sop_class = text(*format.getMetaInfo(), DCM_MediaStorageSOPClassUID);
  if (!sop_class.empty() && sop_class == text(*format.getDataset(), DCM_SOPClassUID) && !is_ct(sop_class))
    return true;
  fail(file.string() + ": truncated or damaged DICOM file (" + status.text() + "); copy it again");
}

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

// An uncompressed file must hold what its header promises: said before memory is taken for a volume.
void require_whole(DcmDataset& data, const fs::path& file) {
  const DcmXfer syntax(data.getOriginalXfer());
  if (syntax.isEncapsulated() || syntax.getStreamCompression() != ESC_none) return;
  const auto frames = numbers(data, DCM_NumberOfFrames, file.string()).value_or(std::vector{1.0}).front();
  const double promised = required_number(data, DCM_Columns, file.string()) *
                          required_number(data, DCM_Rows, file.string()) * frames *
                          required_number(data, DCM_BitsAllocated, file.string()) / 8;
  const auto size = static_cast<double>(fs::file_size(file));
  if (size < promised)
    fail(file.string() + ": truncated: " + std::to_string(std::llround(promised)) +
         " bytes of voxels promised, the file has " + std::to_string(std::llround(size)) + "; copy it again");
}

}  // namespace

bool read_header(const fs::path& file, FileHeader& header) {
  initialise();
  DcmFileFormat format;
  if (!load_header(file, format)) return false;
  DcmDataset& data = *format.getDataset();
  header = FileHeader{};
  header.file = file;
  header.sop_class_uid = text(data, DCM_SOPClassUID);
  if (header.sop_class_uid.empty())
    header.sop_class_uid = text(*format.getMetaInfo(), DCM_MediaStorageSOPClassUID);
  if (header.sop_class_uid.empty()) {
    if (signature_of(file) == Signature::bare) return false;
    fail(file.string() + ": truncated or damaged DICOM file (no SOP Class UID); copy it again");
  }
  if (header.sop_class_uid == UID_MediaStorageDirectoryStorage) return false;
  header.modality = text(data, DCM_Modality);
  const bool multi = enhanced(header.sop_class_uid);
  header.ct = is_ct(header.sop_class_uid) && !is_localizer(text(data, DCM_ImageType));
  if (!header.ct) return true;
  header.series_uid = required_text(data, DCM_SeriesInstanceUID, file.string());
  header.series_description = text(data, DCM_SeriesDescription);
  header.study_uid = text(data, DCM_StudyInstanceUID);
  header.patient_id = text(data, DCM_PatientID);
  try {
    require_whole(data, file);
    if (multi)
      header.slices = read_enhanced(data, file);
    else
      header.slices.push_back(read_single(data, file));
    if (const auto tilt = numbers(data, DCM_GantryDetectorTilt, file.string()))
      header.gantry_tilt = tilt->front();
  } catch (const Error& error) {
    header.problem = error.what();
  }
  return true;
}

DicomSource read_source(const fs::path& file) {
  DcmFileFormat format;
  if (!load_header(file, format)) fail(file.string() + ": no longer a DICOM file");
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

}  // namespace anatomynet::dicom
