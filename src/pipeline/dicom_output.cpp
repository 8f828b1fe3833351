#include "pipeline/dicom_output.h"

#include <algorithm>

#include "core/error.h"
#include "core/version.h"

namespace anatomynet::pipeline {
namespace {
namespace fs = std::filesystem;

std::string program() { return std::string("anatomynet ") + version(); }

bool any_voxel(const LabelVolume& labels, int id) {
  return std::find(labels.voxels.begin(), labels.voxels.end(), static_cast<std::uint8_t>(id)) !=
         labels.voxels.end();
}

}  // namespace

std::string series_note(const model::ModelInfo& model) {
  return model.phantom_only ? "SYNTHETIC model, not for patients" : "";
}

DicomOutput::DicomOutput(DicomOutputOptions options, const io::CtImage& ct, const OrganTable& organs,
                         const OrganTable& known, Messages& messages)
    : options_(std::move(options)), messages_(&messages), source_(ct.dicom) {
  if (ct.uneven) uneven_ = ct.uneven->slices;
  if (!options_.names.empty()) naming_ = OrganNaming(options_.names, messages);
  naming_.check(known);
  if (naming_(organs).empty()) throw Error(ErrorKind::usage, options_.names + ": leaves no organ to write");
  if (!options_.append_to.empty()) {
    if (!source_)
      throw Error(ErrorKind::usage, "--append-to " + options_.append_to + ": " + ct.source +
                                        " is not DICOM; a structure set belongs to a DICOM CT");
    if (!options_.rtstruct())
      throw Error(ErrorKind::usage, "--append-to adds to an RTSTRUCT; leave --dicom seg away");
    io::check_appendable(options_.append_to, *source_);
  }
  if (source_ && options_.anonymise) source_ = io::anonymised(*source_);
}

void DicomOutput::write_contours(const fs::path& path, const std::vector<io::RoiContours>& rois,
                                 const io::RtStructOptions& how) const {
  if (options_.append_to.empty()) {
    io::write_rtstruct(path, *source_, rois, how);
    return;
  }
  for (const std::string& warning : io::append_to_rtstruct(path, options_.append_to, *source_, rois, how))
    messages_->warning(warning);
}

void DicomOutput::write_labels_as_contours(const fs::path& path, const LabelVolume& labels,
                                           const OrganTable& organs, const std::string& model,
                                           const std::string& note) const {
  io::RtStructOptions how;
  how.algorithm = model;
  how.software_version = program();
  if (!note.empty()) how.series_description = note;
  write_contours(path, roi_contours(labels, organs, options_.style(), uneven()), how);
}

void DicomOutput::write_labels_as_segments(const fs::path& path, const LabelVolume& labels,
                                           const OrganTable& organs, const std::string& model,
                                           const std::string& note) const {
  io::SegmentationOptions how;
  how.algorithm = model;
  how.software_version = program();
  if (!note.empty()) how.series_description = note;
  if (uneven_) {
    const LabelVolume on_slices = uneven_->to_slices(labels);
    io::SegmentationWriter writer(*source_, on_slices.grid, how);
    for (const Organ& organ : organs) writer.add(organ, on_slices, organ.id);
    writer.write(path);
    return;
  }
  io::SegmentationWriter writer(*source_, labels.grid, how);
  for (const Organ& organ : organs) writer.add(organ, labels, organ.id);
  writer.write(path);
}

void DicomOutput::add_tasks(std::vector<std::function<void()>>& tasks, OutputFolder& out,
                            const LabelVolume& labels, const OrganTable& organs, const std::string& model,
                            const std::string& note) const {
  if (!source_) return;
  const OrganTable written = naming_(organs);
  if (options_.rtstruct())
    tasks.push_back([=, this, &labels, path = out.stage("rtstruct.dcm")] {
      write_labels_as_contours(path, labels, written, model, note);
    });
  if (!options_.seg()) return;
  if (std::none_of(written.begin(), written.end(), [&](const Organ& o) { return any_voxel(labels, o.id); })) {
    messages_->warning("no organ was found, so there is no seg.dcm: a DICOM Segmentation cannot be empty");
    return;
  }
  tasks.push_back([=, this, &labels, path = out.stage("seg.dcm")] {
    write_labels_as_segments(path, labels, written, model, note);
  });
}

}  // namespace anatomynet::pipeline
