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

std::vector<templates::TemplateRoi> described(std::vector<templates::TemplateRoi> rois,
                                              const model::ModelInfo& model) {
  for (templates::TemplateRoi& roi : rois) {
    if (roi.derived) continue;
    const model::OrganEvidence* evidence = model::find_evidence(model.evidence, roi.structure);
    if (evidence && evidence->is_weak()) roi.description = "Check first: " + evidence->text();
    if (model::is_placed_by_shape(model.shape_priors, roi.structure))
      roi.description = "Placed by shape from the neighbours, not seen in the CT; check first";
  }
  return rois;
}

std::shared_ptr<const templates::StructureTemplate> read_template(const DicomOutputOptions& options,
                                                                  const OrganTable& known,
                                                                  Messages& messages) {
  if (options.template_file.empty()) return std::make_shared<const templates::StructureTemplate>();
  auto wanted = std::make_shared<const templates::StructureTemplate>(options.template_file, messages);
  wanted->check(known);
  return wanted;
}

DicomStructures::DicomStructures(const LabelVolume& map, const DerivedMasks& masks,
                                 std::vector<templates::TemplateRoi> wanted)
    : labels(map), derived(masks), rois(std::move(wanted)) {
  std::erase_if(
      rois, [&](const templates::TemplateRoi& roi) { return roi.derived && !derived.find(roi.structure); });
}

DicomOutput::DicomOutput(DicomOutputOptions options, const io::CtImage& ct,
                         std::shared_ptr<const templates::StructureTemplate> wanted, Messages& messages)
    : options_(std::move(options)), messages_(&messages), template_(std::move(wanted)), source_(ct.dicom) {
  if (ct.uneven) uneven_ = ct.uneven->slices;
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

void DicomOutput::write_contours_of(const fs::path& path, const DicomStructures& structures,
                                    const std::string& model, const std::string& note) const {
  io::RtStructOptions how;
  how.algorithm = model;
  how.software_version = program();
  how.uid_seed = options_.uid_seed;
  how.dated = true;
  if (!note.empty()) how.series_description = note;
  std::vector<io::RoiContours> rois;
  for (const templates::TemplateRoi& roi : structures.rois) {
    io::RoiContours contours =
        roi.derived
            ? contours_of(roi, structures.derived.find(roi.structure)->mask, options_.style(), uneven())
            : contours_of(roi, structures.labels, roi.organ.id, options_.style(), uneven());
    if (roi.keep_empty || !contours.polygons.empty()) rois.push_back(std::move(contours));
  }
  write_contours(path, rois, how);
}

void DicomOutput::write_segments_of(const fs::path& path, const DicomStructures& structures,
                                    const std::string& model, const std::string& note) const {
  io::SegmentationOptions how;
  how.algorithm = model;
  how.software_version = program();
  how.uid_seed = options_.uid_seed;
  how.dated = true;
  if (!note.empty()) how.series_description = note;
  const auto on_slices = [&](const LabelVolume& volume) { return uneven_->to_slices(volume); };
  const std::optional<LabelVolume> moved =
      uneven_ ? std::optional(on_slices(structures.labels)) : std::nullopt;
  const LabelVolume& labels = moved ? *moved : structures.labels;
  io::SegmentationWriter writer(*source_, labels.grid, how);
  for (const templates::TemplateRoi& roi : structures.rois) {
    if (!roi.derived) {
      writer.add(roi.organ, labels, roi.organ.id);
      continue;
    }
    const LabelVolume mask = whole(structures.derived.find(roi.structure)->mask);
    writer.add(roi.organ, uneven_ ? on_slices(mask) : mask, 1);
  }
  writer.write(path);
}

void DicomOutput::add_tasks(std::vector<std::function<void()>>& tasks, OutputFolder& out,
                            const DicomStructures& structures, const std::string& model,
                            const std::string& note) const {
  if (!source_) return;
  if (options_.rtstruct())
    tasks.push_back(
        [=, this, path = out.stage("rtstruct.dcm")] { write_contours_of(path, structures, model, note); });
  if (!options_.seg()) return;
  const auto any = [&](const templates::TemplateRoi& roi) {
    return roi.derived ? !structures.derived.find(roi.structure)->mask.empty()
                       : any_voxel(structures.labels, roi.organ.id);
  };
  if (std::none_of(structures.rois.begin(), structures.rois.end(), any)) {
    messages_->warning("no organ was found, so there is no seg.dcm: a DICOM Segmentation cannot be empty");
    return;
  }
  tasks.push_back(
      [=, this, path = out.stage("seg.dcm")] { write_segments_of(path, structures, model, note); });
}

}  // namespace anatomynet::pipeline
