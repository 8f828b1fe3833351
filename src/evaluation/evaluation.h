#pragma once
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "evaluation/metrics.h"
#include "evaluation/statistics.h"

namespace anatomynet::evaluation {

/// One organ of one case.
struct EvaluationRow {
  enum class State {
    measured,
    missing_in_prediction,  ///< the truth has it; nothing says whether the prediction looked for it
    missing_in_truth,       ///< predicted, but nobody says where it is
  };
  std::string case_id, organ;
  State state = State::measured;
  OrganMetrics metrics;      ///< of a measured row
  bool within_ends = false;  ///< measured between the truth's first and last slice alone
};

/// A case that could not be measured: one side cannot be read, or the two do not belong together.
struct FailedCase {
  std::string id, why;
};

/// All rows of one model's predictions.
struct Evaluation {
  std::string predicted, truth;                                       ///< what was compared, for the reader
  std::vector<EvaluationRow> rows;                                    ///< by case, then organ
  std::vector<std::string> cases, without_truth, without_prediction;  ///< ids
  std::vector<FailedCase> failed;                                     ///< in no row and no figure
};

/// One figure over the cases where it is defined.
struct Figure {
  Summary summary;
  std::string worst_case;  ///< id; empty where no case has the figure
};

struct OrganSummary {
  std::string organ;
  std::size_t measured = 0;  ///< rows with anything to measure
  std::size_t prediction_empty = 0, truth_empty = 0, both_empty = 0;
  std::vector<std::string> missing_in_prediction, missing_in_truth;  ///< case ids
  std::vector<Figure> figures;                                       ///< in the order of metrics()
};

/// One for each organ that occurs, standard organs first in their order, others by name.
std::vector<OrganSummary> summarise(const Evaluation& evaluation);

/// The names of the organs of some rows in that order.
std::vector<std::string> organs_of(const std::vector<EvaluationRow>& rows);

/// Two models on the same cases: one organ and figure.
struct PairedFigure {
  std::string organ;
  const Metric* metric = nullptr;
  std::size_t pairs = 0;     ///< cases where both models have the figure
  std::size_t left_out = 0;  ///< cases where only one has it
  double mean = 0, mean_other = 0;
  double difference = 0;  ///< mean of (this - other)
  Interval interval{};    ///< 95% bootstrap of the mean difference, drawn over cases
  SignedRank test;
  double p_holm = 1;  ///< adjusted over the organs compared by the same figure
};

/// Every organ and figure of `keys` that both evaluations have in at least one common case. `seed` is the
/// bootstrap's.
std::vector<PairedFigure> compare(const Evaluation& ours, const Evaluation& other,
                                  const std::vector<std::string>& keys, std::uint64_t seed = 1);

}  // namespace anatomynet::evaluation
