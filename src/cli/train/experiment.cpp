#include <algorithm>
#include <fstream>
#include <iostream>
#include <memory>

#include <ATen/Parallel.h>
#include <spdlog/spdlog.h>

#include "cli/app/command_line.h"
#include "cli/app/interrupt.h"
#include "cli/app/options.h"
#include "cli/app/progress_bar.h"
#include "cli/train/study_config.h"
#include "cli/train/study_data.h"
#include "cli/train/torch_device.h"
#include "core/cpus.h"
#include "core/error.h"
#include "core/output.h"

namespace anatomynet::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string config, data, out, page, device = "auto";
  std::vector<std::string> only;
  bool table_only = false;
};

void keep_only(const std::vector<std::string>& names, study::Study& study) {
  if (names.empty()) return;
  for (const std::string& name : names)
    if (std::none_of(study.variants.begin(), study.variants.end(),
                     [&](const study::Variant& v) { return v.name == name; }))
      throw Error(ErrorKind::usage, "--only " + name + ": the study has no such variant");
  std::erase_if(study.variants, [&](const study::Variant& v) {
    return std::find(names.begin(), names.end(), v.name) == names.end();
  });
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw Error(ErrorKind::input, file.string() + ": cannot be read");
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_tables(const study::Study& study, const Options& options) {
  const std::string table =
      study::study_table(table_rows(study), study.reference, study::read_records(options.out));
  if (!options.page.empty())
    write_file_atomically(options.page, study::with_table(text_of(options.page), study.name, table));
  write_file_atomically(fs::path(options.out) / "study.md", table);
  std::cout << table;
}

bool train_all(study::Study study, const Options& options, const std::string& data) {
  keep_only(options.only, study);
  at::set_num_threads(usable_cpus());
  const torch::Device device = torch_device(options.device);
  ProgressBar bar;
  const Progress progress = bar.callback();
  const study::StudyData parts = load_study_data(study, data, progress);
  spdlog::info("{} training, {} validation, {} held-out cases", parts.fit.training.size(),
               parts.fit.validation.size(), parts.held_out.validation.size());
  const GracefulStop stop;
  study::StudyEvents events;
  std::string stage;
  events.on_run = [&](const study::Variant& variant, std::uint64_t seed, std::size_t run, std::size_t runs) {
    stage = variant.name + ", seed " + std::to_string(seed);
    spdlog::info("run {} of {}: {}", run, runs, stage);
  };
  events.on_step = [&](const training::StepReport& step) {
    progress(stage, double(step.step) / double(step.steps));
  };
  events.on_message = [](const std::string& text) { spdlog::info("{}", text); };
  events.stop = [&] { return stop.requested(); };
  return study::run_study(study, parts, options.out, device, events);
}

void experiment(const Options& options) {
  const StudyConfig config = read_study_config(options.config);
  const OutputFolder held(options.out);  // keeps other runs out of the folder
  if (options.table_only) return write_tables(config.study, options);
  const std::string data = options.data.empty() ? config.data : options.data;
  if (data.empty())
    throw Error(ErrorKind::usage, "no data set: give --data, or data = \"...\" in " + options.config);
  if (!train_all(config.study, options, data)) {
    spdlog::warn("stopped; {} holds all so far, the same command goes on", options.out);
    return;
  }
  write_tables(config.study, options);
}

}  // namespace

Action declare_experiment(CommandLine& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("STUDY", options->config, "Study file (configs/study-*.toml, docs/experiments.md)")
      ->type_name("FILE")
      ->required();
  app.add_option("--data", options->data, "Data-set folder (docs/training.md) or packed set")
      ->type_name("PATH");
  app.add_option("--out", options->out,
                 "Folder of the runs and of study.md; the same command goes on where it stopped")
      ->type_name("DIR")
      ->required();
  app.add_flag("--table-only", options->table_only, "Train nothing: write the tables from the runs in --out");
  app.add_option("--page", options->page, "Also put the tables into this page, between its marker lines")
      ->type_name("FILE");
  app.add_option("--only", options->only, "Only these variants (commas between)")
      ->delimiter(',')
      ->type_name("NAMES");
  add_threads_option(app);
  app.add_option("--device", options->device, "auto, cpu or cuda")
      ->check(one_of({"auto", "cpu", "cuda"}))
      ->capture_default_str();
  return [options] { experiment(*options); };
}

}  // namespace anatomynet::cli
