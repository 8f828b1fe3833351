#include "io/dicom/rtstruct.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "core/output.h"
#include "io/dicom/dicom_text.h"
#include "io/dicom/internal/dicom_item.h"
#include "io/dicom/internal/dicom_uid.h"
#include "io/dicom/internal/dicom_write.h"
#include "io/dicom/internal/rtstruct_items.h"

namespace anatomynet::io {

namespace {

void put_approval(DcmItem& data, const std::string& reviewer, const std::string& character_set,
                  const Timestamp& now) {
  put(data, DCM_ApprovalStatus, reviewer.empty() ? "UNAPPROVED" : "APPROVED");
  if (reviewer.empty()) return;
  put(data, DCM_ReviewDate, now.date);
  put(data, DCM_ReviewTime, now.time);
  const std::string name = one_value(reviewer);
  put(data, DCM_ReviewerName, encoded_text(name, character_set).value_or(short_text(name)));
}

}  // namespace

std::string write_rtstruct(const std::filesystem::path& path, const DicomSource& ct,
                           const std::vector<RoiContours>& rois, const RtStructOptions& options) {
  initialise();
  require_source(ct, "an RTSTRUCT");
  check_contours(ct, rois);
  std::vector<std::string> wanted;
  for (const RoiContours& roi : rois) wanted.push_back(roi.organ.name);
  if (!options.reviewer.empty()) wanted.push_back(options.reviewer);
  const std::string character_set = character_set_for(ct, wanted);
  const auto uid = [&](const char* role) { return make_uid_for(options.uid_seed, role); };
  const Timestamp now = timestamp(!options.uid_seed.empty() && !options.dated);

  DcmDataset data;
  put_patient_and_study(data, ct, character_set);
  put_equipment(data, options.software_version);
  put(data, DCM_SOPClassUID, UID_RTStructureSetStorage);
  const std::string instance = uid("rtstruct");
  put(data, DCM_SOPInstanceUID, instance);
  put(data, DCM_InstanceCreationDate, now.date);
  put(data, DCM_InstanceCreationTime, now.time);
  put(data, DCM_Modality, "RTSTRUCT");
  put(data, DCM_SeriesInstanceUID, uid("rtstruct series"));
  put(data, DCM_SeriesNumber, "1");
  put(data, DCM_SeriesDescription, short_text(options.series_description));
  put(data, DCM_OperatorsName, "");
  put(data, DCM_FrameOfReferenceUID, ct.frame_of_reference_uid);
  put(data, DCM_PositionReferenceIndicator, ct.position_reference_indicator);
  put(data, DCM_StructureSetLabel, short_text(options.label, 16));
  put(data, DCM_StructureSetDate, now.date);
  put(data, DCM_StructureSetTime, now.time);
  put_approval(data, options.reviewer, character_set, now);
  if (!options.predecessor.empty()) put_predecessor(data, options.predecessor);
  put_references(data, ct);
  const std::vector<std::string> names = roi_names(rois, character_set);
  for (std::size_t i = 0; i < rois.size(); ++i) {
    const int number = rois[i].organ.id;
    put_roi(data, ct, rois[i], {number, number, names[i]}, options);
  }
  // implicit VR: a long contour does not fit the 16-bit length of an explicit DS
  write_file_atomically(path, encode(data, Encoding::implicit_little_endian));
  return instance;
}

}  // namespace anatomynet::io
