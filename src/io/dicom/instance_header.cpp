#include "io/dicom/instance_header.h"

#include <charconv>

#include "core/folder_walk.h"
#include "io/dicom/dicom_text.h"
#include "io/dicom/internal/dicom_file.h"
#include "io/dicom/internal/dicom_item.h"
#include "io/dicom/internal/dicom_uid.h"

namespace anatomynet::io {
namespace {

DcmTag tag_of(const std::string& keyword) {
  initialise();
  DcmTag tag;
  if (DcmTag::findTagFromName(keyword.c_str(), tag).bad() || keyword.find(',') != std::string::npos)
    throw Error(ErrorKind::usage,
                "'" + keyword + "' is no keyword of DICOM (PS3.6), such as StudyDescription");
  return tag;
}

}  // namespace

bool is_dicom_keyword(const std::string& keyword) {
  try {
    tag_of(keyword);
    return true;
  } catch (const Error&) {
    return false;
  }
}

InstanceHeader read_instance_header(const std::filesystem::path& file,
                                    const std::vector<std::string>& keywords) {
  constexpr Uint32 longest_kept = 4096;  // nobody asks for longer values
  DcmFileFormat format;
  const OFCondition status = load_file(file, format, DCM_PixelData, longest_kept);
  if (status.bad()) throw Error(ErrorKind::input, file.string() + ": damaged DICOM: " + status.text());
  DcmDataset& data = *format.getDataset();
  InstanceHeader header;
  header.sop_class = sop_class_of(format);
  header.sop_instance_uid = text(data, DCM_SOPInstanceUID);
  header.study_uid = text(data, DCM_StudyInstanceUID);
  header.series_uid = text(data, DCM_SeriesInstanceUID);
  header.modality = text(data, DCM_Modality);
  TextDecoder decode(text(data, DCM_SpecificCharacterSet));
  header.patient_id = decode(text(data, DCM_PatientID));
  header.patient_name = decode(text(data, DCM_PatientName));
  const std::string count = text(data, DCM_NumberOfSeriesRelatedInstances);
  std::from_chars(count.data(), count.data() + count.size(), header.series_instances);
  for (const std::string& keyword : keywords) header.tags[keyword] = decode(text(data, tag_of(keyword)));
  return header;
}

std::string random_uid() { return make_uid(); }

ScannerFacts scanner_of(const std::filesystem::path& file_or_folder, const std::string& series_uid) {
  std::error_code error;
  std::vector<std::filesystem::path> files{file_or_folder};
  if (std::filesystem::is_directory(file_or_folder, error)) files = walk_folder(file_or_folder).files;
  for (const std::filesystem::path& file : files) try {
      InstanceHeader header =
          read_instance_header(file, {"Manufacturer", "ManufacturerModelName", "ConvolutionKernel", "KVP",
                                      "SliceThickness", "ContrastBolusAgent"});
      if (header.modality != "CT" || (!series_uid.empty() && header.series_uid != series_uid)) continue;
      auto& tags = header.tags;
      return {tags["Manufacturer"], tags["ManufacturerModelName"], tags["ConvolutionKernel"],
              tags["KVP"],          tags["SliceThickness"],        tags["ContrastBolusAgent"]};
    } catch (const Error&) {  // no DICOM, or damaged
    }
  return {};
}

std::vector<std::string> readable_transfer_syntaxes() {
  return {UID_LittleEndianExplicitTransferSyntax,
          UID_LittleEndianImplicitTransferSyntax,
          UID_BigEndianExplicitTransferSyntax,
          UID_DeflatedExplicitVRLittleEndianTransferSyntax,
          UID_JPEGLSLosslessTransferSyntax,
          UID_JPEG2000LosslessOnlyTransferSyntax,
          UID_JPEGProcess14SV1TransferSyntax,
          UID_JPEGProcess14TransferSyntax,
          UID_RLELosslessTransferSyntax,
          UID_JPEGLSLossyTransferSyntax,
          UID_JPEG2000TransferSyntax,
          UID_JPEGProcess2_4TransferSyntax,
          UID_JPEGProcess1TransferSyntax};
}

}  // namespace anatomynet::io
