#include <array>
#include <cstdio>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "core/error.h"
#include "core/organs.h"
#include "core/output.h"
#include "evaluation/dice.h"
#include "io/image_file.h"

namespace anatomynet::cli {
namespace {

struct Options {
  std::string predicted, truth, json;
};

struct Comparison {
  std::vector<OrganDice> organs;
  double voxel_ml = 0;
  std::optional<double> mean;  ///< of the organs' Dice; none where both maps are empty
};

std::string name_of(int id) {
  const Organ* organ = find_organ(standard_organs(), id);
  return organ ? organ->name : "id " + std::to_string(id);
}

Comparison compare(const Options& options) {
  const LabelVolume predicted = read_labels(options.predicted), truth = read_labels(options.truth);
  Comparison result;
  try {
    result.organs = dice_of(predicted, truth);
  } catch (const Error& error) {
    throw error.within(options.predicted + " and " + options.truth);
  }
  result.voxel_ml = truth.grid.voxel_ml();
  double sum = 0;
  for (const OrganDice& organ : result.organs) sum += organ.dice.value_or(0);
  if (!result.organs.empty()) result.mean = sum / static_cast<double>(result.organs.size());
  return result;
}

std::string as_json(const Options& options, const Comparison& result) {
  nlohmann::ordered_json organs = nlohmann::json::array();
  for (const OrganDice& organ : result.organs) {
    organs.push_back({{"id", organ.id},
                      {"name", name_of(organ.id)},
                      {"dice", organ.dice.value_or(0)},
                      {"predicted_ml", static_cast<double>(organ.predicted) * result.voxel_ml},
                      {"truth_ml", static_cast<double>(organ.truth) * result.voxel_ml},
                      {"predicted_voxels", organ.predicted},
                      {"truth_voxels", organ.truth},
                      {"overlap_voxels", organ.overlap}});
  }
  nlohmann::ordered_json report{
      {"predicted", options.predicted}, {"truth", options.truth}, {"organs", organs}};
  report["mean_dice"] = result.mean ? nlohmann::ordered_json(*result.mean) : nlohmann::ordered_json();
  return report.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string as_table(const Comparison& result) {
  std::array<char, 128> line{};
  const auto row = [&](const char* format, auto... values) {
    std::snprintf(line.data(), line.size(), format, values...);
    return std::string(line.data());
  };
  std::string text = row("%-16s %7s %12s %9s\n", "organ", "Dice", "predicted ml", "truth ml");
  for (const OrganDice& organ : result.organs) {
    text += row("%-16s %7.3f %12.2f %9.2f\n", name_of(organ.id).c_str(), organ.dice.value_or(0),
                static_cast<double>(organ.predicted) * result.voxel_ml,
                static_cast<double>(organ.truth) * result.voxel_ml);
  }
  return text + (result.mean ? row("%-16s %7.3f\n", "mean", *result.mean) : "no organ in either label map\n");
}

void evaluate(const Options& options) {
  const Comparison result = compare(options);
  if (!options.json.empty()) write_file_atomically(options.json, as_json(options, result));
  std::cout << as_table(result);
}

}  // namespace

Action declare_evaluate(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("PRED", options->predicted, "Label map to judge (.nii, .nii.gz, .nrrd, .mha)")
      ->type_name("FILE")
      ->required();
  app.add_option("TRUTH", options->truth, "Label map to judge it by, on the same grid")
      ->type_name("FILE")
      ->required();
  app.add_option("--json", options->json, "Also write the figures to this file")->type_name("FILE");
  return [options] { evaluate(*options); };
}

}  // namespace anatomynet::cli
