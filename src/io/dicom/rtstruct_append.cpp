#include <algorithm>
#include <limits>
#include <set>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "core/error.h"
#include "core/output.h"
#include "io/dicom/dicom_text.h"
#include "io/dicom/internal/contour_reader.h"
#include "io/dicom/internal/dicom_file.h"
#include "io/dicom/internal/dicom_item.h"
#include "io/dicom/internal/dicom_uid.h"
#include "io/dicom/internal/dicom_write.h"
#include "io/dicom/internal/rtstruct_items.h"
#include "io/dicom/structure_set.h"

namespace anatomynet::io {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void refuse(const fs::path& file, const std::string& why) {
  throw Error(ErrorKind::input, file.string() + ": cannot append to it: " + why);
}

bool among(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// Stricter than reading its contours: whoever opens the result takes it for one structure set of one CT.
void check_same_ct(const StructureSet& set, const DicomSource& ct) {
  const auto other = [&](const std::string& what) {
    refuse(set.file, "it belongs to another CT: " + what + "; give the structure set of this CT");
  };
  TextDecoder utf8(ct.specific_character_set);
  if (!set.patient_id.empty() && !ct.patient_id.empty() && set.patient_id != utf8(ct.patient_id))
    other("its Patient ID (0010,0020) is not the CT's");
  if (!among(set.frame_of_reference_uids, ct.frame_of_reference_uid))
    other("its Frame of Reference UID is not " + ct.frame_of_reference_uid);
  if (!set.referenced_series.empty() && !among(set.referenced_series, ct.series_instance_uid))
    other("it refers to series " + set.referenced_series.front() + ", not to " + ct.series_instance_uid);
  const bool shares_image = std::any_of(ct.slices.begin(), ct.slices.end(), [&](const DicomSlice& slice) {
    return among(set.referenced_images, slice.sop_instance_uid);
  });
  if (!set.referenced_images.empty() && !shares_image) other("it refers to none of the CT's images");
}

StructureSet read_for_appending(const fs::path& existing, const DicomSource& ct) {
  StructureSet set = read_structure_set(existing);
  check_same_ct(set, ct);
  return set;
}

int largest(DcmItem& data, const DcmTagKey& sequence, const DcmTagKey& number) {
  double out = 0;
  each_item(data, sequence, [&](DcmItem& item) {
    const double value = decimal_number(text(item, number));
    if (value < std::numeric_limits<int>::max() - 1e6) out = std::max(out, value);
  });
  return static_cast<int>(out);
}

// The item of the series that the CT is, among all that the structure set refers to.
DcmItem* referenced_series(DcmItem& data, const DicomSource& ct) {
  DcmItem* found = nullptr;
  each_item(data, DCM_ReferencedFrameOfReferenceSequence, [&](DcmItem& frame) {
    each_item(frame, DCM_RTReferencedStudySequence, [&](DcmItem& study) {
      each_item(study, DCM_RTReferencedSeriesSequence, [&](DcmItem& series) {
        if (text(series, DCM_SeriesInstanceUID) == ct.series_instance_uid) found = &series;
      });
    });
  });
  return found;
}

// Adds the slices that the new contours lie on and the structure set does not refer to yet.
void add_references(DcmItem& data, const DicomSource& ct, const std::vector<RoiContours>& rois) {
  DcmItem* const series = referenced_series(data, ct);
  if (!series) {
    put_references(data, ct);
    return;
  }
  std::set<std::string> referenced;
  each_item(*series, DCM_ContourImageSequence,
            [&](DcmItem& image) { referenced.insert(text(image, DCM_ReferencedSOPInstanceUID)); });
  std::set<int> used;
  for (const RoiContours& roi : rois) used.insert(roi.slice.begin(), roi.slice.end());
  for (const int z : used)
    if (!referenced.contains(ct.slices[static_cast<std::size_t>(z)].sop_instance_uid))
      refer_to_slice(*series, ct, static_cast<std::size_t>(z));
}

// A changed object is another object, whose approval nobody has given.
void become_successor(DcmDataset& data, const RtStructOptions& options) {
  const Timestamp now = timestamp(!options.uid_seed.empty());
  const std::string previous = text(data, DCM_SOPInstanceUID);
  delete data.remove(DCM_PredecessorStructureSetSequence);
  put_predecessor(data, previous);
  put(data, DCM_SOPClassUID, UID_RTStructureSetStorage);
  put(data, DCM_SOPInstanceUID, make_uid_for(options.uid_seed, "rtstruct after " + previous));
  put(data, DCM_InstanceCreationDate, now.date);
  put(data, DCM_InstanceCreationTime, now.time);
  put(data, DCM_StructureSetDate, now.date);
  put(data, DCM_StructureSetTime, now.time);
  put(data, DCM_ApprovalStatus, "UNAPPROVED");
  for (const DcmTagKey& tag : {DCM_ReviewDate, DCM_ReviewTime, DCM_ReviewerName}) delete data.remove(tag);
  DcmItem& equipment = add_item(data, DCM_ContributingEquipmentSequence);
  add_code(equipment, DCM_PurposeOfReferenceCodeSequence, "109103", "DCM", "Modifying Equipment");
  put_equipment(equipment, options.software_version);
}

// The file's own character set must hold the new names too: its text is not rewritten.
void check_names(const fs::path& existing, const std::string& character_set,
                 const std::vector<RoiContours>& rois) {
  for (const RoiContours& roi : rois)
    if (!encoded_text(one_value(roi.organ.name), character_set))
      refuse(existing, "the name '" + roi.organ.name +
                           "' does not fit its SpecificCharacterSet (0008,0005) '" + character_set +
                           "'; give an ASCII name (--names)");
}

}  // namespace

void check_appendable(const fs::path& existing, const DicomSource& ct) { read_for_appending(existing, ct); }

std::vector<std::string> append_to_rtstruct(const fs::path& path, const fs::path& existing,
                                            const DicomSource& ct, const std::vector<RoiContours>& rois,
                                            const RtStructOptions& options) {
  initialise();
  require_source(ct, "an RTSTRUCT");
  check_contours(ct, rois);
  const StructureSet set = read_for_appending(existing, ct);
  DcmFileFormat format;
  if (const OFCondition read = load_file(existing, format); read.bad())
    refuse(existing, std::string("truncated or damaged: ") + read.text());
  DcmDataset& data = *format.getDataset();
  const std::string character_set = text(data, DCM_SpecificCharacterSet);
  check_names(existing, character_set, rois);

  std::vector<std::string> taken, warnings;
  for (const StoredRoi& roi : set.rois) {
    taken.push_back(roi.name);
    for (const std::string& warning : roi.warnings)
      warnings.push_back(existing.string() + ": " + roi.name + ": " + warning + "; kept as it is");
  }
  const std::vector<std::string> names = roi_names(rois, character_set, taken);
  int number = largest(data, DCM_StructureSetROISequence, DCM_ROINumber);
  number = std::max(number, largest(data, DCM_ROIContourSequence, DCM_ReferencedROINumber));
  int observation = largest(data, DCM_RTROIObservationsSequence, DCM_ObservationNumber);
  add_references(data, ct, rois);
  std::size_t longest = 0;
  for (std::size_t i = 0; i < rois.size(); ++i) {
    if (among(taken, rois[i].organ.name))
      warnings.push_back(existing.string() + ": has a ROI " + rois[i].organ.name +
                         " already; the new one is " + names[i]);
    longest = std::max(longest, put_roi(data, ct, rois[i], {++number, ++observation, names[i]}, options));
  }
  become_successor(data, options);
  // as it came, so that private elements keep their types, unless a contour is too long for explicit VR
  const bool as_explicit = data.getOriginalXfer() == EXS_LittleEndianExplicit && longest < 65534;
  write_file_atomically(
      path, encode(data, as_explicit ? Encoding::explicit_little_endian : Encoding::implicit_little_endian));
  return warnings;
}

}  // namespace anatomynet::io
