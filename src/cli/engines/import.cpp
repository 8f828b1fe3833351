#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <tuple>

#include <spdlog/spdlog.h>

#include "cli/app/command_line.h"
#include "cli/app/options.h"
#include "core/chosen_organs.h"
#include "core/error.h"
#include "core/known_organs.h"
#include "core/sha256.h"
#include "core/text.h"
#include "core/version.h"
#include "model/checkpoint_file.h"
#include "model/model_file.h"
#include "model/network_tensors.h"

namespace anatomynet::cli {
namespace {

struct Options {
  std::string checkpoint, output, organs, hu, spacing, name, note, architecture;
  bool phantom_only = false;
};

// "LO,HI" in HU.
std::pair<double, double> parse_window(const std::string& text) {
  double low = 0, high = 0;
  const char* const end = text.data() + text.size();
  const auto [comma, first] = std::from_chars(text.data(), end, low);
  const bool more = first == std::errc{} && comma != end && *comma == ',';
  const auto [stop, second] =
      more ? std::from_chars(comma + 1, end, high) : std::from_chars_result{end, first};
  if (!more || second != std::errc{} || stop != end || !std::isfinite(low) || !std::isfinite(high) ||
      !(low < high))
    throw Error(ErrorKind::usage,
                "--hu '" + text + "': expected the HU that become 0 and 1, such as -1024,3071");
  return {low, high};
}

// "D,H,W" in mm as (x, y, z).
Vec3 parse_voxel(std::string text) {
  std::replace(text.begin(), text.end(), ',', 'x');
  return parse_spacing(text);
}

std::string name_of(const Options& o) {
  if (!o.name.empty()) return o.name;
  return clean_text(std::filesystem::path(o.checkpoint).stem().string(), longest_value);
}

model::ModelInfo info_of(const Options& o) {
  model::ModelInfo info;
  info.name = name_of(o);
  info.organs = listed_organs(known_organs(), o.organs, "the list of known organs");
  std::tie(info.hu_low, info.hu_high) = parse_window(o.hu);
  if (!o.spacing.empty()) info.spacing = parse_voxel(o.spacing);
  info.phantom_only = o.phantom_only;
  info.training_data = o.note.empty() ? "not stated" : clean_text(o.note, longest_message);
  info.code_version = version();
  return info;
}

void run(const Options& o) {
  model::ModelInfo info = info_of(o);  // what is wrong with the options is known before the file is read
  const auto classes = static_cast<std::int64_t>(info.organs.size()) + 1;
  std::vector<model::NamedTensor> tensors = model::read_pytorch_checkpoint(o.checkpoint);
  info.architecture = o.architecture.empty() ? model::architecture_of(tensors) : o.architecture;
  if (info.architecture.empty()) info.architecture = model::network_names().front();  // says what differs
  tensors = model::fit_to_network(std::move(tensors), info.architecture, classes, o.checkpoint);
  info.attribution = "imported from the PyTorch checkpoint " +
                     clean_text(std::filesystem::path(o.checkpoint).filename().string(), longest_value) +
                     ", SHA-256 " + digest_of(o.checkpoint).sha256;
  std::int64_t weights = 0;
  for (const model::NamedTensor& t : tensors)
    if (t.name.find(".running_") == std::string::npos) weights += t.count();
  const std::size_t count = tensors.size();
  model::write_model(o.output, info, std::move(tensors));
  std::printf("%s: %s, %zu tensors, %lld weights, %zu organs\n", o.output.c_str(), info.architecture.c_str(),
              count, static_cast<long long>(weights), info.organs.size());
  spdlog::info(
      "channel 1 is {}, the last {}; to prove bf16 for these weights: anatomynet check-engine CT "
      "--model {} --record",
      info.organs.front().name, info.organs.back().name, o.output);
}

}  // namespace

Action declare_import(CommandLine& app) {
  const auto o = std::make_shared<Options>();
  app.add_option(
         "FILE", o->checkpoint,
         "Checkpoint that torch.save wrote: a state_dict, or a dictionary that holds one; its pickles "
         "are read as data, never executed")
      ->type_name("FILE")
      ->required();
  app.add_option("-o,--output", o->output, "Weights file to write")->type_name("FILE")->required();
  app.add_option("--organs", o->organs,
                 "The network's organs in the order of its channels after background, separated by commas: "
                 "TG-263 or PDDCA names")
      ->type_name("LIST")
      ->required();
  app.add_option("--hu", o->hu, "HU that become 0 and 1; outside is clipped")->type_name("LO,HI")->required();
  app.add_option(
         "--spacing", o->spacing,
         "Voxel spacing that the network expects: slices, rows and columns in mm; the CT's own where not "
         "given")
      ->type_name("D,H,W");
  app.add_option("--architecture", o->architecture,
                 "The network, where tensors alone do not tell; the first that they fit, AnatomyNet first")
      ->check(one_of(model::network_names()));
  app.add_option("--name", o->name, "Name of the model; the checkpoint's where not given")->type_name("NAME");
  app.add_option("--note", o->note, "What the weights were trained on, licence")->type_name("TEXT");
  app.add_flag("--phantom-only", o->phantom_only, "They know synthetic patients alone: segment warns of it");
  return [o] { run(*o); };
}

}  // namespace anatomynet::cli
