// Makes the reference of expert contours and the table of docs/quality.md.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include <CLI/CLI.hpp>

#include "bench/quality/fit.h"
#include "bench/quality/table.h"
#include "core/error.h"
#include "core/output.h"
#include "evaluation/dice.h"
#include "evaluation/surface_distance.h"
#include "io/image/image_file.h"
#include "quality/postprocess.h"

namespace anatomynet::quality {
namespace {

struct Options {
  std::string data, predictions, reference, output, split = "validation";
  std::vector<std::string> pair;
  bool verbose = false;
};

void fit(const Options& options) {
  std::vector<FitCase> cases;
  for (const Case& c : openkbp_cases(options.data, "train", true)) cases.push_back(measured(c));
  Reference reference = fit_reference(std::move(cases));
  reference.data =
      "OpenKBP: clinical contours of the training cases, as far as they are whole; contours by two observers "
      "and by "
      "PDDCA's experts for some of these scans. Made by bench_quality fit";
  reference.attribution =
      "OpenKBP (Babier et al., Medical Physics 48:5549-5561, 2021, MIT licence); contours of the DeepMind "
      "TCIA set "
      "(Nikolov et al., J Med Internet Res 23:e26151, 2021, CC BY 4.0) and of PDDCA 1.4.1 (Raudaschl et al., "
      "Medical "
      "Physics 44:2020-2036, 2017)";
  write_file_atomically(options.output, to_json(reference));
}

Reference chosen_reference(const Options& options) {
  if (options.reference.empty()) return shipped_reference();
  std::ifstream in(options.reference);
  std::ostringstream text;
  text << in.rdbuf();
  return reference_from_json(text.str(), options.reference);
}

std::vector<Case> cases_of(const Options& options) {
  std::vector<Case> cases;
  for (std::size_t i = 0; i + 1 < options.pair.size(); i += 2)
    cases.push_back(case_of(options.pair[i], options.pair[i + 1]));
  if (options.data.empty()) return cases;
  for (Case& c : openkbp_cases(options.data, options.split, true)) cases.push_back(std::move(c));
  for (Case& c : native_cases(options.data, options.split)) cases.push_back(std::move(c));
  return cases;
}

void print(const std::map<std::string, Share>& shares) {
  for (const auto& [name, s] : shares)
    std::printf("%-70s %5d of %5d  %5.1f%%\n", name.c_str(), s.flagged, s.all, s.percent());
}

void table(const Options& options) {
  const Reference reference = chosen_reference(options);
  Table t;
  for (const Case& c : cases_of(options)) {
    count_untouched(c, reference, t);
    count_planted(c, reference, t);
  }
  print(t.details);
  std::printf("\nPlanted and flagged\n");
  print(t.errors);
  std::printf("\nUntouched and flagged\n");
  print({{"cases with a flag", t.cases}, {"organs with a flag", t.organs}});
  for (const std::string& line : t.false_alarms) std::printf("  %s\n", line.c_str());
  if (options.verbose)
    for (const std::string& line : t.missed) std::printf("missed: %s\n", line.c_str());
}

// Dice and HD95 before and after each step, paired by case.
void post_processing_table(const Options& options) {
  const std::vector<std::string> steps{"none", "pieces", "holes", "all"};
  struct Row {
    std::vector<double> dice, hd95;  // by step
  };
  std::map<std::string, std::vector<Row>> rows;
  std::map<std::string, Share> flagged;
  std::map<std::string, int> codes;
  for (const Case& truth : openkbp_cases(options.data, options.split, false)) {
    const LabelVolume raw =
        io::read_labels(std::filesystem::path(options.predictions) / (truth.id + ".nii.gz"));
    std::map<std::string, Row> of_case;
    for (const std::string& step : steps) {
      LabelVolume labels = raw;
      post_process(labels, truth.organs, post_processing(step));
      for (const Organ& organ : truth.organs) {
        const auto dice = evaluation::dice_of(labels, truth.labels, {organ.id})[0].dice;
        const auto hd95 = evaluation::hausdorff95(labels, truth.labels, organ.id);
        if (dice) of_case[organ.name].dice.push_back(*dice);
        if (hd95) of_case[organ.name].hd95.push_back(*hd95);
      }
      if (step != "all") continue;
      for (const OrganQuality& q :
           assess(truth.ct, labels, truth.organs, {}, chosen_reference(options)).organs) {
        ++flagged[q.organ].all;
        flagged[q.organ].flagged += !q.flags.empty();
        for (const Flag& f : q.flags) ++codes[q.organ + ", " + f.code];
      }
    }
    for (const auto& [organ, row] : of_case) rows[organ].push_back(row);
  }
  for (const auto& [organ, list] : rows)
    for (const bool hd : {false, true}) {
      std::vector<double> sum(steps.size());
      std::vector<int> better(steps.size()), worse(steps.size());
      int cases = 0;
      for (const Row& row : list) {
        const std::vector<double>& v = hd ? row.hd95 : row.dice;
        if (v.size() != steps.size()) continue;
        ++cases;
        for (std::size_t s = 0; s < steps.size(); ++s) {
          const double gain = hd ? v[0] - v[s] : v[s] - v[0];
          sum[s] += v[s];
          better[s] += gain > 1e-9;
          worse[s] += gain < -1e-9;
        }
      }
      std::printf("%-16s %-5s %3d cases, before %8.4f", organ.c_str(), hd ? "HD95" : "Dice", cases,
                  sum[0] / cases);
      for (std::size_t s = 1; s < steps.size(); ++s)
        std::printf(" | %s %8.4f (%d better, %d worse)", steps[s].c_str(), sum[s] / cases, better[s],
                    worse[s]);
      std::printf("\n");
    }
  std::printf("\nThe network's contours that are flagged\n");
  print(flagged);
  for (const auto& [code, count] : codes) std::printf("  %s: %d\n", code.c_str(), count);
}

}  // namespace
}  // namespace anatomynet::quality

int main(int argc, char** argv) {
  using namespace anatomynet::quality;
  CLI::App app("Expert contours: what they look like, and how often errors planted in them are flagged");
  app.require_subcommand(1);
  Options options;
  CLI::App* fitting = app.add_subcommand("fit", "Makes data/quality-reference.json from the training cases");
  fitting->add_option("--data", options.data, "Folder with cases.csv, train/, validation/")->required();
  fitting->add_option("-o,--output", options.output)->required();
  CLI::App* counting = app.add_subcommand("table", "Plants errors in cases and counts what is flagged");
  counting->add_option("--data", options.data, "Folder with cases.csv, train/, validation/");
  counting->add_option("--split", options.split, "train or validation")->capture_default_str();
  counting
      ->add_option("--pair", options.pair,
                   "CT and label map of a further case (standard organ ids), may be repeated")
      ->type_size(2)
      ->expected(-1);
  counting->add_option("--reference", options.reference, "Another reference than the one compiled in");
  counting->add_flag("-v", options.verbose, "List what was missed");
  CLI::App* after = app.add_subcommand("postprocess", "What post-processing does to a network's contours");
  after->add_option("--data", options.data, "Folder with cases.csv, train/, validation/")->required();
  after->add_option("--predictions", options.predictions, "Folder with <id>.nii.gz, not post-processed")
      ->required();
  after->add_option("--reference", options.reference, "Another reference than the one compiled in");
  CLI11_PARSE(app, argc, argv);
  try {
    *fitting ? fit(options) : *after ? post_processing_table(options) : table(options);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
