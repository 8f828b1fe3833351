#include "pipeline/contour_case.h"

#include <algorithm>
#include <ctime>
#include <functional>
#include <vector>

#include "core/chosen_organs.h"
#include "core/clock.h"
#include "core/cpus.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/output.h"
#include "core/parallel_for.h"
#include "core/sha256.h"
#include "io/dicom/instance_header.h"
#include "io/image/image_file.h"
#include "model/shipped_models.h"
#include "report/records/summary.h"
#include "report/views/preview.h"

namespace anatomynet::pipeline {
namespace {

std::filesystem::path weights_of(const SegmentOptions& options) {
  return options.model.empty() ? model::default_model() : std::filesystem::path(options.model);
}

// Weights that do not fit their network are known only here; the file is named as for other damage.
std::shared_ptr<inference::Engine> engine_of(const SegmentOptions& options, const EngineMaker& make,
                                             const model::Model& model) {
  try {
    return make(model, options.engine);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::model) throw error.within(weights_of(options).string());
    throw;
  }
}

std::shared_ptr<inference::Refiner> refiner_of(const SegmentOptions& options, const EngineMaker& make,
                                               const model::ModelInfo& info) {
  try {
    return inference::make_refiner(info, options.engine, make);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::model) throw error.within(weights_of(options).string());
    throw;
  }
}

// The label map and one mask an organ, as tasks.
void add_masks(std::vector<std::function<void()>>& tasks, OutputFolder& out,
               const DicomStructures& structures, const OrganTable& organs, const std::string& format) {
  const LabelVolume& labels = structures.labels;
  if (format == "nrrd")
    tasks.push_back(
        [&, path = out.stage("labels.seg.nrrd")] { io::write_segmentation_nrrd(path, labels, organs); });
  else
    tasks.push_back([&labels, path = out.stage("labels." + format)] { io::write_labels(path, labels); });
  for (const Organ& organ : organs)
    tasks.push_back(
        [&mask = structures.mask_of(organ), path = out.stage("masks/" + organ.name + "." + format)] {
          io::write_mask(path, mask.grid, {mask.low, mask.size}, mask.voxels);
        });
}

// Folders and files are often called after the patient; UIDs stay, as in the DICOM objects.
std::string source_of(const io::CtImage& ct, bool anonymise) {
  if (!anonymise) return ct.source;
  return ct.dicom ? "CT, series " + ct.dicom->series_instance_uid : "CT";
}

std::vector<std::string> warnings_of(const io::CtImage& ct, bool anonymise) {
  std::vector<std::string> lines;
  for (const Warning& warning : ct.warnings)
    lines.push_back(anonymise ? without_files(warning) : with_files(warning));
  return lines;
}

std::vector<report::DerivedFigures> figures_of(const ContouredCase& c, const DicomStructures& structures) {
  std::vector<report::DerivedFigures> figures;
  for (const templates::TemplateRoi& roi : structures.rois) {
    if (!roi.derived) continue;
    const DerivedMask* derived = c.derived.find(roi.structure);
    Organ organ = roi.organ;
    organ.name = roi.structure;
    figures.push_back({std::move(organ), roi.description, ml_of(*derived, c.ct), &derived->mask});
  }
  return figures;
}

std::vector<std::string> codes_of(const std::vector<Warning>& warnings) {
  std::vector<std::string> codes;
  for (const Warning& warning : warnings) codes.push_back(warning.code);
  return codes;
}

std::vector<std::pair<std::string, std::string>> facts_of(const io::ScannerFacts& s) {
  return {{"manufacturer", s.manufacturer},
          {"model", s.model},
          {"kernel", s.kernel},
          {"kvp", s.kvp},
          {"slice_thickness_mm", s.slice_thickness_mm},
          {"contrast_agent", s.contrast_agent}};
}

std::vector<std::string> run_warnings(const ContouredCase& c, bool anonymise) {
  std::vector<std::string> lines = warnings_of(c.ct, anonymise);
  lines.insert(lines.end(), c.judgement.warnings.begin(), c.judgement.warnings.end());
  lines.insert(lines.end(), c.derived.warnings.begin(), c.derived.warnings.end());
  return lines;
}

std::vector<std::string> report_warnings(const ContouredCase& c, bool anonymise) {
  std::vector<std::string> lines = run_warnings(c, anonymise);
  for (const quality::Flag& flag : c.judgement.report.flags) lines.push_back(flag.text);
  return lines;
}

void write_picture(const std::filesystem::path& path, const io::CtImage& ct, const LabelVolume& labels,
                   const model::Model& model, const std::vector<double>& ml) {
  report::PreviewOptions options;
  options.ml = ml;
  options.warning = model.info.phantom_only ? "SYNTHETIC-TRAINED MODEL - NOT FOR PATIENTS"
                                            : "NOT A MEDICAL DEVICE - REVIEW EVERY CONTOUR";
  report::write_preview(path, ct.volume, labels, model.info.organs, options);
}

}  // namespace

CaseContourer::CaseContourer(const SegmentOptions& options, const EngineMaker& make, Messages& messages)
    : options_(options),
      messages_(messages),
      model_(model::read_model(weights_of(options))),
      full_(model_.info),
      engine_(engine_of(options, make, model_)),
      segmenter_(full_, engine_, 0, refiner_of(options, make, full_)) {
  model_.info.organs = chosen_organs(full_.organs, options.organs, "model " + full_.name);
  template_ = read_template(options.dicom, full_.organs, messages);
  if (!options.dicom.template_file.empty()) template_sha256_ = digest_of(options.dicom.template_file).sha256;
  template_->rois(model_.info.organs);  // what is wrong with it is known at once
  if (!engine_->instructions().empty()) messages.debug("kernels for " + engine_->instructions());
  if (model_.info.phantom_only)
    messages.warning("model " + model_.info.name +
                     " was trained on synthetic patients only: its contours on a real CT mean nothing");
}

DicomOutput CaseContourer::dicom_of(const io::CtImage& ct) const {
  return {options_.dicom, ct, template_, messages_};
}

std::string CaseContourer::selection() const {
  std::string text;
  if (model_.info.organs == full_.organs) return text;
  for (const Organ& organ : model_.info.organs) text += (text.empty() ? "" : ",") + organ.name;
  return text;
}

int CaseContourer::writers() const { return usable_cpus(); }

void CaseContourer::contour(ContouredCase& c, const Progress& progress) {
  c.result = c.ct.uneven ? segmenter_.run(c.ct.uneven->on_slices, c.ct.uneven->slices, progress)
                         : segmenter_.run(c.ct.volume, progress);
  if (progress) progress("checking the contours", 0);
  c.judgement = judge(c.ct.volume, c.ct.uneven ? &c.ct.uneven->slices : nullptr, c.result, full_,
                      model_.info.organs, options_.postprocess);
  if (template_->derived().empty()) return;
  if (progress) progress("deriving structures", 0);
  c.derived = derive(*template_, c.ct, c.result.labels, model_.info.organs);
}

void CaseContourer::add_derived_masks(std::vector<std::function<void()>>& tasks, OutputFolder& out,
                                      const ContouredCase& c) const {
  for (const DerivedMask& derived : c.derived.masks)
    if (derived.structure.written)
      tasks.push_back([&derived,
                       path = out.stage("masks/" + derived.structure.name + "." + options_.format)] {
        io::write_mask(path, derived.mask.grid, {derived.mask.low, derived.mask.size}, derived.mask.voxels);
      });
}

void CaseContourer::write(OutputFolder& out, const ContouredCase& c) const {
  const LabelVolume& labels = c.result.labels;
  const bool anonymise = options_.dicom.anonymise;
  for (const char* old : {"masks", "labels.nii.gz", "labels.nrrd", "labels.seg.nrrd", "labels.mha",
                          "rtstruct.dcm", "seg.dcm", "preview.png", "summary.json", "quality.json"}) {
    out.replace(old);  // another patient's, perhaps
  }
  const DicomStructures structures(labels, c.derived,
                                   described(template_->rois(model_.info.organs), model_.info));
  const report::SegmentationReport report{
      .identity = anonymise ? std::nullopt : std::optional(identity_of(c.ct)),
      .verdicts = verdicts_of(c.judgement.report),
      .ml = c.ct.uneven ? c.ct.uneven->slices.volumes_ml(labels) : std::vector<double>{},
      .warnings = report_warnings(c, anonymise),
      .derived = figures_of(c, structures),
      .engine = std::string(engine_->name()) + " " + inference::name_of(engine_->arithmetic()),
      .written = utc_text(std::time(nullptr), utc_minutes),
      .network_seconds = c.result.network_seconds,
      .total_seconds = c.total_seconds};
  std::vector<std::function<void()>> tasks;  // the longest first
  add_reports(tasks, out, c.ct, labels, model_, options_.reports, report, messages_);
  tasks.push_back(
      [&, path = out.stage("preview.png")] { write_picture(path, c.ct, labels, model_, report.ml); });
  c.dicom->add_tasks(tasks, out, structures, model_.id, series_note(model_.info));
  add_masks(tasks, out, structures, model_.info.organs, options_.format);
  add_derived_masks(tasks, out, c);
  io::ScannerFacts scanner;
  tasks.push_back(
      [&] { scanner = io::scanner_of(c.read_from, c.ct.dicom ? c.ct.dicom->series_instance_uid : ""); });
  parallel_for(tasks, writers());
  const report::RunFacts facts{
      .source = source_of(c.ct, anonymise),
      .engine = report.engine,
      .instructions = engine_->instructions(),
      .warnings = run_warnings(c, anonymise),
      .warning_codes = codes_of(c.ct.warnings),
      .network_grid = c.result.network_grid,
      .network_seconds = c.result.network_seconds,
      .segment_seconds = c.result.total_seconds,
      .total_seconds = c.total_seconds,
      .peak_bytes = peak_memory(),
      .input_id = c.input_id,
      .checks = checks_of(c.judgement.report),
      .derived = report.derived,
      .template_file = std::filesystem::path(options_.dicom.template_file).filename().string(),
      .template_sha256 = template_sha256_,
      .uneven = c.ct.uneven ? &c.ct.uneven->slices : nullptr,
      .scanner = facts_of(scanner)};
  write_file_atomically(out.stage("summary.json"), report::summary_json(labels, model_, facts));
  write_file_atomically(out.stage("quality.json"), c.judgement.json);
  out.commit({model_.id, c.batch_key});
}

}  // namespace anatomynet::pipeline
