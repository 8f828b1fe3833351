#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/error.h"
#include "core/text.h"
#include "io/dicom/ct_survey.h"
#include "io/dicom/dicom_index.h"
#include "io/dicom/dicom_seg.h"
#include "io/dicom/segmentation_survey.h"
#include "io/dicom/structure_set.h"
#include "pipeline/facts/facts.h"

namespace anatomynet::pipeline {
namespace {
namespace fs = std::filesystem;

std::string said(const std::string& text) { return clean_text(text, longest_value); }

Facts said(const std::vector<std::string>& texts) {
  Facts list = Facts::array();
  for (const std::string& text : texts) list.push_back(said(text));
  return list;
}

// Patient Position (PS3.3 C.7.3.1.1.2) in words.
std::string position_in_words(const std::string& code) {
  static const std::map<std::string, std::string> words{
      {"HFS", "head first, supine"},          {"HFP", "head first, prone"},
      {"FFS", "feet first, supine"},          {"FFP", "feet first, prone"},
      {"HFDL", "head first, left side down"}, {"HFDR", "head first, right side down"},
      {"FFDL", "feet first, left side down"}, {"FFDR", "feet first, right side down"}};
  const auto found = words.find(code);
  return found == words.end() ? said(code) : code + " (" + found->second + ")";
}

void add_patient(Facts& facts, const FactOptions& options, const std::string& name, const std::string& id) {
  if (!options.patient) return;
  facts["patient_name"] = said(name);
  facts["patient_id"] = said(id);
}

Facts without_patient(Facts facts, const FactOptions& options, const std::string& name,
                      const std::string& id) {
  if (options.patient) return facts;
  curation::PatientKey patient;
  patient.add("", {{.id = id, .names = {name}}});
  hide_patients(facts, patient);
  return facts;
}

Facts blocks_of(const std::vector<io::SliceBlock>& blocks) {
  Facts list = Facts::array();
  for (const io::SliceBlock& block : blocks)
    list.push_back({{"first_slice", block.first}, {"last_slice", block.last}, {"distance_mm", block.mm}});
  return list;
}

// Slices that a ROI is drawn on: by the images that its contours name, else by their height.
std::size_t slices_of(const io::StoredRoi& roi) {
  std::set<std::string> images;
  std::set<long> heights;
  bool all_named = true;
  for (const io::StoredContour& contour : roi.contours) {
    all_named = all_named && contour.image_uids.size() == 1;
    images.insert(contour.image_uids.begin(), contour.image_uids.end());
    if (!contour.points.empty() && std::isfinite(contour.points.front()[2]))
      heights.insert(std::lround(contour.points.front()[2] * 100));
  }
  return all_named ? images.size() : heights.size();
}

std::string colour_of(const io::StoredRoi& roi) {
  if (!roi.colour) return "";
  char text[8];
  std::snprintf(text, sizeof text, "#%02x%02x%02x", (*roi.colour)[0], (*roi.colour)[1], (*roi.colour)[2]);
  return text;
}

Facts structure_set_facts(const fs::path& file, const FactOptions& options) {
  const io::StructureSet set = io::read_structure_set(file);
  Facts facts{{"kind", "structure-set"}, {"label", said(set.label)}};
  add_patient(facts, options, set.patient_name, set.patient_id);
  Facts rois = Facts::array(), warnings = Facts::array();
  for (const std::string& warning : set.warnings) warnings.push_back(clean_text(warning, longest_message));
  for (const io::StoredRoi& roi : set.rois) {
    std::size_t points = 0;
    std::set<std::string> types;
    for (const io::StoredContour& contour : roi.contours) {
      points += contour.points.size();
      types.insert(said(contour.type));
    }
    std::string type_text;
    for (const std::string& type : types) type_text += (type_text.empty() ? "" : ", ") + type;
    rois.push_back({{"number", roi.number},
                    {"name", said(roi.name)},
                    {"type", said(roi.interpreted_type)},
                    {"colour", colour_of(roi)},
                    {"contours", roi.contours.size()},
                    {"slices", slices_of(roi)},
                    {"points", points},
                    {"contour_types", type_text}});
    for (const std::string& warning : roi.warnings)
      warnings.push_back(clean_text(roi.name + ": " + warning, longest_message));
  }
  add_facts(facts, {{"series_uid", said(set.series_uid)},
                    {"study_uid", said(set.study_uid)},
                    {"sop_instance_uid", said(set.sop_instance_uid)},
                    {"frame_of_reference_uids", said(set.frame_of_reference_uids)},
                    {"referenced_series_uids", said(set.referenced_series)},
                    {"referenced_images", set.referenced_images.size()},
                    {"rois", rois},
                    {"warnings", warnings}});
  return without_patient(facts, options, set.patient_name, set.patient_id);
}

Facts segmentation_facts(const fs::path& file, const FactOptions& options) {
  const io::SegmentationSurvey survey = io::survey_segmentation(file);
  const io::DicomSegmentation segmentation = io::read_segmentation(file);
  Facts facts{{"kind", "segmentation"}, {"type", said(survey.type)}};
  add_patient(facts, options, survey.patient_name, segmentation.patient_id);
  Facts segments = Facts::array();
  for (const io::StoredSegment& segment : segmentation.segments) {
    Facts row{{"number", segment.number},
              {"label", said(segment.label)},
              {"code", said(segment.code)},
              {"side_code", said(segment.modifier)}};
    if (const auto frames = survey.frames_of.find(segment.number); frames != survey.frames_of.end())
      row["frames"] = frames->second;
    segments.push_back(row);
  }
  add_facts(facts, {{"frames", survey.frames},
                    {"series_uid", said(survey.series_uid)},
                    {"referenced_series_uid", said(survey.referenced_series_uid)},
                    {"frame_of_reference_uid", said(segmentation.frame_of_reference_uid)},
                    {"grid", grid_facts(segmentation.grid)},
                    {"segments", segments},
                    {"warnings", warning_facts(segmentation.warnings)}});
  return without_patient(facts, options, survey.patient_name, segmentation.patient_id);
}

}  // namespace

Facts dicom_file_facts(const fs::path& file, const FactOptions& options) {
  switch (io::dicom_kind(file)) {
    case io::DicomKind::structure_set:
      return structure_set_facts(file, options);
    case io::DicomKind::segmentation:
      return segmentation_facts(file, options);
    default:
      return folder_facts(file, options, {});
  }
}

Facts archived_ct_facts(const io::ArchivedCt& ct, const FactOptions& options) {
  const io::CtSurvey survey = io::survey_ct(ct);
  Facts facts{{"kind", "ct-series"}, {"description", said(ct.description)}};
  add_patient(facts, options, ct.patient_name, ct.patient_id);
  add_facts(facts, {{"slices", survey.slices},
                    {"files", ct.files.size()},
                    {"patient_position", position_in_words(survey.patient_position)},
                    {"series_uid", said(ct.series_uid)},
                    {"study_uid", said(ct.study_uid)},
                    {"frame_of_reference_uid", said(ct.frame_of_reference_uid)}});
  if (survey.grid) facts["grid"] = grid_facts(*survey.grid);
  facts["evenly_spaced"] = survey.blocks.size() == 1;
  if (survey.blocks.size() > 1) facts["blocks_of_slices"] = blocks_of(survey.blocks);
  if (survey.gantry_tilt != 0) facts["gantry_tilt_degrees"] = survey.gantry_tilt;
  facts["slices_drift_sideways"] = survey.tilted;
  if (!ct.copies.empty()) facts["copies_left_out"] = ct.copies.size();
  facts["problem"] = clean_text(survey.problem, longest_message);
  facts["warnings"] = warning_facts(survey.warnings);
  return without_patient(facts, options, ct.patient_name, ct.patient_id);
}

}  // namespace anatomynet::pipeline
