#include "report/pages/training_page.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "report/html.h"
#include "report/views/chart.h"

namespace anatomynet::report {
namespace {

constexpr Colour pale{120, 128, 140}, bright{255, 255, 255}, amber{255, 190, 80};

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return std::isfinite(value) ? text : "-";
}

std::string duration(double seconds) {
  const auto minutes = static_cast<long long>(seconds / 60);
  return minutes == 0 ? std::to_string(static_cast<int>(seconds)) + " s"
                      : std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
}

std::string row(const std::vector<std::string>& cells, const char* tag = "td") {
  std::string out = "<tr>";
  for (const std::string& cell : cells)
    out += std::string("<") + tag + ">" + html_text(cell) + "</" + tag + ">";
  return out + "</tr>\n";
}

template <class Value>
std::vector<Point> over_steps(const TrainingRun& run, Value value) {
  std::vector<Point> points;
  for (const TrainingStep& s : run.steps) points.push_back({double(s.step), value(s)});
  return points;
}

std::string loss_chart(const TrainingRun& run) {
  const auto raw = over_steps(run, [](const TrainingStep& s) { return s.loss; });
  auto smoothed = raw;
  for (std::size_t i = 1; i < raw.size(); ++i) {
    const double weight = std::max(loss_smoothing, 1.0 / double(i + 1));
    smoothed[i][1] = smoothed[i - 1][1] + weight * (raw[i][1] - smoothed[i - 1][1]);
  }
  return draw_chart({"Loss", "step", {{"each step", pale, raw, 1}, {"smoothed", amber, smoothed, 2}}});
}

double dice_of(const TrainingValidation& v, std::size_t organ) {
  return organ < v.dice.size() ? v.dice[organ] : std::nan("");
}

// Of the epochs' own weights: calibrated ones are in the table alone.
std::string dice_chart(const TrainingRun& run) {
  Chart chart{"Validation Dice", "epoch", {}, Point{0, 1}};
  const bool marks = run.validations.size() <= 60;
  const auto add = [&](const std::string& name, Colour colour, double width, auto value) {
    Curve curve{name, colour, {}, width, marks};
    bool any = false;
    for (const TrainingValidation& v : run.validations) {
      if (v.calibrated) continue;
      curve.points.push_back({double(v.epoch), value(v)});
      any |= std::isfinite(curve.points.back()[1]);
    }
    if (any) chart.curves.push_back(std::move(curve));
  };
  for (std::size_t i = 0; i < run.organs.size(); ++i)
    add(run.organs[i].name, run.organs[i].colour, 1.6,
        [i](const TrainingValidation& v) { return dice_of(v, i); });
  add("mean of the organs", bright, 3, [](const TrainingValidation& v) { return v.mean; });
  return draw_chart(chart);
}

std::string scores(const TrainingRun& run) {
  const auto& all = run.validations;
  if (all.empty()) return "<p>No validation yet.</p>\n";
  const auto kept = std::find_if(all.rbegin(), all.rend(), [](const auto& v) { return v.best; });
  const auto when = [](const TrainingValidation& v) {
    return "epoch " + std::to_string(v.epoch) + (v.calibrated ? ", calibrated" : "");
  };
  const auto line = [&](const std::string& name, auto value) {
    const TrainingValidation* highest = nullptr;
    for (const TrainingValidation& v : all)
      if (std::isfinite(value(v)) && (!highest || value(v) > value(*highest))) highest = &v;
    return row({name, kept == all.rend() ? "-" : number(value(*kept)), number(value(all.back())),
                highest ? number(value(*highest)) : "-", highest ? when(*highest) : "-"});
  };
  std::string out =
      "<table>\n" + row({"Dice", kept == all.rend() ? "kept weights" : "kept weights, " + when(*kept),
                         "last, " + when(all.back()), "highest", "reached"},
                        "th");
  for (std::size_t i = 0; i < run.organs.size(); ++i)
    out += line(run.organs[i].name, [i](const TrainingValidation& v) { return dice_of(v, i); });
  return out + line("mean", [](const TrainingValidation& v) { return v.mean; }) + "</table>\n";
}

std::string facts(const TrainingRun& run) {
  double seconds = 0;
  for (const TrainingStep& s : run.steps) seconds += s.seconds;
  const TrainingStep last = run.steps.empty() ? TrainingStep{} : run.steps.back();
  return "<table>\n" + row({"state", run.state + " (" + run.written + ")"}) +
         row({"done", "step " + std::to_string(last.step) + " of " + std::to_string(run.steps_in_all) +
                          ", in epoch " + std::to_string(last.epoch) + " of " +
                          std::to_string(run.epochs_in_all) + "; a step is a case"}) +
         row({"time in steps", duration(seconds)}) + row({"data", run.data}) +
         (run.attribution.empty() ? "" : row({"attribution", run.attribution})) +
         row({"program", run.program}) + "</table>\n";
}

std::string pictures(const TrainingRun& run) {
  if (run.pictures.empty()) return "";
  std::string out =
      "<h2>Last validation</h2>\n<p>True outlines white, predicted ones in the organs' colours.</p>\n"
      "<div class=\"pictures\">\n";
  for (const TrainingPicture& p : run.pictures)
    out += "<figure><img alt=\"" + html_text(p.caption) + "\" src=\"" + data_url("image/png", p.png) +
           "\"><figcaption>" + html_text(p.caption) + "</figcaption></figure>\n";
  return out + "</div>\n";
}

constexpr auto style =
    "body{max-width:60rem}figure{margin:1rem 0}.plot{fill:#121418}.grid{stroke:#fff}"
    ".legend svg{border:1px solid #121418}.pictures{display:flex;flex-wrap:wrap;"
    "gap:1rem}.pictures figure{margin:0}.pictures img{width:300px;height:auto;display:block}"
    "pre{background:#f6f8fa;padding:.8rem;overflow-x:auto}";

}  // namespace

std::string training_page(const TrainingRun& run) {
  const std::string title = "Training of " + run.name;
  return html_page(
      title, std::string(chart_style) + style,
      "<h1>" + html_text(title) + "</h1>\n" + facts(run) + "<h2>Scores</h2>\n" + scores(run) +
          dice_chart(run) + "<h2>Steps</h2>\n" + loss_chart(run) +
          draw_chart({"Learning rate",
                      "step",
                      {{"learning rate", amber,
                        over_steps(run, [](const TrainingStep& s) { return s.learning_rate; })}}}) +
          draw_chart({"Gradient norm, before clipping",
                      "step",
                      {{"gradient norm", amber,
                        over_steps(run, [](const TrainingStep& s) { return s.gradient_norm; }), 1}}}) +
          pictures(run) + "<h2>Recipe</h2>\n<pre>" + html_text(run.recipe) +
          "</pre>\n<p>Not a medical device: look at every contour before you rely on "
          "it.</p>\n");
}

}  // namespace anatomynet::report
