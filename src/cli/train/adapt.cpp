#include "adaptation/adapt.h"

#include <cstdio>
#include <memory>

#include <ATen/Parallel.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "cli/app/command_line.h"
#include "cli/app/interrupt.h"
#include "cli/app/options.h"
#include "cli/app/progress_bar.h"
#include "cli/app/terminal_messages.h"
#include "core/cpus.h"
#include "core/text.h"

namespace anatomynet::cli {
namespace {

struct Options {
  std::string data, output, from, check;
  bool no_training = false;
  adaptation::AdaptOptions how;
};

using json = nlohmann::ordered_json;

std::string lines(const json& organs, bool offered, const char* how) {
  std::string text;
  for (const json& organ : organs) {
    const bool changed = organ.at("learnt").get<bool>();
    text += organ.at("organ").get<std::string>() + ": " +
            (!changed  ? ""
             : offered ? std::string("offered, ") + how + ": "
                       : "not offered: ") +
            organ.at("why").get<std::string>() + "\n";
  }
  return text;
}

// An organ that gained is told once: of calibration, unless training gained on top of it.
std::string table(const json& record) {
  std::string text;
  const json &calibration = record.at("calibration"), &rounds = record.at("rounds");
  if (!calibration.is_null())
    text += lines(calibration.at("chosen").empty() ? calibration.at("trials").back().at("organs")
                                                   : calibration.at("organs"),
                  !calibration.at("chosen").empty(), "calibrated");
  if (!rounds.empty())
    text += (text.empty() ? "" : "training:\n") +
            lines(rounds.back().at("organs"), !record.at("learnt").empty(), "learnt");
  return text;
}

void adapt(Options options) {
  at::set_num_threads(usable_cpus());
  ProgressBar bar;
  TerminalMessages messages(bar.callback());
  const GracefulStop stop;
  adaptation::AdaptOptions& how = options.how;
  how.data = options.data;
  how.folder = options.output;
  how.from = options.from;
  how.check = options.check;
  how.training = !options.no_training;
  how.make_engine = inference::make_engine;
  how.stop = [&] { return stop.requested(); };
  const auto record = adaptation::adapt(how, messages);
  if (!record) {
    spdlog::warn("stopped; the same command goes on");
    return;
  }
  std::fputs(clean_lines(table(*record)).c_str(), stdout);
  for (const auto& note : record->at("notes")) spdlog::warn("{}", note.get<std::string>());
  spdlog::info("{}; the page is {}",
               record->at("adapted").is_null() ? "nothing is offered, the weights stay as they are"
                                               : (how.folder / "adapted.safetensors").string(),
               (how.folder / "adaptation.html").string());
}

}  // namespace

Action declare_adapt(CommandLine& app) {
  const auto options = std::make_shared<Options>();
  app.add_option(
         "DATASET", options->data,
         "The clinic's cases: a data set as for train, a packed set, or a folder of CTs with contours "
         "as for commission")
      ->type_name("PATH")
      ->required();
  app.add_option(
         "-o,--output", options->output,
         "Folder for adapted.safetensors, adaptation.html and figures; a run that was stopped goes on "
         "in it")
      ->type_name("DIR")
      ->required();
  app.add_option("--from", options->from, "Weights to adapt; the shipped clinical-CT weights where not given")
      ->type_name("FILE");
  app.add_option("--new", options->how.fresh,
                 "Organs that the weights lack and are to learn (commas between)")
      ->delimiter(',')
      ->type_name("NAMES");
  app.add_flag("--no-training", options->no_training,
               "Only calibrate: HU curves and ends of organs, found in seconds a case; no weight changes");
  app.add_option("--check", options->check,
                 "Other cases, to measure what the adapted weights lose elsewhere; of a data set that names "
                 "validation cases these")
      ->type_name("PATH");
  app.add_option("--steps", options->how.steps,
                 "Steps of each training; 16 times the number of cases, 120 to 400, where not given")
      ->check(between(1, 100000));
  app.add_option("--seed", options->how.seed, "Of the parts of the cross-validation, order and augmentation")
      ->capture_default_str();
  add_threads_option(app);
  return [options] { adapt(*options); };
}

}  // namespace anatomynet::cli
