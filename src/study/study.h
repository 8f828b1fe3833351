#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "study/record.h"
#include "training/run/trainer.h"

namespace anatomynet::study {

/// One row of a study: a network, its loss and its rules, trained once a seed.
struct Variant {
  std::string name, group;
  training::TrainOptions options;  ///< its seed is replaced
  std::vector<std::uint64_t> seeds;
};

struct Study {
  std::string name;
  std::string reference;  ///< variant that the others are compared with
  std::string
      base;  ///< checksum of the configuration that all variants share: part of every run's definition
  dataset::InputOptions input;
  double held_out = 0.2;  ///< share of the training cases
  std::uint64_t held_out_seed = 1;
  std::string same_case_suffix;  ///< ids that differ in it are one scan: "_dm"
  std::vector<Variant> variants;
};

/// Whether a training case is set aside for the final figures: by a hash of its id and the seed, so that it
/// depends on nothing else.
bool is_held_out(const Study& study, const std::string& id);

/// Training and validation cases, and apart from them the held-out cases (as validation cases).
struct StudyData {
  training::TrainingSet fit, held_out;
  std::string held_out_grid = "CT";
};

/// Splits a set whose training cases may lack their truth at the CT's resolution (packed sets): these are
/// measured at the network's spacing. Errors: Error(input) where no case is left on one side.
StudyData set_aside(const Study& study, training::TrainingSet set);

struct StudyEvents {
  std::function<void(const Variant&, std::uint64_t seed, std::size_t run, std::size_t runs)> on_run;
  std::function<void(const std::string&)> on_message;
  std::function<void(const training::StepReport&)> on_step;
  std::function<bool()> stop;
};

/// What decides a run's result, in words: architecture, loss, base, phases, data, held-out cases.
std::string definition_of(const Study& study, const Variant& variant, std::uint64_t seed,
                          const StudyData& data);

/// Trains and measures every variant and seed that `folder` has no record of: seed by seed, so that every
/// variant has a run early. A run that was stopped goes on from its checkpoint. All runs have the budget of
/// their options; the weights kept are those with the best validation; held-out cases are measured once, with
/// those. False when stopped. Errors: Error(input) for a record or checkpoint of another definition, and what
/// training throws.
bool run_study(const Study& study, const StudyData& data, const std::filesystem::path& folder,
               torch::Device device, const StudyEvents& events);

}  // namespace anatomynet::study
