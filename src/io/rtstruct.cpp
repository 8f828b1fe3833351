#include "io/rtstruct.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "core/error.h"
#include "core/output.h"
#include "io/dicom_item.h"
#include "io/dicom_uid.h"
#include "io/dicom_write.h"

namespace anatomynet {
namespace {

using dicom::add_code;
using dicom::add_item;
using dicom::put;

// A tenth of a micrometre: far below any pixel, and short text.
constexpr int contour_digits = 4;

void require_source(const DicomSource& ct) {
  const auto require = [](const std::string& value, const char* what) {
    if (value.empty())
      throw Error(ErrorKind::input, std::string("the CT has no ") + what + ", which an RTSTRUCT must repeat");
  };
  require(ct.study_instance_uid, "Study Instance UID (0020,000d)");
  require(ct.series_instance_uid, "Series Instance UID (0020,000e)");
  require(ct.frame_of_reference_uid, "Frame of Reference UID (0020,0052)");
  require(ct.sop_class_uid, "SOP Class UID (0008,0016)");
  if (ct.slices.empty())
    throw Error(ErrorKind::input, "the CT has no DICOM slices, which an RTSTRUCT must refer to");
}

void refer_to_slice(DcmItem& parent, const DicomSource& ct, std::size_t z) {
  DcmItem& image = add_item(parent, DCM_ContourImageSequence);
  put(image, DCM_ReferencedSOPClassUID, ct.sop_class_uid);
  put(image, DCM_ReferencedSOPInstanceUID, ct.slices[z].sop_instance_uid);
  if (ct.slices[z].frame > 0) put(image, DCM_ReferencedFrameNumber, std::to_string(ct.slices[z].frame));
}

void put_references(DcmItem& data, const DicomSource& ct) {
  DcmItem& frame = add_item(data, DCM_ReferencedFrameOfReferenceSequence);
  put(frame, DCM_FrameOfReferenceUID, ct.frame_of_reference_uid);
  DcmItem& study = add_item(frame, DCM_RTReferencedStudySequence);
  put(study, DCM_ReferencedSOPClassUID, UID_RETIRED_DetachedStudyManagementSOPClass);
  put(study, DCM_ReferencedSOPInstanceUID, ct.study_instance_uid);
  DcmItem& series = add_item(study, DCM_RTReferencedSeriesSequence);
  put(series, DCM_SeriesInstanceUID, ct.series_instance_uid);
  for (std::size_t z = 0; z < ct.slices.size(); ++z) refer_to_slice(series, ct, z);
}

// "x\y\z\x\y\z..." without repeated points, or empty when fewer than three remain.
struct ContourData {
  std::string text;
  std::size_t points = 0;
};

ContourData contour_data(const std::vector<Vec3>& polygon, const std::string& organ) {
  std::vector<std::string> points;
  for (const Vec3& p : polygon) {
    std::string point;
    for (const double v : p) {
      if (!std::isfinite(v)) throw Error(ErrorKind::internal, organ + ": a contour point is not finite");
      if (!point.empty()) point += '\\';
      point += dicom::decimal_string(v, contour_digits);
    }
    if (points.empty() || points.back() != point) points.push_back(std::move(point));
  }
  while (points.size() > 1 && points.front() == points.back()) points.pop_back();
  if (std::set<std::string>(points.begin(), points.end()).size() < 3) return {};
  ContourData data;
  data.points = points.size();
  for (const std::string& point : points) {
    if (!data.text.empty()) data.text += '\\';
    data.text += point;
  }
  return data;
}

void put_structure(DcmItem& data, const DicomSource& ct, const Organ& organ, const RtStructOptions& options) {
  DcmItem& roi = add_item(data, DCM_StructureSetROISequence);
  put(roi, DCM_ROINumber, std::to_string(organ.id));
  put(roi, DCM_ReferencedFrameOfReferenceUID, ct.frame_of_reference_uid);
  put(roi, DCM_ROIName, dicom::short_text(organ.name));
  put(roi, DCM_ROIGenerationAlgorithm, options.generation_algorithm);
  if (!options.algorithm.empty())
    put(roi, DCM_ROIGenerationDescription, dicom::short_text(options.algorithm));
}

void put_contours(DcmItem& data, const DicomSource& ct, const RoiContours& contours) {
  const Organ& organ = contours.organ;
  DcmItem& roi = add_item(data, DCM_ROIContourSequence);
  put(roi, DCM_ROIDisplayColor,
      std::to_string(organ.colour[0]) + "\\" + std::to_string(organ.colour[1]) + "\\" +
          std::to_string(organ.colour[2]));
  put(roi, DCM_ReferencedROINumber, std::to_string(organ.id));
  int number = 0;
  for (std::size_t i = 0; i < contours.polygons.size(); ++i) {
    const ContourData points = contour_data(contours.polygons[i], organ.name);
    if (points.points == 0) continue;
    DcmItem& contour = add_item(roi, DCM_ContourSequence);
    put(contour, DCM_ContourNumber, std::to_string(++number));
    refer_to_slice(contour, ct, static_cast<std::size_t>(contours.slice[i]));
    put(contour, DCM_ContourGeometricType, "CLOSED_PLANAR");
    put(contour, DCM_NumberOfContourPoints, std::to_string(points.points));
    put(contour, DCM_ContourData, points.text);
  }
}

void put_observation(DcmItem& data, const Organ& organ) {
  DcmItem& observation = add_item(data, DCM_RTROIObservationsSequence);
  put(observation, DCM_ObservationNumber, std::to_string(organ.id));
  put(observation, DCM_ReferencedROINumber, std::to_string(organ.id));
  if (!organ.snomed_code.empty()) {
    DcmItem& code = add_code(observation, DCM_RTROIIdentificationCodeSequence, organ.snomed_code, "SCT",
                             dicom::short_text(organ.snomed_meaning));
    if (organ.laterality == Laterality::left)
      add_code(code, DCM_SegmentedPropertyTypeModifierCodeSequence, "7771000", "SCT", "Left");
    if (organ.laterality == Laterality::right)
      add_code(code, DCM_SegmentedPropertyTypeModifierCodeSequence, "24028007", "SCT", "Right");
  }
  put(observation, DCM_RTROIInterpretedType, "ORGAN");
  put(observation, DCM_ROIInterpreter, "");
}

void check_contours(const DicomSource& ct, const std::vector<RoiContours>& rois) {
  std::set<int> ids;
  for (const RoiContours& roi : rois) {
    const auto fail = [&](const std::string& why) {
      throw Error(ErrorKind::internal, roi.organ.name + ": " + why);
    };
    if (!ids.insert(roi.organ.id).second)
      fail("ROI number " + std::to_string(roi.organ.id) + " is used twice");
    if (roi.slice.size() != roi.polygons.size()) fail("contours and slice numbers differ in count");
    for (const int z : roi.slice)
      if (z < 0 || static_cast<std::size_t>(z) >= ct.slices.size())
        fail("contour on slice " + std::to_string(z) + " of " + std::to_string(ct.slices.size()));
  }
}

}  // namespace

void write_rtstruct(const std::filesystem::path& path, const DicomSource& ct,
                    const std::vector<RoiContours>& rois, const RtStructOptions& options) {
  dicom::initialise();
  require_source(ct);
  check_contours(ct, rois);
  const auto uid = [&](const char* role) { return dicom::make_uid_for(options.uid_seed, role); };
  const dicom::Timestamp now = dicom::timestamp(!options.uid_seed.empty());

  DcmDataset data;
  dicom::put_patient_and_study(data, ct);
  dicom::put_equipment(data, options.software_version);
  put(data, DCM_SOPClassUID, UID_RTStructureSetStorage);
  put(data, DCM_SOPInstanceUID, uid("rtstruct"));
  put(data, DCM_InstanceCreationDate, now.date);
  put(data, DCM_InstanceCreationTime, now.time);
  put(data, DCM_Modality, "RTSTRUCT");
  put(data, DCM_SeriesInstanceUID, uid("rtstruct series"));
  put(data, DCM_SeriesNumber, "1");
  put(data, DCM_SeriesDescription, dicom::short_text(options.series_description));
  put(data, DCM_OperatorsName, "");
  put(data, DCM_FrameOfReferenceUID, ct.frame_of_reference_uid);
  put(data, DCM_PositionReferenceIndicator, ct.position_reference_indicator);
  put(data, DCM_StructureSetLabel, dicom::short_text(options.label, 16));
  put(data, DCM_StructureSetDate, now.date);
  put(data, DCM_StructureSetTime, now.time);
  put(data, DCM_ApprovalStatus, "UNAPPROVED");
  put_references(data, ct);
  for (const RoiContours& roi : rois) {
    put_structure(data, ct, roi.organ, options);
    put_contours(data, ct, roi);
    put_observation(data, roi.organ);
  }
  // implicit VR: a long contour does not fit the 16-bit length of an explicit DS
  write_file_atomically(path, dicom::encode(data, dicom::Encoding::implicit_little_endian));
}

}  // namespace anatomynet
