#include "report/pages/evaluation_page.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "report/html.h"

namespace anatomynet::report {
namespace {

EvaluationReport small_report() {
  EvaluationReport report;
  report.evaluation.predicted = "a & b";
  report.evaluation.truth = "truth";
  report.evaluation.cases = {"<script>x", "two"};
  evaluation::EvaluationRow row;
  row.case_id = "<script>x";
  row.organ = "Brainstem";
  row.metrics.presence = evaluation::Presence::both;
  row.metrics.dice = 0.75;
  row.metrics.hd95_mm = 3;
  report.evaluation.rows.push_back(row);
  row.case_id = "two";
  row.metrics = {};
  row.metrics.presence = evaluation::Presence::prediction_empty;
  row.metrics.dice = 0.0;  // no distance
  report.evaluation.rows.push_back(row);
  row.organ = "Parotid_L";
  row.state = evaluation::EvaluationRow::State::missing_in_truth;
  report.evaluation.rows.push_back(row);
  report.pictures.push_back({"Brainstem", "two", "two Dice 0.000", "PNG"});
  return report;
}

TEST(EvaluationPage, EscapesAndNeedsNothingElse) {
  const std::string page = evaluation_page(small_report());
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;x"), std::string::npos);
  EXPECT_NE(page.find("a &amp; b"), std::string::npos);
  EXPECT_EQ(page.find("http:"), std::string::npos);
  EXPECT_EQ(page.find("https:"), std::string::npos);
  EXPECT_EQ(page.find(">nan"), std::string::npos);
  EXPECT_EQ(page.find("'nan"), std::string::npos);
  EXPECT_NE(page.find("data:image/png;base64,UE5H\""), std::string::npos);
  EXPECT_NE(page.find("missing in the truth"), std::string::npos);
  for (const char* name : {"UaNet 2019", "FocusNetv2 2021", "not re-read"})
    EXPECT_NE(page.find(name), std::string::npos) << name;
}

TEST(EvaluationPage, AnUndefinedFigureIsNeverANumber) {
  const EvaluationReport report = small_report();
  const auto json = evaluation_json(report);
  EXPECT_EQ(json.at("organs").at(0).at("dice").at("mean"), 0.375);
  EXPECT_EQ(json.at("organs").at(0).at("hd95_mm").at("cases"), 1);
  EXPECT_EQ(json.at("organs").at(0).at("hd95_mm").at("mean"), 3.0);
  EXPECT_TRUE(json.at("each").at(1).at("hd95_mm").is_null());
  EXPECT_EQ(json.at("each").at(1).at("state"), "prediction empty");
  EXPECT_EQ(json.at("each").at(2).at("state"), "missing in truth");
  EXPECT_FALSE(json.at("each").at(2).contains("dice"));
  EXPECT_TRUE(json.at("organs").at(1).at("dice").at("mean").is_null());
  EXPECT_EQ(json.dump().find("nan"), std::string::npos);

  const std::string csv = evaluation_csv(report.evaluation);
  EXPECT_NE(csv.find("\ntwo,Brainstem,prediction empty,0,0,0,,"), std::string::npos) << csv;
  EXPECT_NE(csv.find("\ntwo,Parotid_L,missing in truth,,,,"), std::string::npos) << csv;
}

TEST(Html, DataUrlsPadAsBase64Does) {
  using report::data_url;
  EXPECT_EQ(data_url("t/x", ""), "data:t/x;base64,");
  EXPECT_EQ(data_url("t/x", "f"), "data:t/x;base64,Zg==");
  EXPECT_EQ(data_url("t/x", "fo"), "data:t/x;base64,Zm8=");
  EXPECT_EQ(data_url("t/x", "foobar"), "data:t/x;base64,Zm9vYmFy");
  EXPECT_EQ(data_url("t/x", "\xff\xfe\xfd"), "data:t/x;base64,//79");
}

}  // namespace
}  // namespace anatomynet::report
