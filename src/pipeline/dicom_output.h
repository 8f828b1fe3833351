#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/messages.h"
#include "core/output.h"
#include "io/ct_image.h"
#include "io/dicom/dicom_seg_writer.h"
#include "io/dicom/rtstruct.h"
#include "model/model_file.h"
#include "pipeline/derived_structures.h"
#include "pipeline/roi_contours.h"
#include "templates/structure_template.h"

namespace anatomynet::pipeline {

/// How DICOM objects are written.
struct DicomOutputOptions {
  std::string objects;  ///< rtstruct, seg or both
  std::string append_to, template_file, holes = "keyhole";
  bool smooth = false, anonymise = false;
  std::string uid_seed;  ///< the UIDs of the objects follow from it; empty: fresh ones

  bool rtstruct() const { return objects != "seg"; }
  bool seg() const { return objects != "rtstruct"; }
  ContourStyle style() const { return {smooth, holes == "xor"}; }
};

/// The series description of what a model drew; empty: the usual one.
std::string series_note(const model::ModelInfo& model);

/// `rois` with an ROI description where contours of the model's organ are to be checked first: those that are
/// placed by their shape, and those of weak evidence.
std::vector<templates::TemplateRoi> described(std::vector<templates::TemplateRoi> rois,
                                              const model::ModelInfo& model);

/// The options' template; all organs where they name none. `known`: what it may name beside standard organs.
/// Errors as StructureTemplate's.
std::shared_ptr<const templates::StructureTemplate> read_template(const DicomOutputOptions& options,
                                                                  const OrganTable& known,
                                                                  Messages& messages);

/// What is written into DICOM objects: organs of a label map, which outlives it, and derived structures.
struct DicomStructures {
  const LabelVolume& labels;
  const DerivedMasks& derived;
  std::vector<templates::TemplateRoi>
      rois;  ///< of templates::StructureTemplate::rois, less what cannot be made here

  /// Leaves out derived structures without a mask.
  DicomStructures(const LabelVolume& labels, const DerivedMasks& derived,
                  std::vector<templates::TemplateRoi> rois);
  /// Of an organ of the label map; empty where it has no voxel.
  const evaluation::BoxedMask& mask_of(const Organ& organ) const;

 private:
  std::map<int, evaluation::BoxedMask> organs_;  // whole volumes are mostly background to read
  evaluation::BoxedMask empty_;
};

/// The DICOM objects made of one CT. Everything that can be wrong with the options is found on construction:
/// Error(usage) for options that need a DICOM CT, Error(input) where the structure set of --append-to belongs
/// to another CT. `messages` outlives it.
class DicomOutput {
 public:
  DicomOutput(DicomOutputOptions options, const io::CtImage& ct,
              std::shared_ptr<const templates::StructureTemplate> wanted, Messages& messages);

  const templates::StructureTemplate& structure_template() const { return *template_; }
  const DicomOutputOptions& options() const { return options_; }
  /// The CT as the objects repeat it: without the patient's data under --anonymise.
  const io::DicomSource& source() const { return *source_; }
  /// The CT's slices where they lie unevenly, else null.
  const UnevenSlices* uneven() const { return uneven_ ? &*uneven_ : nullptr; }

  /// A structure set of its own, or the one of --append-to with `rois` added.
  void write_contours(const std::filesystem::path& path, const std::vector<io::RoiContours>& rois,
                      const io::RtStructOptions& how) const;

  /// Tasks that write rtstruct.dcm and seg.dcm, as wanted, of structures that outlive them. `model`
  /// and `note` (a series description; empty: the usual one) go into the objects. None for a CT that is not
  /// DICOM.
  void add_tasks(std::vector<std::function<void()>>& tasks, OutputFolder& out,
                 const DicomStructures& structures, const std::string& model, const std::string& note) const;

  /// One of these files; nothing but a DICOM CT has one. Throws Error(input) for a Segmentation without a
  /// voxel, Error(output).
  void write_contours_of(const std::filesystem::path& path, const DicomStructures& structures,
                         const std::string& model, const std::string& note) const;
  void write_segments_of(const std::filesystem::path& path, const DicomStructures& structures,
                         const std::string& model, const std::string& note) const;

 private:
  DicomOutputOptions options_;
  Messages* messages_;
  std::shared_ptr<const templates::StructureTemplate> template_;
  std::optional<io::DicomSource> source_;
  std::optional<UnevenSlices> uneven_;  ///< the CT's slices where they lie unevenly
};

}  // namespace anatomynet::pipeline
