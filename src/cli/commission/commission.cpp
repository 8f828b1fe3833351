#include "acceptance/commission.h"

#include <cstdio>
#include <memory>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "cli/app/command_line.h"
#include "cli/app/options.h"
#include "cli/app/progress_bar.h"
#include "cli/app/reading_options.h"
#include "cli/app/terminal_messages.h"
#include "core/error.h"
#include "core/text.h"
#include "curation/source.h"
#include "inference/segmenter.h"
#include "quality/postprocess.h"

namespace anatomynet::cli {
namespace {

struct Options {
  std::string cohort, output, criteria, against, kind, case_key;
  std::vector<std::string> names;
  acceptance::CommissionOptions how;
};

void commission(Options options) {
  ProgressBar bar;
  TerminalMessages messages(bar.callback());
  acceptance::CommissionOptions& how = options.how;
  how.cohort.path = options.cohort;
  how.cohort.kind = options.kind;
  how.cohort.names.assign(options.names.begin(), options.names.end());
  how.cohort.case_key = options.case_key;
  how.folder = options.output;
  how.criteria = options.criteria;
  how.against = options.against;
  how.contouring.settings =
      "commission " + how.contouring.postprocess + " " + how.contouring.engine.precision;
  const auto record = acceptance::commission(how, inference::make_engine, messages);
  std::string text;
  for (const auto& organ : record.at("organs")) text += organ.at("sentence").get<std::string>() + "\n";
  std::fputs(clean_lines(text).c_str(), stdout);
  spdlog::info("the page is {}", (how.folder / "acceptance.html").string());
  std::size_t left_out = 0;
  for (const auto& finding : record.at("findings")) left_out += finding.at("left_out").get<bool>();
  const std::size_t failed = record.at("failed").size();
  if (left_out + failed > 0)
    throw Error(ErrorKind::partial, "commission: " + std::to_string(failed) +
                                        " cases could not be compared and " + std::to_string(left_out) +
                                        " faults of the cohort were left out; acceptance.html names each");
}

}  // namespace

Action declare_commission(CommandLine& app) {
  const auto options = std::make_shared<Options>();
  app.add_option(
         "COHORT", options->cohort,
         "Folder of CTs with the clinic's contours: DICOM with RTSTRUCTs, a data set, image CTs with label "
         "maps or masks (docs/commissioning.md)")
      ->type_name("PATH")
      ->required();
  app.add_option("-o,--output", options->output,
                 "Folder for acceptance.html, figures and contours; a run that was stopped goes on in it")
      ->type_name("DIR")
      ->required();
  app.add_option(
         "--criteria", options->criteria,
         "What the contours must reach (TOML), over the built-in ones of data/acceptance-criteria.toml")
      ->type_name("FILE");
  app.add_option("--model", options->how.contouring.model,
                 "Weights file; the shipped clinical-CT weights where not given")
      ->type_name("FILE");
  app.add_option("--against", options->against,
                 "Folder of an earlier commissioning of the same cases, to compare with case by case")
      ->type_name("DIR");
  app.add_flag(
      "--anonymise", options->how.cohort.anonymise,
      "Cases are called case-001 and so on; no name, ID, path or date of the cohort is in any file of DIR");
  app.add_option(
         "--case-key", options->case_key,
         "With --anonymise: file outside DIR that keeps which case is which, so that they keep their numbers")
      ->type_name("FILE")
      ->needs("--anonymise");
  app.add_option("--names", options->names, "Further rules for names of ROIs (TOML, as data/roi-names.toml)")
      ->type_name("FILE")
      ->allow_extra_args(false);
  app.add_option("--kind", options->kind,
                 "What COHORT is, as `curate` knows it; found by itself where not given")
      ->check(one_of(curation::source_kinds()));
  app.add_option("--pictures", options->how.pictures, "Pictures of the worst cases, an organ")
      ->check(between(0, 20))
      ->capture_default_str();
  app.add_option("--postprocess", options->how.contouring.postprocess, "As of segment")
      ->check(one_of(quality::post_processing_names()))
      ->capture_default_str();
  app.add_option("--precision", options->how.contouring.engine.precision, "As of segment")
      ->check(one_of({"auto", "fp32", "bf16", "int8"}))
      ->capture_default_str();
  add_allow_gaps(app, options->how.cohort.allow_gaps);
  app.add_flag("--fill-gaps", options->how.cohort.fill_gaps,
               "Contours: fill slices without any between others by shape interpolation (docs/geometry.md)");
  add_accept_damaged(app, options->how.cohort.accept_damaged);
  add_threads_option(app, "; as many cases are compared at a time");
  return [options] { commission(*options); };
}

}  // namespace anatomynet::cli
