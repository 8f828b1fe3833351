#include "evaluation/evaluation.h"

#include <cmath>

#include <gtest/gtest.h>

namespace anatomynet::evaluation {
namespace {

EvaluationRow row(const std::string& id, const std::string& organ, double dice,
                  std::optional<double> hd95 = {}) {
  EvaluationRow out;
  out.case_id = id;
  out.organ = organ;
  out.metrics.presence = Presence::both;
  out.metrics.dice = dice;
  out.metrics.hd95_mm = hd95;
  return out;
}

TEST(Evaluation, ComparesPairsAndLeavesOutWhatOneModelLacks) {
  Evaluation ours, other;
  for (int i = 0; i < 12; ++i) {
    const std::string id(1, static_cast<char>('a' + i));
    ours.rows.push_back(
        row(id, "Brainstem", 0.80 + 0.01 * i, i == 3 ? std::nullopt : std::optional(2.0 + i)));
    other.rows.push_back(row(id, "Brainstem", 0.78 + 0.009 * i, 3.0 + i));
    ours.rows.push_back(row(id, "Parotid_L", 0.7 + (i % 2 ? 0.01 : -0.01) * (i + 1)));
    other.rows.push_back(row(id, "Parotid_L", 0.7));
  }
  const auto figures = compare(ours, other, {"dice", "hd95_mm"});
  ASSERT_EQ(figures.size(), 3u);
  const PairedFigure& dice = figures[0];
  EXPECT_EQ(dice.organ, "Brainstem");
  EXPECT_EQ(dice.pairs, 12u);
  EXPECT_NEAR(dice.difference, 0.02 + 0.001 * 5.5, 1e-12);
  EXPECT_LT(dice.interval.low, dice.difference);
  EXPECT_GT(dice.interval.low, 0.02);
  EXPECT_LT(dice.interval.high, 0.031 + 1e-9);
  EXPECT_NEAR(dice.test.p, 2.0 / 4096, 1e-12);       // all twelve of one sign
  EXPECT_NEAR(dice.p_holm, 2 * dice.test.p, 1e-12);  // two organs share the figure
  EXPECT_EQ(figures[1].organ, "Parotid_L");
  EXPECT_GT(figures[1].p_holm, 0.3);
  EXPECT_EQ(figures[2].pairs, 11u);
  EXPECT_EQ(figures[2].left_out, 1u);
  EXPECT_DOUBLE_EQ(figures[2].difference, -1);
}

TEST(Evaluation, TheWorstCaseIsTheOneThatIsWorst) {
  Evaluation e;
  e.rows = {row("a", "Brainstem", 0.9, 3.0), row("b", "Brainstem", 0.7, 2.0),
            row("c", "Brainstem", 0.8, 9.0)};
  e.rows[0].metrics.volume_ml = -5;
  e.rows[1].metrics.volume_ml = 4;
  const auto summary = summarise(e).at(0);
  EXPECT_EQ(summary.figures[0].worst_case, "b");
  EXPECT_EQ(summary.figures[1].worst_case, "c");
  for (std::size_t k = 0; k < metrics().size(); ++k)
    if (std::string(metrics()[k].key) == "volume_ml") {
      EXPECT_EQ(summary.figures[k].worst_case, "a");
    }
}

}  // namespace
}  // namespace anatomynet::evaluation
