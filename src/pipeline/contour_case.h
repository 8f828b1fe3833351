#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/messages.h"
#include "core/output.h"
#include "core/progress.h"
#include "core/shard.h"
#include "inference/segmenter.h"
#include "io/ct_image.h"
#include "model/model_file.h"
#include "pipeline/derived_structures.h"
#include "pipeline/dicom_output.h"
#include "pipeline/judge.h"
#include "pipeline/reports.h"

namespace anatomynet::pipeline {

/// What is to be done with one patient's CT, or with many.
struct SegmentOptions {
  std::string input, folder, model, organs = "all", format = "nii.gz", match = "*", postprocess = "default";
  io::ReadOptions reading;  ///< threads are the engine's
  inference::EngineOptions engine;
  DicomOutputOptions dicom;
  ReportOptions reports;
  std::string case_key;  ///< of an anonymous batch: the file that tells which case is which
  bool again = false;    ///< a batch does the cases that are done too
  Shard shard;           ///< of a batch's cases
  std::string
      settings;  ///< a text of all that decides what the files hold: another one, and cases are done anew
};

/// Makes a model's engine, and throws, as make_engine of inference/engine.h, which programs give.
using EngineMaker =
    std::function<std::unique_ptr<inference::Engine>(const model::Model&, const inference::EngineOptions&)>;

/// One patient's result on its way to the files.
struct ContouredCase {
  io::CtImage ct;
  std::optional<DicomOutput> dicom;  ///< of `ct`; made before the work, since it checks its options
  inference::Segmentation result;
  Judgement judgement;
  DerivedMasks derived;             ///< of the template
  std::filesystem::path read_from;  ///< file or folder of the CT, for what its header says of the scanner
  double total_seconds = 0;         ///< from the start of reading
  std::string batch_key;            ///< for the manifest: of what, and how, a batch made it; empty: no batch
  std::string input_id;             ///< what an anonymous batch knows the data by; empty: no such batch
};

/// Model and engine, made once, and what they do for each patient. Threads: `contour` works the engine, one
/// thread at a time; const functions may run meanwhile.
class CaseContourer {
 public:
  /// Throws Error(model) for weights that do not serve, Error(usage) for a precision that cannot be had, for
  /// organs that the model does not know and for a template that does not fit it. `messages` outlives it.
  CaseContourer(const SegmentOptions& options, const EngineMaker& make, Messages& messages);

  /// The model as results tell of it: its organs are those that were asked for.
  const model::Model& model() const { return model_; }

  /// The model's organs, asked for or not.
  const OrganTable& known_organs() const { return full_.organs; }

  /// What the DICOM objects of a CT are made with. Errors as DicomOutput's.
  DicomOutput dicom_of(const io::CtImage& ct) const;

  /// How structures are called, and which are derived from the organs.
  const templates::StructureTemplate& structure_template() const { return *template_; }

  /// The organs that were asked for, separated by commas; empty: all.
  std::string selection() const;

  /// Contours `c.ct`, post-processes, judges and derives the template's structures. Errors as Segmenter::run.
  void contour(ContouredCase& c, const Progress& progress);

  /// Label map, masks, RTSTRUCT and SEG (of a DICOM CT), report, pictures, quality and summary; what an
  /// earlier run left in the folder under these names goes. Commits with a manifest. May run in one thread
  /// while `contour` works in another.
  void write(OutputFolder& out, const ContouredCase& c) const;

 private:
  int writers() const;
  void add_derived_masks(std::vector<std::function<void()>>& tasks, OutputFolder& out,
                         const ContouredCase& c) const;

  SegmentOptions options_;
  Messages& messages_;
  model::Model model_;
  model::ModelInfo full_;  ///< with all organs, as the network makes them
  std::shared_ptr<inference::Engine> engine_;
  inference::Segmenter segmenter_;
  std::shared_ptr<const templates::StructureTemplate> template_;
  std::string template_sha256_;
};

}  // namespace anatomynet::pipeline
