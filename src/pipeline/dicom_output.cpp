#include "pipeline/dicom_output.h"

#include <algorithm>

#include "core/error.h"
#include "core/version.h"

namespace anatomynet::pipeline {
namespace {
namespace fs = std::filesystem;

std::string program() { return std::string("anatomynet ") + version(); }

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
    for (const model::ShapePrior& prior : model.shape_priors)
      if (prior.organ == roi.structure && !model::lies_where_found(prior))
        roi.description = model::placing_of(prior) == model::ShapePlacing::between
                              ? "By shape where its neighbours are found, else the network's; check first"
                              : "Placed by shape from the neighbours, not seen in the CT; check first";
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
    : labels(map), derived(masks), rois(std::move(wanted)), organs_(evaluation::boxed_structures(map)) {
  empty_.grid = map.grid;
  std::erase_if(
      rois, [&](const templates::TemplateRoi& roi) { return roi.derived && !derived.find(roi.structure); });
}

const evaluation::BoxedMask& DicomStructures::mask_of(const Organ& organ) const {
  const auto found = organs_.find(organ.id);
  return found == organs_.end() ? empty_ : found->second;
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
    const evaluation::BoxedMask& mask =
        roi.derived ? structures.derived.find(roi.structure)->mask : structures.mask_of(roi.organ);
    io::RoiContours contours = contours_of(roi, mask, options_.style(), uneven());
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
  const std::optional<LabelVolume> moved =
      uneven_ ? std::optional(uneven_->to_slices(structures.labels)) : std::nullopt;
  io::SegmentationWriter writer(*source_, moved ? moved->grid : structures.labels.grid, how);
  for (const templates::TemplateRoi& roi : structures.rois) {
    const evaluation::BoxedMask& mask =
        roi.derived ? structures.derived.find(roi.structure)->mask : structures.mask_of(roi.organ);
    if (!uneven_)
      writer.add(roi.organ, {mask.low, mask.size}, mask.voxels);
    else if (roi.derived)
      writer.add(roi.organ, uneven_->to_slices(whole(mask)), 1);
    else
      writer.add(roi.organ, *moved, roi.organ.id);
  }
  writer.write(path);
}

void DicomOutput::add_tasks(std::vector<std::function<void()>>& tasks, OutputFolder& out,
                            const DicomStructures& structures, const std::string& model,
                            const std::string& note) const {
  if (!source_) return;
  if (options_.rtstruct())
    tasks.push_back([this, &structures, model, note, path = out.stage("rtstruct.dcm")] {
      write_contours_of(path, structures, model, note);
    });
  if (!options_.seg()) return;
  const auto any = [&](const templates::TemplateRoi& roi) {
    return roi.derived ? !structures.derived.find(roi.structure)->mask.empty()
                       : !structures.mask_of(roi.organ).empty();
  };
  if (std::none_of(structures.rois.begin(), structures.rois.end(), any)) {
    messages_->warning("no organ was found, so there is no seg.dcm: a DICOM Segmentation cannot be empty");
    return;
  }
  tasks.push_back([this, &structures, model, note, path = out.stage("seg.dcm")] {
    write_segments_of(path, structures, model, note);
  });
}

}  // namespace anatomynet::pipeline
