#include "io/dicom/structure_set.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <new>
#include <unordered_set>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "core/error.h"
#include "io/dicom/dicom_text.h"
#include "io/dicom/internal/contour_reader.h"
#include "io/dicom/internal/dicom_file.h"
#include "io/dicom/internal/dicom_item.h"
#include "io/dicom/internal/rtstruct_memory.h"
#include "io/image/foreign_file.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorKind::input, message); }

// Longer values stay in the file until they are asked for, so that a large file's text is never in memory as
// a whole.
constexpr Uint32 longest_kept = 512;
constexpr std::size_t most_rois = 10000;  // a clinic's have some hundred

void load(const fs::path& file, DcmFileFormat& format) {
  if (!is_dicom(signature_of(file))) {
    const std::string hint = foreign_file_hint(file);
    fail(file.string() + ": " + (hint.empty() ? "not a DICOM file, expected an RTSTRUCT" : hint));
  }
  require_memory_for_items(file);
  const OFCondition status = load_file(file, format, DCM_UndefinedTagKey, longest_kept);
  DcmDataset& data = *format.getDataset();
  const std::string sop_class = sop_class_of(format);
  const std::string modality = text(data, DCM_Modality);
  const bool structure_set =
      sop_class == UID_RTStructureSetStorage || (sop_class.empty() && modality == "RTSTRUCT");
  if (!structure_set && !sop_class.empty()) {
    const char* name = dcmFindNameOfUID(sop_class.c_str());
    fail(file.string() + ": holds " + (name ? name : "SOP class " + sop_class) + ", expected an RTSTRUCT");
  }
  if (status.bad())
    fail(file.string() + ": truncated or damaged DICOM file (" + status.text() + "); copy it again");
  if (!structure_set)
    fail(file.string() + ": DICOM file without SOP Class UID (0008,0016), expected an RTSTRUCT");
  // Cut between two elements, which no length gives away.
  bool any = false;
  for (DcmObject* at = data.nextInContainer(nullptr); at && !any; at = data.nextInContainer(at))
    any = at->getGTag() == DCM_StructureSetROISequence.getGroup();
  if (!any) fail(file.string() + ": truncated RTSTRUCT: it ends before its structure set; copy it again");
}

void add_new(std::vector<std::string>& list, std::unordered_set<std::string>& seen, std::string uid) {
  if (!uid.empty() && seen.insert(uid).second) list.push_back(std::move(uid));
}

// All that the file says about the images it was drawn on.
class References {
 public:
  explicit References(StructureSet& set) : set_(set) {}

  void read(DcmItem& data) {
    add_frame(text(data, DCM_FrameOfReferenceUID));
    each_item(data, DCM_ReferencedFrameOfReferenceSequence, [&](DcmItem& frame) {
      add_frame(text(frame, DCM_FrameOfReferenceUID));
      each_item(frame, DCM_RTReferencedStudySequence, [&](DcmItem& study) {
        each_item(study, DCM_RTReferencedSeriesSequence, [&](DcmItem& series) {
          add_new(set_.referenced_series, series_, text(series, DCM_SeriesInstanceUID));
          each_item(series, DCM_ContourImageSequence,
                    [&](DcmItem& image) { add_image(text(image, DCM_ReferencedSOPInstanceUID)); });
        });
      });
    });
  }
  void add_image(const std::string& uid) { add_new(set_.referenced_images, images_, uid); }

 private:
  void add_frame(const std::string& uid) { add_new(set_.frame_of_reference_uids, frames_, uid); }
  StructureSet& set_;
  std::unordered_set<std::string> frames_, series_, images_;
};

// The number of an IS value; nullopt where there is none.
std::optional<int> whole_number(DcmItem& item, const DcmTagKey& tag) {
  const std::string value = text(item, tag);
  const double number = decimal_number(value);
  if (!(std::abs(number) < 2e9) || number != std::floor(number)) return {};
  return static_cast<int>(number);
}

std::string shown(const std::string& name) { return name.empty() ? "without a name" : "'" + name + "'"; }

class Reader {
 public:
  Reader(const fs::path& file, DcmItem& data)
      : data_(data), decode_(text(data, DCM_SpecificCharacterSet)), references_(set_) {
    set_.file = file;
  }

  StructureSet read() {
    set_.patient_id = decode_(text(data_, DCM_PatientID));
    set_.patient_name = decode_(text(data_, DCM_PatientName));
    set_.study_uid = text(data_, DCM_StudyInstanceUID);
    set_.series_uid = text(data_, DCM_SeriesInstanceUID);
    set_.sop_instance_uid = text(data_, DCM_SOPInstanceUID);
    set_.label = decode_(text(data_, DCM_StructureSetLabel));
    set_.date = text(data_, DCM_StructureSetDate);
    set_.time = text(data_, DCM_StructureSetTime);
    references_.read(data_);
    const bool contoured = data_.tagExists(DCM_ROIContourSequence) == OFTrue;
    read_rois();
    read_contours();
    read_observations();
    std::stable_sort(set_.rois.begin(), set_.rois.end(),
                     [](const StoredRoi& a, const StoredRoi& b) { return a.number < b.number; });
    if (!contoured)
      set_.warnings.emplace_back("no ROI Contour Sequence (3006,0039): a template, or truncated");
    if (set_.rois.empty()) set_.warnings.emplace_back("the structure set holds no ROI");
    if (set_.rois.size() > most_rois)
      fail(std::to_string(set_.rois.size()) + " ROIs, expected at most " + std::to_string(most_rois) +
           "; it may be damaged");
    set_.warnings.insert(set_.warnings.end(), decode_.warnings().begin(), decode_.warnings().end());
    return std::move(set_);
  }

 private:
  // An item may have a character set of its own.
  std::string utf8(DcmItem& item, const DcmTagKey& tag) {
    const std::string own = text(item, DCM_SpecificCharacterSet);
    if (own.empty()) return decode_(text(item, tag));
    TextDecoder decode(own);
    std::string out = decode(text(item, tag));
    set_.warnings.insert(set_.warnings.end(), decode.warnings().begin(), decode.warnings().end());
    return out;
  }

  void read_rois() {
    int next = 0;
    std::vector<std::size_t> unnumbered;
    each_item(data_, DCM_StructureSetROISequence, [&](DcmItem& item) {
      StoredRoi roi;
      roi.name = utf8(item, DCM_ROIName);
      roi.generation_algorithm = text(item, DCM_ROIGenerationAlgorithm);
      roi.frame_of_reference_uid = text(item, DCM_ReferencedFrameOfReferenceUID);
      if (const auto number = whole_number(item, DCM_ROINumber)) {
        roi.number = *number;
        next = std::max(next, *number);
        auto& same = by_number_[roi.number];
        if (!same.empty())
          roi.warnings.push_back("ROI number " + std::to_string(roi.number) + " is also that of ROI " +
                                 shown(set_.rois[same.front()].name));
        same.push_back(set_.rois.size());
      } else {
        unnumbered.push_back(set_.rois.size());
        roi.warnings.emplace_back("ROI Number (3006,0022) is missing or no number; it has no contours");
      }
      if (roi.name.empty())
        roi.warnings.push_back("ROI number " + std::to_string(roi.number) + " has no ROI Name (3006,0026)");
      set_.rois.push_back(std::move(roi));
    });
    for (const std::size_t i : unnumbered) set_.rois[i].number = ++next;
  }

  // Where several ROIs share a number, their contours come in the same order as their names.
  StoredRoi& roi_of(std::optional<int> number) {
    const int key = number.value_or(-1);
    auto& same = by_number_[key];
    if (same.empty()) {
      StoredRoi roi;
      roi.number = key;
      roi.warnings.push_back(number
                                 ? "ROI number " + std::to_string(key) +
                                       " has contours but no item in StructureSetROISequence, hence no name"
                                 : "contours without Referenced ROI Number (3006,0084)");
      same.push_back(set_.rois.size());
      set_.rois.push_back(std::move(roi));
    }
    const std::size_t taken = contoured_[key]++;
    if (taken >= same.size()) {
      StoredRoi& roi = set_.rois[same.back()];
      if (taken == same.size()) roi.warnings.emplace_back("its contours are in several items; joined");
      return roi;
    }
    return set_.rois[same[taken]];
  }

  void read_contours() {
    ContourReader reader;
    take_items(data_, DCM_ROIContourSequence, [&](DcmItem& item) {
      StoredRoi& roi = roi_of(whole_number(item, DCM_ReferencedROINumber));
      reader.read_roi(item, roi);
      for (const StoredContour& contour : roi.contours)
        for (const std::string& uid : contour.image_uids) references_.add_image(uid);
    });
  }

  void read_observations() {
    each_item(data_, DCM_RTROIObservationsSequence, [&](DcmItem& item) {
      const auto number = whole_number(item, DCM_ReferencedROINumber);
      const auto found = number ? by_number_.find(*number) : by_number_.end();
      if (found == by_number_.end()) return;
      for (const std::size_t i : found->second)
        if (set_.rois[i].interpreted_type.empty())
          set_.rois[i].interpreted_type = text(item, DCM_RTROIInterpretedType);
    });
  }

  DcmItem& data_;
  StructureSet set_;
  TextDecoder decode_;
  References references_;
  std::map<int, std::vector<std::size_t>> by_number_;
  std::map<int, std::size_t> contoured_;
};

}  // namespace

StructureSet read_structure_set(const fs::path& file) {
  try {
    DcmFileFormat format;
    load(file, format);
    return Reader(file, *format.getDataset()).read();
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::memory, file.string() + ": not enough memory to hold the contours");
  } catch (const Error& failure) {
    const std::string message = failure.what();
    if (message.starts_with(file.string())) throw;
    throw failure.within(file.string());
  }
}

}  // namespace anatomynet::io
