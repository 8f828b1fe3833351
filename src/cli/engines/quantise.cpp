#include "inference/onednn/quantise.h"

#include <memory>

#include <spdlog/spdlog.h>

#include "cli/app/command_line.h"
#include "cli/app/options.h"
#include "core/error.h"
#include "io/ct_image.h"
#include "model/shipped_models.h"

namespace anatomynet::cli {
namespace {

struct Options {
  std::vector<std::string> inputs;
  std::string model, output;
  double tolerance = 0.003;
};

void run(const Options& o) {
  const std::string path = o.model.empty() ? model::default_model().string() : o.model;
  model::Model model = model::read_model(path);
  std::vector<CtVolume> cts;
  for (const std::string& input : o.inputs) cts.push_back(io::read_ct(input).volume);
  const inference::QuantiseReport report = inference::quantise(model, cts, {o.tolerance});
  for (const inference::QuantisedBlock& b : report.blocks)
    spdlog::info("{}: in int8 alone Dice {:.4f} against fp32{}", b.name, b.dice,
                 b.kept ? "" : "; it stays in bf16");
  model::write_model(o.output, model.info, model.weights.tensors);
  spdlog::info(
      "{} of {} blocks in int8, all together Dice {:.4f} against fp32 (the organ that suffers most); written "
      "to {}",
      report.int8_blocks(), report.blocks.size(), report.dice, o.output);
}

}  // namespace

Action declare_quantise(CommandLine& app) {
  const auto o = std::make_shared<Options>();
  app.add_option("CT", o->inputs,
                 "A few CTs of the training set: DICOM folders or files, NIfTI, NRRD or MetaImage")
      ->type_name("PATH")
      ->required();
  app.add_option("-o,--output", o->output, "Weights file to write, with the calibration in it")
      ->type_name("FILE")
      ->required();
  app.add_option("--model", o->model, "Weights file; the shipped clinical-CT weights where not given")
      ->type_name("FILE");
  app.add_option(
         "--tolerance", o->tolerance,
         "How far below 1 any organ's Dice against fp32 may fall on these CTs; blocks that would take it "
         "lower stay in bf16")
      ->check(between(0.0, 1.0))
      ->capture_default_str();
  add_threads_option(app);
  return [o] { run(*o); };
}

}  // namespace anatomynet::cli
