#include "io/dicom/internal/dicom_write.h"

#include <algorithm>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcostrmb.h>
#include <dcmtk/dcmdata/dctk.h>

#include "core/error.h"
#include "io/dicom/dicom_text.h"
#include "io/dicom/internal/dicom_item.h"

namespace anatomynet::io {

DicomSource anonymised(const DicomSource& source) {
  DicomSource out;
  out.study_instance_uid = source.study_instance_uid;
  out.series_instance_uid = source.series_instance_uid;
  out.frame_of_reference_uid = source.frame_of_reference_uid;
  out.sop_class_uid = source.sop_class_uid;
  out.patient_position = source.patient_position;
  out.slices = source.slices;
  out.patient_name = "ANONYMOUS";
  out.patient_id = "ANONYMOUS";
  out.anonymous = true;
  return out;
}

namespace {

// Every text of the CT that an object repeats.
std::vector<const std::string*> texts_of(const DicomSource& s) {
  return {&s.patient_name,
          &s.patient_id,
          &s.study_id,
          &s.study_description,
          &s.accession_number,
          &s.patient_sex,
          &s.referring_physician,
          &s.position_reference_indicator};
}

}  // namespace

std::string character_set_for(const DicomSource& source, const std::vector<std::string>& names) {
  const auto refused = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
    return !encoded_text(name, source.specific_character_set);
  });
  if (refused == names.end()) return source.specific_character_set;
  const auto texts = texts_of(source);
  if (!std::all_of(texts.begin(), texts.end(), [](const auto* text) { return is_plain_ascii(*text); }))
    throw Error(ErrorKind::input, "the name '" + *refused +
                                      "' cannot be written in the CT's SpecificCharacterSet (0008,0005) '" +
                                      source.specific_character_set + "'; give it an ASCII name (--names)");
  return "ISO_IR 192";
}

void require_source(const DicomSource& ct, const std::string& object) {
  const auto require = [&](const std::string& value, const char* what) {
    if (value.empty())
      throw Error(ErrorKind::input,
                  "the CT has no " + std::string(what) + ", which " + object + " must repeat");
  };
  require(ct.study_instance_uid, "Study Instance UID (0020,000d)");
  require(ct.series_instance_uid, "Series Instance UID (0020,000e)");
  require(ct.frame_of_reference_uid, "Frame of Reference UID (0020,0052)");
  require(ct.sop_class_uid, "SOP Class UID (0008,0016)");
  if (ct.slices.empty())
    throw Error(ErrorKind::input, "the CT has no DICOM slices, which " + object + " must refer to");
}

void put_patient_and_study(DcmItem& item, const DicomSource& source, const std::string& character_set) {
  if (!character_set.empty()) put(item, DCM_SpecificCharacterSet, character_set);
  if (source.anonymous) {
    put(item, DCM_PatientIdentityRemoved, "YES");
    put(item, DCM_DeidentificationMethod, "Patient and study texts and dates left out, UIDs kept");
  }
  put(item, DCM_PatientName, source.patient_name);
  put(item, DCM_PatientID, source.patient_id);
  put(item, DCM_PatientBirthDate, source.patient_birth_date);
  put(item, DCM_PatientSex, source.patient_sex);
  put(item, DCM_StudyInstanceUID, source.study_instance_uid);
  put(item, DCM_StudyDate, source.study_date);
  put(item, DCM_StudyTime, source.study_time);
  put(item, DCM_StudyID, source.study_id);
  put(item, DCM_AccessionNumber, source.accession_number);
  put(item, DCM_ReferringPhysicianName, source.referring_physician);
  if (!source.study_description.empty()) put(item, DCM_StudyDescription, source.study_description);
}

void put_equipment(DcmItem& item, const std::string& software_version) {
  put(item, DCM_Manufacturer, "anatomynet");
  put(item, DCM_ManufacturerModelName, "anatomynet");
  if (!software_version.empty()) put(item, DCM_SoftwareVersions, short_text(software_version));
}

std::string short_text(const std::string& text, std::size_t length) {
  std::string out = text.substr(0, length);
  for (char& c : out)
    if (static_cast<unsigned char>(c) >= 0x7f || static_cast<unsigned char>(c) < 0x20 || c == '\\') c = '_';
  return out;
}

std::string encode(DcmDataset& data, Encoding encoding) {
  const E_TransferSyntax syntax =
      encoding == Encoding::implicit_little_endian ? EXS_LittleEndianImplicit : EXS_LittleEndianExplicit;
  DcmFileFormat format(&data);  // a copy
  OFCondition status = format.validateMetaInfo(syntax, EWM_createNewMeta);
  std::string bytes;
  std::string chunk(1 << 16, '\0');
  if (status.good()) {
    DcmOutputBufferStream out(chunk.data(), static_cast<offile_off_t>(chunk.size()));
    format.transferInit();
    do {
      status = format.write(out, syntax, EET_ExplicitLength, nullptr, EGL_recalcGL, EPD_noChange, 0, 0, 0,
                            EWM_dontUpdateMeta);
      void* filled = nullptr;
      offile_off_t length = 0;
      out.flush();
      out.flushBuffer(filled, length);
      bytes.append(static_cast<const char*>(filled), static_cast<std::size_t>(length));
    } while (status == EC_StreamNotifyClient);
    format.transferEnd();
  }
  if (status.bad())
    throw Error(ErrorKind::internal, std::string("cannot encode a DICOM object: ") + status.text());
  return bytes;
}

}  // namespace anatomynet::io
