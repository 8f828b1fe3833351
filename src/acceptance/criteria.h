#pragma once
#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace anatomynet::acceptance {

/// What one figure of one organ must reach over the cases.
struct Level {
  std::string organ;   ///< TG-263 name, or "*": every organ without a level of this figure of its own
  std::string figure;  ///< key of an evaluation::Metric for which more or less is better
  std::string statistic = "mean";  ///< or "median"
  double use = 0, care = 0;        ///< `care` is the worse of the two
  double pixels_from_mm = 0, pixels_below_mm = 1000;
  std::string source;
};

/// A number that decides, and where it comes from.
struct Rule {
  double value = 0;
  std::string source;
};

/// What a model was trained on.
struct TrainedOn {
  std::string model;  ///< beginning of the model's name
  std::array<double, 2> pixel_mm{}, slice_mm{};
  std::string source;
};

struct Criteria {
  std::map<std::string, Rule> rules;  ///< those of rule_names(), each there
  std::vector<Level> levels;
  std::vector<TrainedOn> trained_on;
  std::string file, sha256;  ///< of the clinic's own file; empty: the built-in ones alone

  double rule(const char* name) const { return rules.at(name).value; }
  /// The levels that hold for an organ in a cohort of this median pixel size.
  std::vector<Level> of(const std::string& organ, double pixel_mm) const;
  /// By the model's name; nullptr where nothing is known.
  const TrainedOn* trained_on_of(const std::string& model) const;
};

/// data/acceptance-criteria.toml, which is compiled in and explains the form.
Criteria shipped_criteria();

/// The same with a clinic's file over it. Throws Error(usage) naming file, line and key.
Criteria read_criteria(const std::filesystem::path& file);

}  // namespace anatomynet::acceptance
