#include <cstdio>
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "cli/app/command_line.h"
#include "cli/app/options.h"
#include "core/error.h"
#include "core/json_text.h"
#include "inference/engine_check.h"
#include "inference/engine_notes.h"
#include "io/ct_image.h"
#include "model/shipped_models.h"

namespace anatomynet::cli {
namespace {

struct Options {
  std::vector<std::string> inputs;
  std::string model, reference = "onednn:fp32", checked = "onednn:bf16", record;
  bool json = false;
};

std::shared_ptr<inference::Engine> engine_of(const model::Model& model, const std::string& text) {
  const auto colon = text.find(':');
  inference::EngineOptions o{text.substr(0, colon)};
  if (colon != std::string::npos) o.precision = text.substr(colon + 1);
  return inference::make_engine(model, o);
}

std::string organ_name(const OrganTable& organs, int id) {
  const Organ* organ = find_organ(organs, id);
  return organ ? organ->name : "id " + std::to_string(id);
}

std::string as_json(const Options& o, const model::Model& model, const inference::EngineCheck& check) {
  nlohmann::ordered_json organs = nlohmann::json::array();
  for (const evaluation::OrganDice& d : check.organs)
    organs.push_back({{"name", organ_name(model.info.organs, d.id)},
                      {"dice", d.dice ? nlohmann::ordered_json(*d.dice) : nlohmann::ordered_json()},
                      {"reference_voxels", d.truth},
                      {"checked_voxels", d.predicted}});
  const nlohmann::ordered_json report{{"model", model.id},
                                      {"reference", o.reference},
                                      {"checked", o.checked},
                                      {"cases", check.cases},
                                      {"largest_logit_difference", check.largest_difference},
                                      {"largest_logit", check.largest_logit},
                                      {"voxel_agreement", check.agreement()},
                                      {"least_dice", check.least_dice()},
                                      {"organs", organs}};
  return json_text(report, 2) + "\n";
}

void print(const Options& o, const model::Model& model, const inference::EngineCheck& check) {
  std::printf("%s against %s, %d CT%s, model %s\n", o.checked.c_str(), o.reference.c_str(), check.cases,
              check.cases == 1 ? "" : "s", model.id.c_str());
  std::printf("largest logit difference %.3g, of logits up to %.3g (%.2g of it)\n", check.largest_difference,
              check.largest_logit,
              check.largest_logit > 0 ? check.largest_difference / check.largest_logit : 0);
  std::printf("same label in %.4f%% of voxels\n%-18s %8s %12s %12s\n", 100 * check.agreement(), "organ",
              "Dice", "reference", "checked");
  for (const evaluation::OrganDice& d : check.organs) {
    std::printf("%-18s ", organ_name(model.info.organs, d.id).c_str());
    if (d.dice) {
      std::printf("%8.4f", *d.dice);
    } else {
      std::printf("%8s", "none");
    }
    std::printf(" %12lld %12lld%s\n", static_cast<long long>(d.truth), static_cast<long long>(d.predicted),
                check.by_shape.contains(d.id) ? "  (drawn by its shape: does not count)" : "");
  }
}

void check_engine(const Options& o) {
  const std::string path = o.model.empty() ? model::default_model().string() : o.model;
  model::Model model = model::read_model(path);
  const auto reference = engine_of(model, o.reference), checked = engine_of(model, o.checked);
  if (!o.record.empty() && reference->arithmetic() != inference::Arithmetic::fp32)
    throw Error(ErrorKind::usage, "--record: the reference " + o.reference + " is not in fp32");
  inference::EngineCheck check;
  for (const std::string& input : o.inputs) {
    spdlog::info("{}", input);
    inference::check_engines(model.info, reference, checked, io::read_ct(input).volume, check);
  }
  if (o.json) {
    std::cout << as_json(o, model, check);
  } else {
    print(o, model, check);
  }
  if (o.record.empty()) return;
  inference::EngineNotes notes = inference::read_notes(model);
  const inference::Agreement found{check.agreement(), check.least_dice(), check.cases};
  notes.agreement[checked->proof()] = found;
  model.info.engines = inference::notes_text(notes, model);
  model::write_model(o.record, model.info, model.weights.tensors);
  if (!found.proven())
    spdlog::warn("{} is recorded as not proven: it takes 99.9% of voxels and Dice 0.995 of every organ",
                 checked->proof());
}

}  // namespace

Action declare_check_engine(CommandLine& app) {
  const auto o = std::make_shared<Options>();
  app.add_option("CT", o->inputs, "DICOM folders or files, or NIfTI, NRRD or MetaImage CTs")
      ->type_name("PATH")
      ->required();
  app.add_option("--model", o->model, "Weights file; the shipped clinical-CT weights where not given")
      ->type_name("FILE");
  app.add_option("--reference", o->reference, "Engine and precision to compare with, such as torch:fp32")
      ->type_name("ENGINE:PRECISION")
      ->capture_default_str();
  app.add_option("--checked", o->checked, "Engine and precision to judge")
      ->type_name("ENGINE:PRECISION")
      ->capture_default_str();
  app.add_option("--record", o->record,
                 "Write a weights file that records the agreement; segment's --precision auto goes by it")
      ->type_name("FILE");
  add_threads_option(app);
  app.add_flag("--json", o->json, "Print one JSON object");
  return [o] { check_engine(*o); };
}

}  // namespace anatomynet::cli
