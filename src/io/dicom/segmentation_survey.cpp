#include "io/dicom/segmentation_survey.h"

#include "core/error.h"
#include "io/dicom/dicom_text.h"
#include "io/dicom/internal/dicom_file.h"
#include "io/dicom/internal/dicom_item.h"

namespace anatomynet::io {
namespace {

// The segment that a frame is of; 0 where it does not say.
int segment_of(DcmItem& frame, const std::string& where) {
  DcmItem* identification = nullptr;
  if (frame.findAndGetSequenceItem(DCM_SegmentIdentificationSequence, identification, 0).bad()) return 0;
  const auto number = numbers(*identification, DCM_ReferencedSegmentNumber, where);
  return number ? static_cast<int>(number->front()) : 0;
}

void count_frames(DcmItem& data, const std::string& where, SegmentationSurvey& survey) {
  DcmSequenceOfItems* frames = nullptr;
  if (data.findAndGetSequence(DCM_PerFrameFunctionalGroupsSequence, frames).bad()) return;
  survey.frames = static_cast<std::int64_t>(frames->card());
  DcmObject* at = nullptr;
  while ((at = frames->nextInContainer(at)) != nullptr)
    if (const int segment = segment_of(*static_cast<DcmItem*>(at), where); segment > 0)
      ++survey.frames_of[segment];
}

}  // namespace

SegmentationSurvey survey_segmentation(const std::filesystem::path& file) {
  initialise();
  DcmFileFormat format;
  if (const OFCondition read = load_file(file, format, DCM_PixelData); read.bad())
    throw Error(ErrorKind::input, file.string() + ": not readable as DICOM: " + read.text());
  DcmItem& data = *format.getDataset();
  SegmentationSurvey survey;
  survey.type = text(data, DCM_SegmentationType);
  survey.series_uid = text(data, DCM_SeriesInstanceUID);
  survey.patient_name = TextDecoder(text(data, DCM_SpecificCharacterSet))(text(data, DCM_PatientName));
  if (DcmItem* series = nullptr; data.findAndGetSequenceItem(DCM_ReferencedSeriesSequence, series, 0).good())
    survey.referenced_series_uid = text(*series, DCM_SeriesInstanceUID);
  count_frames(data, file.string(), survey);
  return survey;
}

}  // namespace anatomynet::io
