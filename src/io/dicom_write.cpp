#include "io/dicom_write.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcostrmb.h>
#include <dcmtk/dcmdata/dctk.h>

#include "core/error.h"
#include "io/dicom_item.h"

namespace anatomynet::dicom {

void put_patient_and_study(DcmItem& item, const DicomSource& source) {
  if (!source.specific_character_set.empty())
    put(item, DCM_SpecificCharacterSet, source.specific_character_set);
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

}  // namespace anatomynet::dicom
