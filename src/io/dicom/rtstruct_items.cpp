#include "io/dicom/internal/rtstruct_items.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "core/error.h"
#include "core/organ_codes.h"
#include "io/dicom/dicom_text.h"
#include "io/dicom/internal/dicom_item.h"
#include "io/dicom/internal/dicom_write.h"

namespace anatomynet::io {
namespace {

// A tenth of a micrometre: far below any pixel, and short text.
constexpr int contour_digits = 4;

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
      point += decimal_string(v, contour_digits);
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

void put_structure(DcmItem& data, const DicomSource& ct, const RoiContours& contours,
                   const RoiIdentity& identity, const RtStructOptions& options) {
  DcmItem& roi = add_item(data, DCM_StructureSetROISequence);
  put(roi, DCM_ROINumber, std::to_string(identity.number));
  put(roi, DCM_ReferencedFrameOfReferenceUID, ct.frame_of_reference_uid);
  put(roi, DCM_ROIName, identity.name);
  if (!contours.description.empty()) put(roi, DCM_ROIDescription, short_text(contours.description, 1024));
  put(roi, DCM_ROIGenerationAlgorithm, contours.generation.value_or(options.generation_algorithm));
  if (!options.algorithm.empty()) put(roi, DCM_ROIGenerationDescription, short_text(options.algorithm));
}

std::size_t put_contours(DcmItem& data, const DicomSource& ct, const RoiContours& contours, int roi_number) {
  const Organ& organ = contours.organ;
  std::size_t longest = 0;
  DcmItem& roi = add_item(data, DCM_ROIContourSequence);
  put(roi, DCM_ROIDisplayColor,
      std::to_string(organ.colour[0]) + "\\" + std::to_string(organ.colour[1]) + "\\" +
          std::to_string(organ.colour[2]));
  put(roi, DCM_ReferencedROINumber, std::to_string(roi_number));
  int number = 0;
  for (std::size_t i = 0; i < contours.polygons.size(); ++i) {
    const ContourData points = contour_data(contours.polygons[i], organ.name);
    if (points.points == 0) continue;
    DcmItem& contour = add_item(roi, DCM_ContourSequence);
    put(contour, DCM_ContourNumber, std::to_string(++number));
    refer_to_slice(contour, ct, static_cast<std::size_t>(contours.slice[i]));
    put(contour, DCM_ContourGeometricType, contours.exclusive_or ? "CLOSEDPLANAR_XOR" : "CLOSED_PLANAR");
    put(contour, DCM_NumberOfContourPoints, std::to_string(points.points));
    put(contour, DCM_ContourData, points.text);
    longest = std::max(longest, points.text.size());
  }
  return longest;
}

void put_observation(DcmItem& data, const RoiContours& contours, const RoiIdentity& identity) {
  const Organ& organ = contours.organ;
  DcmItem& observation = add_item(data, DCM_RTROIObservationsSequence);
  put(observation, DCM_ObservationNumber, std::to_string(identity.observation));
  put(observation, DCM_ReferencedROINumber, std::to_string(identity.number));
  if (!organ.snomed_code.empty()) {
    DcmItem& code = add_code(observation, DCM_RTROIIdentificationCodeSequence, organ.snomed_code, "SCT",
                             short_text(organ.snomed_meaning));
    if (const SideCode side = side_code(organ.laterality); *side.code)
      add_code(code, DCM_SegmentedPropertyTypeModifierCodeSequence, side.code, "SCT", side.meaning);
  }
  put(observation, DCM_RTROIInterpretedType, contours.interpreted_type);
  put(observation, DCM_ROIInterpreter, "");
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

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

void put_predecessor(DcmItem& data, const std::string& uid) {
  DcmItem& predecessor = add_item(data, DCM_PredecessorStructureSetSequence);
  put(predecessor, DCM_ReferencedSOPClassUID, UID_RTStructureSetStorage);
  put(predecessor, DCM_ReferencedSOPInstanceUID, uid);
}

std::size_t put_roi(DcmItem& data, const DicomSource& ct, const RoiContours& roi, const RoiIdentity& identity,
                    const RtStructOptions& options) {
  put_structure(data, ct, roi, identity, options);
  put_observation(data, roi, identity);
  return put_contours(data, ct, roi, identity.number);
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

std::vector<std::string> roi_names(const std::vector<RoiContours>& rois, const std::string& character_set,
                                   const std::vector<std::string>& taken) {
  constexpr std::size_t longest = 64;  // of VR LO
  std::set<std::string> all;
  for (const std::string& name : taken) all.insert(lower(name));
  std::vector<std::string> names;
  for (const RoiContours& roi : rois) {
    std::string name = one_value(roi.organ.name, longest);
    for (int i = 1; !all.insert(lower(name)).second; ++i) {
      const std::string suffix = "_auto" + (i > 1 ? std::to_string(i) : std::string());
      name = one_value(roi.organ.name, longest - suffix.size()) + suffix;
    }
    names.push_back(encoded_text(name, character_set).value_or(short_text(name)));
  }
  return names;
}

}  // namespace anatomynet::io
