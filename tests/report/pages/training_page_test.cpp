#include "report/pages/training_page.h"

#include <algorithm>
#include <cmath>
#include <regex>

#include <gtest/gtest.h>

#include "report/html.h"
#include "report/pages/page_tags.h"
#include "report/views/chart.h"

namespace anatomynet::report {
namespace {

using report::Point;
using test::tags_of;

const double none = std::nan("");

TrainingRun some_run() {
  TrainingRun run;
  run.name = "balls";
  run.data = "three balls";
  run.recipe = "seed = 1\n[[phase]]\nepochs = 4\n";
  run.program = "anatomynet 0";
  run.state = "running";
  run.written = "today";
  run.organs = {{1, "Near", "", "", "", Laterality::none, {255, 0, 0}},
                {2, "Far", "", "", "", Laterality::none, {0, 255, 0}}};
  run.steps_in_all = 400;
  run.epochs_in_all = 4;
  for (int i = 0; i < 60; ++i)  // steps of 5 cases
    run.steps.push_back({5 * (i + 1), 1 + i / 20, i == 0 ? 1.0 : 0.0, 1e-3 * std::pow(0.9, i), 2.0 + i, 0.5});
  run.validations = {{1, 100, false, true, 0.25, {0.3, 0.2}},
                     {2, 200, false, true, 0.75, {0.75, none}},
                     {3, 300, false, false, 0.5, {0.4, 0.6}}};
  return run;
}

TEST(TrainingPage, EscapesTheTextOfOthersAndAsksNothingOfANetwork) {
  TrainingRun run = some_run();
  const std::string evil = "</pre></title><script src=\"https://example.org/x.js\">alert('&')</script>";
  run.name = run.data = run.attribution = run.recipe = run.program = run.state = run.written = evil;
  run.organs[0].name = evil;
  run.pictures = {{"\" onload=\"alert(1)", "PNG"}, {evil, "PNG+"}};
  const std::string page = training_page(run);
  EXPECT_NE(
      page.find(
          "&lt;/pre&gt;&lt;/title&gt;&lt;script src=&quot;https://example.org/x.js&quot;&gt;alert('&amp;')"),
      std::string::npos);
  EXPECT_NE(page.find("src=\"data:image/png;base64,UE5H\""), std::string::npos);
  EXPECT_NE(page.find("src=\"data:image/png;base64,UE5HKw==\""), std::string::npos);
  const std::regex reaching(
      R"re((src|href|srcset|action|data|poster)\s*=\s*"(?!data:)|\son\w+\s*=|style="[^"]*url)re");
  for (const std::string& tag : tags_of(page)) {
    std::string unquoted = tag;  // what a quoted value says of scripts is text
    if (const auto alt = tag.find("alt=\""); alt != std::string::npos)
      unquoted.erase(alt, tag.find('"', alt + 5) + 1 - alt);
    if (const auto label = unquoted.find("aria-label=\""); label != std::string::npos)
      unquoted.erase(label, unquoted.find('"', label + 12) + 1 - label);
    EXPECT_FALSE(std::regex_search(unquoted, reaching)) << tag;
    for (const char* kind : {"<script", "<link", "<iframe", "<object", "<embed", "<base", "<a ", "<form"})
      EXPECT_FALSE(tag.starts_with(kind)) << tag;
  }
  EXPECT_EQ(page.find("@import"), std::string::npos);
  EXPECT_EQ(page.find("url("), std::string::npos);
}

// A chart as a reader sees it: pixels become values through the labels at the axes.
struct Read {
  std::string svg;

  // The value at a pixel by the first and last label of an axis.
  double value(char axis, double pixel) const {
    const std::string place =
        axis == 'x' ? R"re(x="([-0-9.]+)" y="[-0-9.]+")re" : R"re(x="[-0-9.]+" y="([-0-9.]+)")re";
    const std::regex label("<text class=\"" + std::string(1, axis) + "\" " + place + ">([-+0-9.e]+)<");
    std::vector<Point> labels;
    for (std::sregex_iterator i(svg.begin(), svg.end(), label), end; i != end; ++i)
      labels.push_back({std::stod((*i)[1]), std::stod((*i)[2])});
    EXPECT_GE(labels.size(), 3u);
    const Point a = labels.front(), b = labels.back();
    return a[1] + (pixel - a[0]) / (b[0] - a[0]) * (b[1] - a[1]);
  }

  // The lines of one curve.
  std::vector<std::vector<Point>> lines(const std::string& name) const {
    const std::regex line(R"re(<polyline [^>]*points="([^"]*)"><title>)re" + name + "</title>");
    const std::regex pair(R"re(([-0-9.]+),([-0-9.]+))re");
    std::vector<std::vector<Point>> out;
    for (std::sregex_iterator i(svg.begin(), svg.end(), line), end; i != end; ++i) {
      const std::string points = (*i)[1];
      out.emplace_back();
      for (std::sregex_iterator p(points.begin(), points.end(), pair); p != end; ++p)
        out.back().push_back({value('x', std::stod((*p)[1])), value('y', std::stod((*p)[2]))});
    }
    return out;
  }
};

Read chart(const std::string& page, const std::string& title) {
  const auto from = page.find("<figcaption>" + title);
  EXPECT_NE(from, std::string::npos) << title;
  return {page.substr(from, page.find("</figure>", from) - from)};
}

TEST(TrainingPage, DrawsEachPointWhereTheAxesSay) {
  const std::string page = training_page(some_run());
  tags_of(page);
  const Read loss = chart(page, "Loss"), rate = chart(page, "Learning rate"),
             norm = chart(page, "Gradient norm");
  const auto raw = loss.lines("each step"), smoothed = loss.lines("smoothed");
  const auto rates = rate.lines("learning rate"), norms = norm.lines("gradient norm");
  ASSERT_EQ(raw.size(), 1u);
  ASSERT_EQ(raw[0].size(), 60u);
  ASSERT_EQ(smoothed[0].size(), 60u);
  ASSERT_EQ(rates[0].size(), 60u);
  ASSERT_EQ(norms[0].size(), 60u);
  for (std::size_t i = 0; i < 60; ++i) {
    EXPECT_NEAR(raw[0][i][0], 5.0 * double(i + 1), 0.02);
    EXPECT_NEAR(raw[0][i][1], i == 0 ? 1 : 0, 2e-4);
    // The answer to one impulse: the mean of up to 20 steps, then it fades.
    const double n = double(i + 1);
    EXPECT_NEAR(smoothed[0][i][1], n <= 20 ? 1 / n : std::pow(0.95, n - 20) / 20, 2e-4);
    EXPECT_NEAR(rates[0][i][1], 1e-3 * std::pow(0.9, i), 2e-7);
    EXPECT_NEAR(norms[0][i][1], 2.0 + double(i), 0.01);
  }
}

TEST(TrainingPage, DrawsDicePerOrganOverEpochsWithItsGaps) {
  TrainingRun run = some_run();
  run.validations.push_back({3, 300, true, true, 0.9, {0.9, 0.9}});  // calibrated: no point of its own
  const Read dice = chart(training_page(run), "Validation Dice");
  const auto near = dice.lines("Near"), far = dice.lines("Far"), mean = dice.lines("mean of the organs");
  ASSERT_EQ(near.size(), 1u);
  ASSERT_EQ(near[0].size(), 3u);
  ASSERT_EQ(far.size(), 2u);  // broken where no case had it
  ASSERT_EQ(far[0].size(), 1u);
  EXPECT_NEAR(far[1][0][0], 3, 1e-3);
  EXPECT_NEAR(far[1][0][1], 0.6, 1e-3);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(mean[0][i][0], double(i + 1), 1e-3);
    EXPECT_NEAR(mean[0][i][1], run.validations[i].mean, 1e-3);
    EXPECT_NEAR(near[0][i][1], run.validations[i].dice[0], 1e-3);
  }
}

TEST(TrainingPage, ListsTheKeptTheLastAndTheHighestScores) {
  TrainingRun run = some_run();
  std::string page = training_page(run);
  EXPECT_NE(page.find("<th>kept weights, epoch 2</th><th>last, epoch 3</th>"), std::string::npos);
  const auto has = [&](const std::string& row) {
    return page.find("<tr><td>" + row + "</td></tr>") != std::string::npos;
  };
  EXPECT_TRUE(has("Near</td><td>0.750</td><td>0.400</td><td>0.750</td><td>epoch 2"));
  EXPECT_TRUE(has("Far</td><td>-</td><td>0.600</td><td>0.600</td><td>epoch 3"));
  EXPECT_TRUE(has("mean</td><td>0.750</td><td>0.500</td><td>0.750</td><td>epoch 2"));
  EXPECT_TRUE(has("done</td><td>step 300 of 400, in epoch 3 of 4; a step is a case"));
  EXPECT_TRUE(has("time in steps</td><td>30 s"));
  EXPECT_NE(page.find("<pre>" + run.recipe + "</pre>"), std::string::npos);
  run.validations.push_back({3, 300, true, true, 0.9, {0.9, 0.9}});
  page = training_page(run);
  EXPECT_TRUE(has("mean</td><td>0.900</td><td>0.900</td><td>0.900</td><td>epoch 3, calibrated"));
}

TEST(TrainingPage, OfARunThatHasNotBegun) {
  TrainingRun run = some_run();
  run.steps.clear();
  run.validations.clear();
  const std::string page = training_page(run), body = page.substr(page.find("<body>"));
  tags_of(page);
  EXPECT_NE(body.find("No validation yet"), std::string::npos);
  EXPECT_EQ(body.find("nan"), std::string::npos);
  EXPECT_EQ(body.find("inf"), std::string::npos);
}

TEST(Chart, IsThinnedButKeepsEverySpike) {
  std::vector<Point> points;
  for (int i = 0; i < 100000; ++i) points.push_back({double(i), std::sin(i * 1e-4)});
  points[54321][1] = 50;
  points[77777][1] = -50;
  const auto few = report::thinned(points, 1000);
  EXPECT_LE(few.size(), 1000u);
  EXPECT_GE(few.size(), 900u);
  for (std::size_t i = 1; i < few.size(); ++i) EXPECT_LT(few[i - 1][0], few[i][0]);
  for (const Point& p : few) EXPECT_EQ(p, points[static_cast<std::size_t>(p[0])]);
  EXPECT_NE(std::find(few.begin(), few.end(), points[54321]), few.end());
  EXPECT_NE(std::find(few.begin(), few.end(), points[77777]), few.end());
  EXPECT_EQ(report::thinned(few, 1000), few);
}

}  // namespace
}  // namespace anatomynet::report
