#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <thread>

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include "cli/command.h"
#include "cli/progress_bar.h"
#include "cli/quality_output.h"
#include "cli/roi_contours.h"
#include "cli/shipped_models.h"
#include "cli/side_by_side.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/output.h"
#include "core/version.h"
#include "inference/segmenter.h"
#include "io/ct_image.h"
#include "io/image_file.h"
#include "report/preview.h"
#include "report/summary.h"

namespace anatomynet::cli {
namespace {

struct Options {
  std::string input, folder, model, series, format = "nii.gz", postprocess = "default";
  EngineOptions engine;
};

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// The label map and one mask an organ, as tasks.
void add_masks(std::vector<std::function<void()>>& tasks, OutputFolder& out, const LabelVolume& labels,
               const OrganTable& organs, const std::string& format) {
  tasks.push_back([&labels, path = out.stage("labels." + format)] { write_labels(path, labels); });
  for (const Organ& organ : organs)
    tasks.push_back([&labels, id = organ.id, path = out.stage("masks/" + organ.name + "." + format)] {
      write_mask(path, labels, id);
    });
}

void write_contours(OutputFolder& out, const CtImage& ct, const LabelVolume& labels, const Model& model) {
  RtStructOptions options;
  options.algorithm = model.id;
  options.software_version = std::string("anatomynet ") + version();
  if (model.info.phantom_only) options.series_description = "SYNTHETIC model, not for patients";
  write_rtstruct(out.stage("rtstruct.dcm"), *ct.dicom, roi_contours(labels, model.info.organs), options);
}

void write_picture(OutputFolder& out, const CtImage& ct, const LabelVolume& labels, const Model& model) {
  PreviewOptions options;
  options.warning = model.info.phantom_only ? "SYNTHETIC-TRAINED MODEL - NOT FOR PATIENTS"
                                            : "NOT A MEDICAL DEVICE - REVIEW EVERY CONTOUR";
  write_preview(out.stage("preview.png"), ct.volume, labels, model.info.organs, options);
}

// Weights that do not fit their network are known only here; the file is named as for other damage.
std::shared_ptr<Engine> engine_of(const std::filesystem::path& weights, const Model& model,
                                  const EngineOptions& options) {
  try {
    return make_engine(model, options);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::model) throw error.within(weights.string());
    throw;
  }
}

void segment(const Options& options) {
  const double start = seconds();
  const std::filesystem::path weights =
      options.model.empty() ? default_model() : std::filesystem::path(options.model);
  const Model model = read_model(weights);
  ProgressBar bar;
  const Progress progress = bar.callback();
  const CtImage ct = read_ct(options.input, {options.series}, progress);
  for (const std::string& warning : ct.warnings) spdlog::warn("{}", warning);
  if (model.info.phantom_only) {
    spdlog::warn("model {} was trained on synthetic patients only: its contours on a real CT mean nothing",
                 model.info.name);
  }
  OutputFolder out(options.folder);  // before the work: an unwritable folder is known at once
  for (const char* old : {"masks", "labels.nii.gz", "labels.nrrd", "labels.mha", "rtstruct.dcm",
                          "preview.png", "summary.json", "quality.json"}) {
    out.replace(old);  // another patient's, perhaps
  }
  const std::shared_ptr<Engine> engine = engine_of(weights, model, options.engine);
  const Segmenter segmenter(model.info, engine);
  Segmentation result = segmenter.run(ct.volume, progress);
  const Judgement judgement = judge(ct.volume, result, model.info, options.postprocess);

  progress("writing files", 0);
  std::vector<std::function<void()>> tasks;
  add_masks(tasks, out, result.labels, model.info.organs, options.format);
  if (ct.dicom) tasks.push_back([&] { write_contours(out, ct, result.labels, model); });
  tasks.push_back([&] { write_picture(out, ct, result.labels, model); });
  // ITK's writers, of the other formats, catch what is said on stderr: one at a time.
  const int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  side_by_side(tasks, options.format != "nii.gz"   ? 1
                      : options.engine.threads > 0 ? options.engine.threads
                                                   : cores);
  RunFacts facts{ct.source,
                 std::string(engine->name()) + " " + name_of(engine->arithmetic()),
                 ct.warnings,
                 result.network_grid,
                 result.network_seconds,
                 result.total_seconds,
                 seconds() - start,
                 peak_memory()};
  write_file_atomically(out.stage("summary.json"), summary_json(result.labels, model, facts));
  write_file_atomically(out.stage("quality.json"), judgement.json);
  out.commit();
  progress("writing files", 1);
  print_quality(judgement.report);
  spdlog::info("{} s in all, {:.1f} s of them in the network; peak memory {:.0f} MB; results in {}",
               std::lround(facts.total_seconds), facts.network_seconds, double(facts.peak_bytes) / 1e6,
               options.folder);
}

}  // namespace

Action declare_segment(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("INPUT", options->input, "DICOM folder or file, or a NIfTI, NRRD or MetaImage CT")
      ->type_name("PATH")
      ->required();
  app.add_option("-o,--output", options->folder,
                 "Folder for label map, masks, RTSTRUCT (DICOM input), summary, quality and picture")
      ->type_name("DIR")
      ->required();
  app.add_option("--model", options->model, "Weights file; the shipped clinical-CT weights where not given")
      ->type_name("FILE");
  app.add_option("--series", options->series, "DICOM: Series Instance UID of the CT to take")
      ->type_name("UID");
  app.add_option("--format", options->format, "Of label map and masks")
      ->check(CLI::IsMember({"nii.gz", "nrrd", "mha"}))
      ->capture_default_str();
  add_postprocess_option(app, options->postprocess);
  app.add_option("--threads", options->engine.threads, "CPU threads; 0: all cores")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_option("--engine", options->engine.engine,
                 "auto, onednn or torch; auto: torch on a GPU, else onednn")
      ->check(CLI::IsMember({"auto", "onednn", "torch"}))
      ->capture_default_str();
  app.add_option("--memory", options->engine.memory,
                 "onednn: whole, or slabs, which makes skip connections again where they are needed (the "
                 "same labels in "
                 "less memory, slower); auto: slabs where whole does not fit")
      ->check(CLI::IsMember({"auto", "whole", "slabs"}))
      ->capture_default_str();
  app.add_option("--precision", options->engine.precision,
                 "auto, fp32, bf16 or int8; auto: the fastest proven to agree with fp32 for the weights file")
      ->check(CLI::IsMember({"auto", "fp32", "bf16", "int8"}))
      ->capture_default_str();
  return [options] { segment(*options); };
}

}  // namespace anatomynet::cli
