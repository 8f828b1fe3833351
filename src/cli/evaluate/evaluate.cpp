#include <fstream>
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "cli/app/command_line.h"
#include "cli/app/options.h"
#include "cli/app/progress_bar.h"
#include "cli/app/reading_options.h"
#include "cli/evaluate/evaluate_anonymise.h"
#include "cli/evaluate/evaluate_pictures.h"
#include "core/error.h"
#include "core/json_text.h"
#include "core/known_organs.h"
#include "core/output.h"
#include "core/text.h"
#include "evaluation/evaluate_cases.h"
#include "evaluation/protocol.h"
#include "report/pages/evaluation_page.h"

namespace anatomynet::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::vector<std::string> predicted, truth, against, tolerances, labels, organs, within_ends;
  std::string ct, output, json, csv, surface, hausdorff, protocol, case_key;
  io::ReadOptions reading;
  int pictures = 3;
  bool resample = false, published = false, fill_gaps = false, anonymise = false;
};

// "Parotid_L=2.85" as name and value.
std::pair<std::string, std::string> assignment(const std::string& text, const char* option) {
  const auto at = text.find('=');
  if (at == std::string::npos || at == 0 || at + 1 == text.size())
    throw Error(ErrorKind::usage, std::string(option) + " " + text + ": expected two parts joined by =");
  return {text.substr(0, at), text.substr(at + 1)};
}

double millimetres(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (*end != '\0' || !(value >= 0 && value < 1000))
    throw Error(ErrorKind::usage, "--tolerance: " + text + " is no distance; expected mm from 0 to 1000");
  return value;
}

std::string organ_name(const std::string& name) {
  const Organ* organ = find_organ(known_organs(), name);
  return organ ? organ->name : name;
}

void add_labels(const std::vector<std::string>& texts, evaluation::LabelNames& labels) {
  for (const std::string& text : texts) {
    const auto [value, name] = assignment(text, "--label");
    char* end = nullptr;
    const long id = std::strtol(value.c_str(), &end, 10);
    if (*end != '\0' || id < 1 || id > 255)
      throw Error(ErrorKind::usage,
                  "--label " + text + ": " + value + " is no label value; expected 1 to 255");
    std::erase_if(labels.organs, [&](const Organ& organ) { return organ.id == id; });
    Organ organ;
    organ.id = static_cast<int>(id);
    organ.name = organ_name(name);
    labels.organs.push_back(organ);
    labels.stated.push_back(organ.id);
  }
}

evaluation::EvaluateOptions measuring(const Options& options) {
  evaluation::EvaluateOptions out;
  add_labels(options.labels, out.labels);
  for (const std::string& organ : options.organs) out.organs.push_back(organ_name(organ));
  for (const std::string& organ : options.within_ends) out.within_ends.push_back(organ_name(organ));
  out.resample = options.resample;
  out.fill_gaps = options.fill_gaps;
  out.ct = options.ct;
  out.reading = options.reading;
  if (!options.protocol.empty()) evaluation::apply_protocol(options.protocol, out);
  if (!options.surface.empty()) out.surface = evaluation::surface_element(options.surface);
  if (!options.hausdorff.empty()) out.combination = evaluation::combination(options.hausdorff);
  for (const std::string& text : options.tolerances) {
    const auto [organ, mm] = assignment(text, "--tolerance");
    out.tolerances[organ_name(organ)] = millimetres(mm);
  }
  return out;
}

std::string joined(const std::vector<std::string>& paths) {
  std::string out;
  for (const std::string& path : paths) out += (out.empty() ? "" : ", ") + path;
  return out;
}

evaluation::CaseFiles cases_in(const std::vector<std::string>& paths) {
  return evaluation::find_cases({paths.begin(), paths.end()});
}

// All files of an evaluation, and what results call the cases where not by their ids.
struct Inputs {
  evaluation::CaseFiles truth, predicted, against;
  std::map<std::string, std::string> names;
};

bool same_path(const fs::path& a, const fs::path& b) {
  return !a.empty() && !b.empty() && fs::absolute(a).lexically_normal() == fs::absolute(b).lexically_normal();
}

void anonymise(const Options& options, Inputs& in) {
  for (const std::string& file : {options.json, options.csv})
    if (same_path(file, options.case_key))
      throw Error(ErrorKind::usage, "--case-key " + file + ": is to hold the results too; name another file");
  in.names = anonymous_names({&in.truth, &in.predicted, &in.against}, options.case_key, options.output);
  if (options.case_key.empty())
    spdlog::warn("no file keeps which case is which patient; to keep it, name one with --case-key FILE");
}

Inputs inputs_of(const Options& options) {
  Inputs in;
  in.truth = cases_in(options.truth);
  if (!options.protocol.empty()) {
    evaluation::keep_protocol_cases(options.protocol, in.truth);
    if (in.truth.cases.size() != evaluation::protocol_cases(options.protocol))
      spdlog::warn("{} of the protocol's {} cases are in the truth", in.truth.cases.size(),
                   evaluation::protocol_cases(options.protocol));
  }
  in.predicted = cases_in(options.predicted);
  if (!options.against.empty()) in.against = cases_in(options.against);
  if (options.anonymise) anonymise(options, in);
  return in;
}

struct Measured {
  evaluation::CasePairs pairs;
  evaluation::Evaluation evaluation;
};

Measured measured(const evaluation::CaseFiles& predicted, const Inputs& in,
                  const evaluation::EvaluateOptions& how, const Progress& progress) {
  Measured out;
  out.pairs = evaluation::match_cases(predicted, in.truth);
  if (!in.names.empty()) rename_cases(out.pairs, in.names);
  out.evaluation = evaluation::evaluate_cases(out.pairs, how, progress,
                                              [](const std::string& w) { spdlog::warn("{}", w); });
  for (const evaluation::FailedCase& c : out.evaluation.failed) spdlog::error("{}: {}", c.id, c.why);
  return out;
}

void put(OutputFolder& out, const std::string& name, const std::string& bytes) {
  write_file_atomically(out.stage(name), bytes);
}

void require_all_measured(const report::EvaluationReport& report) {
  const std::size_t failed =
      report.evaluation.failed.size() + (report.against ? report.against->failed.size() : 0);
  if (failed > 0)
    throw Error(ErrorKind::partial,
                "evaluate: " + std::to_string(failed) +
                    " cases could not be measured and are in no figure; the lines above say why");
}

std::string json_of(const report::EvaluationReport& report) {
  return json_text(report::evaluation_json(report), 1) + "\n";
}

void evaluate(Options options) {
  if (options.truth.empty() && options.predicted.size() == 2) {
    options.truth = {options.predicted.back()};
    options.predicted.pop_back();
  }
  if (options.truth.empty()) throw Error(ErrorKind::usage, "evaluate: no truth; give it with --truth");
  const evaluation::EvaluateOptions how = measuring(options);
  ProgressBar bar;
  const Progress progress = bar.callback();
  const Inputs in = inputs_of(options);
  std::unique_ptr<OutputFolder> out;
  if (!options.output.empty()) out = std::make_unique<OutputFolder>(options.output);

  report::EvaluationReport report;
  report.surface = how.surface;
  report.combination = how.combination;
  report.protocol = options.protocol;
  report.published = options.published || !options.protocol.empty();
  const Measured ours = measured(in.predicted, in, how, progress);
  report.evaluation = ours.evaluation;
  report.evaluation.predicted = joined(options.predicted);
  report.evaluation.truth = joined(options.truth);
  for (const std::string& organ : evaluation::organs_of(report.evaluation.rows))
    report.tolerances[organ] = evaluation::tolerance_of(how.tolerances, organ);
  if (!options.against.empty()) {
    report.against = measured(in.against, in, how, progress).evaluation;
    report.against->predicted = joined(options.against);
    report.paired =
        evaluation::compare(report.evaluation, *report.against, {"dice", "hd95_mm", "surface_dice"});
  }
  if (out) report.pictures = worst_pictures(ours.pairs, report.evaluation, how, options.pictures, progress);
  if (options.anonymise)
    for (const auto& [organ, name] : hide_inputs(report, how))
      spdlog::info("{} is called {} in the results", organ, name);
  if (!options.json.empty()) write_file_atomically(options.json, json_of(report));
  if (!options.csv.empty()) write_file_atomically(options.csv, report::evaluation_csv(report.evaluation));
  if (out) {
    report::EvaluationReport whole = report;
    whole.published = true;
    put(*out, "evaluation.json", json_of(whole));
    put(*out, "evaluation.csv", report::evaluation_csv(report.evaluation));
    put(*out, "summary.csv", report::evaluation_summary_csv(report.evaluation));
    put(*out, "evaluation.html", report::evaluation_page(whole));
    out->commit();
  }
  std::cout << clean_lines(report::evaluation_text(report));
  require_all_measured(report);
}

}  // namespace

Action declare_evaluate(CommandLine& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("PRED", options->predicted,
                 "Predictions: label maps, folders of masks, RTSTRUCTs, SEGs, results of segment, or folders "
                 "of these")
      ->type_name("PATH")
      ->required();
  app.add_option(
         "--truth", options->truth,
         "What to judge by, in the same forms, or a data set; cases are matched by id (docs/evaluation.md)")
      ->type_name("PATH");
  app.add_option("--against", options->against, "Another model's predictions, to compare with pair by pair")
      ->type_name("PATH");
  app.add_option("--ct", options->ct, "CT, or folder of CTs: for pictures, and as the grid of contours")
      ->type_name("PATH");
  add_accept_damaged(app, options->reading.accept_damaged);
  app.add_option("-o,--output", options->output,
                 "Folder for evaluation.html, evaluation.json and two CSV files")
      ->type_name("DIR");
  app.add_option("--json", options->json, "Also write the figures to this file")->type_name("FILE");
  app.add_option("--csv", options->csv, "Also write one line a case and organ to this file")
      ->type_name("FILE");
  app.add_option("--organs", options->organs,
                 "Only these (TG-263 names, commas between); one that a prediction lacks counts as not found")
      ->delimiter(',')
      ->type_name("NAMES");
  app.add_option(
         "--within-ends", options->within_ends,
         "Measure these between the truth's first and last slice alone, as their contours end anywhere "
         "(SpinalCord, Esophagus); a data set's partial_extent does so without it")
      ->delimiter(',')
      ->type_name("NAMES");
  app.add_option("--surface", options->surface, "Surface elements: surfels (default) or voxels")
      ->type_name("KIND");
  app.add_option("--hausdorff", options->hausdorff, "Of both directions: larger (default), mean or pooled")
      ->type_name("KIND");
  app.add_option("--tolerance", options->tolerances, "Tolerance of surface Dice: ORGAN=MM; may be repeated")
      ->type_name("ORGAN=MM")
      ->allow_extra_args(false);
  app.add_option("--label", options->labels, "Name of a label value: VALUE=ORGAN; may be repeated")
      ->type_name("VALUE=ORGAN")
      ->allow_extra_args(false);
  app.add_option("--protocol", options->protocol,
                 "miccai2015: the challenge's ten off-site cases of a PDDCA folder, on the original grids")
      ->type_name("NAME");
  add_allow_gaps(app, options->reading.allow_gaps);
  app.add_flag("--resample", options->resample, "Bring predictions on another grid onto the truth's");
  app.add_flag(
      "--fill-gaps", options->fill_gaps,
      "Fill slices without contours between contoured ones by shape interpolation (docs/geometry.md)");
  app.add_flag("--published", options->published, "Also print published results");
  Option* anonymise = app.add_flag("--anonymise", options->anonymise,
                                   "Call cases case-001 and so on, and write nowhere what the input's "
                                   "cases, files and folders are called");
  app.add_option("--case-key", options->case_key,
                 "With --anonymise: file outside DIR that keeps which case is which, so that they keep their "
                 "numbers")
      ->type_name("FILE")
      ->needs(anonymise);
  app.add_option("--pictures", options->pictures, "Pictures of the worst cases, an organ")
      ->check(between(0, 100))
      ->capture_default_str();
  add_threads_option(app, "; as many cases at a time");
  return [options] { evaluate(*options); };
}

}  // namespace anatomynet::cli
