#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>

#include <spdlog/spdlog.h>

#include "cli/app/command_line.h"
#include "cli/app/dicom_options.h"
#include "cli/app/options.h"
#include "cli/app/progress_bar.h"
#include "cli/app/reading_options.h"
#include "cli/app/terminal_messages.h"
#include "cli/segment/stage_times.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/sha256.h"
#include "io/ct_ahead.h"
#include "pipeline/batch_shards.h"
#include "pipeline/contour_batch.h"
#include "pipeline/contour_case.h"

namespace anatomynet::cli {
namespace {

struct Options : pipeline::SegmentOptions {
  bool batch = false;
  std::string shard_text;
};

void segment(pipeline::SegmentOptions options) {
  options.engine.keep_memory = false;  // there is no other CT
  const double start = seconds_now();
  ProgressBar bar;
  StageTimes times;
  const Progress progress = times.watching(bar.callback());
  TerminalMessages messages(progress);
  progress("reading the model and the CT", 0);
  io::ReadOptions reading = options.reading;
  reading.threads = 0;
  io::CtAhead ct(options.input, reading, progress);
  pipeline::CaseContourer contourer(options, inference::make_engine, messages);
  pipeline::ContouredCase c;
  c.ct = ct.get();
  c.read_from = options.input;
  for (const Warning& warning : c.ct.warnings) spdlog::warn("{}", with_files(warning));
  c.dicom.emplace(contourer.dicom_of(c.ct));
  OutputFolder out(options.folder);  // before the work: an unwritable folder is known at once
  contourer.contour(c, progress);
  for (const std::string& warning : c.judgement.warnings) spdlog::warn("{}", warning);
  for (const std::string& warning : c.derived.warnings) spdlog::warn("{}", warning);
  progress("writing files", 0);
  c.total_seconds = seconds_now() - start;
  contourer.write(out, c);
  spdlog::debug("{}", times.text());
  std::fputs(pipeline::quality_table(c.judgement.report).c_str(), stdout);
  std::fputs(pipeline::derived_table(c.derived, c.ct).c_str(), stdout);
  spdlog::info("{} s in all, {:.1f} s of them in the network; peak memory {:.0f} MB; results in {}",
               std::lround(seconds_now() - start), c.result.network_seconds, double(peak_memory()) / 1e6,
               options.folder);
}

void report_batch(const pipeline::BatchOutcome& outcome) {
  std::printf("%zu cases: %zu done, %zu done before, %zu failed; %s\n", outcome.cases, outcome.done,
              outcome.done_before, outcome.failed, outcome.table.c_str());
  if (outcome.failed > 0)
    throw Error(ErrorKind::partial, "segment: " + std::to_string(outcome.failed) + " of " +
                                        std::to_string(outcome.cases) +
                                        " cases failed; see the column error of " + outcome.table.string());
}

void segment_batch(const pipeline::SegmentOptions& options) {
  ProgressBar bar;
  TerminalMessages messages(bar.callback());
  report_batch(pipeline::contour_batch(options, inference::make_engine, messages));
}

// The options that were given, less those that do not change what is written, and those that the model must
// explain (CaseContourer::selection). A file counts by what it holds.
std::string settings_of(const CommandLine& app) {
  std::string text;
  for (const Option& option : app.options()) {
    const std::string name = option.name();
    if (!option.is_given() || option.is_positional() || name == "--output" || name == "--threads" ||
        name == "--memory" || name == "--batch" || name == "--shard" || name == "--again" ||
        name == "--match" || name == "--case-key" || name == "--model" || name == "--organs")
      continue;
    // Batches that were begun when the option had its old name go on.
    text += (text.empty() ? "" : " ") + (name == "--template" ? "--names" : name);
    for (const std::string& value : option.values()) {
      std::error_code ignored;
      const bool file = option.type_name() == "FILE" && std::filesystem::is_regular_file(value, ignored);
      text += " " + (file ? "of SHA-256 " + digest_of(value).sha256 : value);
    }
  }
  return text;
}

void declare_postprocess(CommandLine& app, std::string& name) {
  app.add_option(
         "--postprocess", name,
         "pieces: drop small and detached components of an organ; holes: fill small holes; all: both; none; "
         "default: what helped on validation cases; quality.json says what was changed")
      ->check(one_of(quality::post_processing_names()))
      ->capture_default_str();
}

void declare_reports(CommandLine& app, pipeline::ReportOptions& options) {
  app.add_option("--mesh", options.mesh,
                 "Also one closed, smoothed surface an organ, meshes/<organ>.stl or .obj (LPS, mm)")
      ->check(one_of({"stl", "obj"}));
  app.add_flag("--pictures", options.pictures,
               "Also one picture an organ, pictures/<organ>.png: three planes through it");
}

void declare_batch(CommandLine& app, Options& options) {
  Option* batch =
      app.add_flag(
             "--batch", options.batch,
             "INPUT is many patients: a folder, searched at any depth for DICOM CT series and images, or "
             "a text file that names one a line; results in DIR/<case> and DIR/summary.csv; what is done "
             "is not done again")
          ->group("Many patients");
  app.add_option("--match", options.match,
                 "Of a folder's image files, those whose names fit, such as '*_ct.nii.gz'")
      ->type_name("PATTERN")
      ->needs(batch)
      ->group("Many patients");
  app.add_option(
         "--case-key", options.case_key,
         "With --anonymise, which calls cases case-001 and so on: file outside DIR that keeps which case is "
         "which, so that they keep their numbers")
      ->type_name("FILE")
      ->needs(batch)
      ->needs("--anonymise")
      ->group("Many patients");
  app.add_option("--shard", options.shard_text,
                 "Only the i-th of n shares, such as 2/8, into the DIR that all share; `segment merge -o "
                 "DIR` then makes "
                 "DIR/summary.csv of theirs")
      ->type_name("I/N")
      ->needs(batch)
      ->excludes("--anonymise")
      ->group("Many patients");
  app.add_flag("--again", options.again, "Cases that are done too")->needs(batch)->group("Many patients");
}

}  // namespace

Action declare_segment(CommandLine& app) {
  const auto options = std::make_shared<Options>();
  app.add_option(
         "INPUT", options->input,
         "DICOM folder or file, or a NIfTI, NRRD or MetaImage CT; or 'merge', to join shards (--shard)")
      ->type_name("PATH")
      ->required();
  app.add_option(
         "-o,--output", options->folder,
         "Folder for label map, masks, RTSTRUCT and SEG (DICOM input), summary, quality, report and picture")
      ->type_name("DIR")
      ->required();
  app.add_option("--model", options->model, "Weights file; the shipped clinical-CT weights where not given")
      ->type_name("FILE");
  app.add_option("--organs", options->organs,
                 "Organs to write, separated by commas: TG-263 or PDDCA names, or ids; all: those of the "
                 "weights file. Their labels are those of a run with all")
      ->type_name("LIST")
      ->capture_default_str();
  Option* series =
      app.add_option("--series", options->reading.series_uid, "DICOM: Series Instance UID of the CT to take")
          ->type_name("UID");
  add_accept_damaged(app, options->reading.accept_damaged);
  add_acquisition(app, options->reading.acquisition);
  add_allow_gaps(app, options->reading.allow_gaps);
  app.add_option("--format", options->format, "Of label map and masks")
      ->check(one_of({"nii.gz", "nrrd", "mha"}))
      ->capture_default_str();
  declare_postprocess(app, options->postprocess);
  add_threads_option(app);
  app.add_option("--engine", options->engine.engine,
                 "auto, onednn or torch; auto: torch on a GPU, else onednn")
      ->check(one_of({"auto", "onednn", "torch"}))
      ->capture_default_str();
  app.add_option("--memory", options->engine.memory,
                 "onednn: whole, or slabs, which makes skip connections again where they are needed (the "
                 "same labels in "
                 "less memory, slower); auto: slabs where whole does not fit")
      ->check(one_of({"auto", "whole", "slabs"}))
      ->capture_default_str();
  app.add_option("--precision", options->engine.precision,
                 "auto, fp32, bf16 or int8; auto: the fastest proven to agree with fp32 for the weights file")
      ->check(one_of({"auto", "fp32", "bf16", "int8"}))
      ->capture_default_str();
  add_dicom_output_options(app, options->dicom, "both");
  // Of the DICOM node: what is made again gets the UIDs that it had.
  app.add_option("--uid-seed", options->dicom.uid_seed, "UIDs of the DICOM objects follow from this text")
      ->group("");
  declare_reports(app, options->reports);
  declare_batch(app, *options);
  series->excludes("--batch");
  app.get_option("--append-to")->excludes("--batch");
  app.get_option("--acquisition")->excludes("--batch");
  return [options, &app] {
    if (options->input == "merge" && !options->batch)
      return report_batch(pipeline::merge_shards(options->folder));
    options->settings = settings_of(app);
    options->shard = shard_from(options->shard_text);
    if (options->batch && !options->dicom.uid_seed.empty())
      throw Error(ErrorKind::usage, "--uid-seed is for one CT; leave it or --batch away");
    options->batch ? segment_batch(*options) : segment(*options);
  };
}

}  // namespace anatomynet::cli
