#include "cli/train/train_measure.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>
#include <map>
#include <numeric>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>
#include <torch/torch.h>

#include "cli/train/training_data.h"
#include "core/error.h"
#include "core/json_text.h"
#include "core/output.h"
#include "core/version.h"
#include "network/weights.h"
#include "report/views/comparison.h"
#include "training/data/organ_map.h"
#include "training/run/validation.h"

namespace anatomynet::cli {
namespace {

using nlohmann::ordered_json;
constexpr std::size_t worst_shown = 5;

// The validation cases with the classes of `organs` instead of those of the set.
training::TrainingSet seen_by(training::TrainingSet set, const OrganTable& organs, const std::string& data) {
  const bool any = std::any_of(set.organs.begin(), set.organs.end(), [&](const Organ& organ) {
    return std::any_of(organs.begin(), organs.end(),
                       [&](const Organ& other) { return other.name == organ.name; });
  });
  if (set.validation.empty())
    throw Error(ErrorKind::input, data + ": no validation cases to measure on; list some as val in " +
                                      "splits_final.json (docs/training.md)");
  if (!any)
    throw Error(ErrorKind::input, data + ": has none of the organs that the weights find; give a data set " +
                                      "with at least one of them");
  set.training.clear();
  for (training::TrainingCase& c : set.validation) c = training::with_organs(c, set.organs, organs);
  set.organs = organs;
  return set;
}

// Label values 1, 2, ... instead of the organs' ids.
OrganTable as_classes(OrganTable organs) {
  for (std::size_t i = 0; i < organs.size(); ++i) organs[i].id = static_cast<int>(i) + 1;
  return organs;
}

using Pictures = std::map<std::pair<std::string, std::string>, std::string>;  // organ and case to PNG

void draw_case(const training::TrainingCase& c, const LabelVolume& predicted, const OrganTable& classes,
               Pictures& pictures) {
  const CtVolume ct = training::ct_at_truth(c);
  LabelVolume found = predicted;
  found.grid = c.truth.grid;
  const report::Comparison comparison{ct, found, c.truth, classes};
  for (const Organ& organ : classes) {
    if (c.annotated[organ.id].item<float>() < 0.5f) continue;
    const std::int64_t slice = report::most_different_slice(comparison, organ.id);
    pictures[{organ.name, c.id}] =
        report::draw_comparison(comparison, organ, slice, c.id + " " + organ.name).png();
  }
}

std::vector<double> finite(const std::vector<double>& values) {
  std::vector<double> out;
  std::copy_if(values.begin(), values.end(), std::back_inserter(out),
               [](double v) { return std::isfinite(v); });
  return out;
}

ordered_json number(double v) { return std::isfinite(v) ? ordered_json(v) : ordered_json(); }

double mean_of(const std::vector<double>& v) {
  return std::accumulate(v.begin(), v.end(), 0.0) / double(v.size());  // NaN of none
}

std::vector<std::size_t> worst_first(const training::OrganScore& score) {
  std::vector<std::size_t> order(score.dice.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return score.dice[a] < score.dice[b]; });
  return order;
}

std::string file_name(const std::string& organ, const std::string& id) {
  std::string name = organ + "-" + id + ".png";
  for (char& c : name)
    if (c == '/' || static_cast<unsigned char>(c) < 0x20) c = '_';
  return name;
}

ordered_json organ_json(const training::OrganScore& score) {
  const std::vector<double> distance = finite(score.hausdorff95);
  ordered_json out{{"cases", score.dice.size()}, {"dice", {}}, {"hausdorff95_mm", {}}};
  out["dice"] = {{"mean", number(mean_of(score.dice))}, {"median", number(training::median_of(score.dice))}};
  out["hausdorff95_mm"] = {{"mean", number(mean_of(distance))},
                           {"median", number(training::median_of(distance))},
                           {"cases", distance.size()}};
  out["each"] = ordered_json::array();
  const auto order = worst_first(score);
  for (std::size_t k = 0; k < order.size(); ++k) {
    ordered_json one{{"case", score.cases[order[k]]},
                     {"dice", score.dice[order[k]]},
                     {"hausdorff95_mm", number(score.hausdorff95[order[k]])}};
    if (k < worst_shown) one["picture"] = file_name(score.organ, score.cases[order[k]]);
    out["each"].push_back(one);
  }
  return out;
}

std::string millimetres(double v) { return std::isfinite(v) ? fmt::format("{:.1f}", v) : "-"; }

std::string row(const training::OrganScore& score) {
  if (score.dice.empty()) return "| " + score.organ + " | 0 | - | - | - | - | - |\n";
  const std::vector<double> distance = finite(score.hausdorff95);
  const std::size_t worst = worst_first(score)[0];
  return fmt::format("| {} | {} | {:.3f} | {:.3f} | {} | {} | {:.3f} ({}) |\n", score.organ,
                     score.dice.size(), score.mean(), training::median_of(score.dice),
                     millimetres(mean_of(distance)), millimetres(training::median_of(distance)),
                     score.dice[worst], score.cases[worst]);
}

std::string table(const training::Scores& scores) {
  std::string text =
      "| organ | cases | Dice mean | median | HD95 mm mean | median | worst Dice "
      "|\n|---|---|---|---|---|---|---|\n";
  for (const training::OrganScore& score : scores.organs) text += row(score);
  return text;
}

void put(OutputFolder& out, const std::string& name, const std::string& bytes) {
  std::ofstream file(out.stage(name), std::ios::binary);
  file << bytes;
  if (!file.flush()) throw Error(ErrorKind::output, name + ": cannot write; is the disk full?");
}

}  // namespace

void measure_weights(const std::filesystem::path& weights, const std::filesystem::path& data,
                     network::Precision precision, torch::Device device, const std::filesystem::path& folder,
                     const Progress& progress) {
  const model::Model model = model::read_model(weights);
  dataset::InputOptions input;
  input.hu_low = model.info.hu_low;
  input.hu_high = model.info.hu_high;
  if (model.info.spacing) input.spacing = *model.info.spacing;
  const training::TrainingSet set =
      seen_by(load_training_set(data, input, progress), model.info.organs, data.string());
  const auto network = network::make_network(model);
  network->to(device);

  OutputFolder out(folder);
  const OrganTable classes = as_classes(set.organs);
  Pictures pictures;
  std::size_t done = 0;
  training::ValidationOptions options{.precision = precision, .surface_distance = true};
  options.on_case = [&](const training::TrainingCase& c, const LabelVolume& predicted) {
    draw_case(c, predicted, classes, pictures);
    progress("validation", double(++done) / double(set.validation.size()));
  };
  const training::Scores scores = training::validate(*network, set, device, options);

  ordered_json report{{"model", model.id},          {"training_data", model.info.training_data},
                      {"data", set.description},    {"validation_cases", set.validation.size()},
                      {"mean_dice", scores.mean()}, {"program", version()}};
  for (const training::OrganScore& score : scores.organs) {
    report["organs"][score.organ] = organ_json(score);
    const auto order = worst_first(score);
    for (std::size_t k = 0; k < std::min(worst_shown, order.size()); ++k)
      put(out, file_name(score.organ, score.cases[order[k]]), pictures[{score.organ, score.cases[order[k]]}]);
  }
  put(out, "validation.json", json_text(report, 1) + "\n");
  put(out, "accuracy.md", table(scores));
  out.commit();
  std::cout << table(scores);
}

}  // namespace anatomynet::cli
