#include "acceptance/watch.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>

#include "acceptance/control_chart.h"
#include "acceptance/edits.h"
#include "core/error.h"
#include "core/version.h"
#include "evaluation/statistics.h"

namespace anatomynet::acceptance {
namespace {

using json = nlohmann::ordered_json;

struct Watchable {
  const char *key, *label, *unit;
  int decimals;
};

constexpr std::array<Watchable, 13> image_figures{{{"soft_tissue_hu", "soft tissue", "HU", 0},
                                                   {"bone_hu", "bone", "HU", 0},
                                                   {"noise_hu", "noise", "HU", 1},
                                                   {"texture", "texture of noise (kernel)", "", 2},
                                                   {"across_slices", "change from slice to slice", "", 2},
                                                   {"pixel_mm", "pixels", "mm", 2},
                                                   {"slice_mm", "slice distance", "mm", 2},
                                                   {"length_mm", "length of the CT", "mm", 0},
                                                   {"field_mm", "width of the field", "mm", 0},
                                                   {"handedness", "left and right of the body", "", 1},
                                                   {"score", "least plausibility", "", 2},
                                                   {"flags", "quality flags", "", 1},
                                                   {"confidence", "mean confidence", "", 3}}};

std::vector<double> with(const std::vector<Arrival>& arrivals, const std::string& key) {
  std::vector<double> values;
  for (const Arrival& a : arrivals)
    if (const auto it = a.figures.find(key); it != a.figures.end()) values.push_back(it->second);
  return values;
}

// Mean of the organs' confidence, so that one chart serves for all.
Arrival completed(Arrival arrival) {
  double sum = 0;
  int organs = 0;
  for (const auto& [key, value] : arrival.figures)
    if (key.starts_with("confidence ")) sum += value, ++organs;
  if (organs > 0) arrival.figures["confidence"] = sum / organs;
  return arrival;
}

std::vector<Arrival> completed(const std::vector<Arrival>& arrivals) {
  std::vector<Arrival> out;
  for (const Arrival& a : arrivals) out.push_back(completed(a));
  return out;
}

double median(const std::vector<double>& values) { return evaluation::summarise(values).median; }

std::string printed(const char* format, double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, format, decimals, value);
  return text;
}

class Watcher {
 public:
  Watcher(const std::vector<Arrival>& baseline, const std::vector<Arrival>& arrivals,
          const WatchOptions& options)
      : options_(options), baseline_(completed(baseline)), arrivals_(completed(arrivals)) {
    out_.baseline = baseline.size();
    out_.arrivals = arrivals.size();
    out_.false_alarm = options.false_alarm;
    out_.horizon = options.horizon;
    out_.baseline_model = baseline.empty() ? "" : baseline.back().model;
    out_.model = arrivals.empty() ? "" : arrivals.back().model;
    for (std::size_t i = 0; i < arrivals.size(); ++i)
      out_.names.push_back(public_name(arrivals[i].name, i + 1));
  }

  Watched run() {
    choose();
    for (const Watchable& w : image_figures)
      if (charted_.contains(w.key)) chart(w.key, w.label, w.unit, w.decimals);
    for (const std::string& key : charted_) {
      if (key.starts_with("ml ")) chart(key, "volume of " + key.substr(3), "ml", 1);
      if (key.starts_with("edited ")) chart(key, "edited contour's Dice of " + key.substr(7), "", 3);
    }
    look_at_scanners();
    return std::move(out_);
  }

 private:
  static bool known(const std::string& key) {
    return key.starts_with("ml ") || key.starts_with("edited ") ||
           std::any_of(image_figures.begin(), image_figures.end(), [&](auto& w) { return key == w.key; });
  }

  // Figures that nearly all of the baseline have; the limits follow from their number.
  void choose() {
    std::set<std::string> keys;
    for (const auto* side : {&baseline_, &arrivals_})
      for (const Arrival& a : *side)
        for (const auto& [key, value] : a.figures)
          if (known(key)) keys.insert(key);
    for (const std::string& key : keys) {
      if (with(baseline_, key).size() >= least_baseline && !with(arrivals_, key).empty())
        charted_.insert(key);
      else
        out_.not_charted.push_back(key);
    }
  }

  // Limits of one number of baseline values; the false alarms of all charts together are shared out evenly
  // (Bonferroni: an upper bound, since figures go together).
  double limit_of(std::size_t baseline) {
    const auto [it, fresh] = limits_.emplace(baseline, 0);
    if (fresh)
      it->second = chart_limit(baseline, options_.horizon, options_.false_alarm / double(charted_.size()));
    return it->second;
  }

  void chart(const std::string& key, const std::string& label, const std::string& unit, int decimals) {
    ChartSeries series{key, label, unit, with(baseline_, key), {}, 0};
    series.limit = limit_of(series.baseline.size());
    ControlChart chart(series.baseline, series.limit);
    std::size_t first = 0;  // value with which the window begins that first passed the limit, from 1
    for (std::size_t i = 0; i < arrivals_.size(); ++i) {
      const auto it = arrivals_[i].figures.find(key);
      if (it == arrivals_[i].figures.end()) continue;
      const ControlChart::Point point = chart.add(it->second);
      series.values.push_back({i + 1, it->second, point.furthest, point.beyond});
      if (point.beyond && first == 0) first = series.values.size() + 1 - point.window;
    }
    const std::size_t recent =
        series.values.size() > chart_windows.back() ? series.values.size() - chart_windows.back() : 0;
    const bool now = std::any_of(series.values.begin() + static_cast<std::ptrdiff_t>(recent),
                                 series.values.end(), [](auto& v) { return v.beyond; });
    if (now) out_.moved.push_back(movement(series, first, recent, decimals));
    out_.charts.push_back(std::move(series));
  }

  Movement movement(const ChartSeries& series, std::size_t first, std::size_t recent, int decimals) const {
    Movement moved{series.key, series.label, series.unit, {}, median(series.baseline)};
    std::size_t last = recent;
    for (std::size_t i = recent; i < series.values.size(); ++i)
      if (series.values[i].beyond) last = i;
    const bool up = series.values[last].furthest > 0;
    const std::size_t from = std::min(first == 0 ? 0 : first - 1, last);
    moved.since = series.values[from].arrival;
    std::vector<double> window;
    for (std::size_t i = std::max(from, recent); i < series.values.size(); ++i) {
      const ChartSeries::Value& v = series.values[i];
      window.push_back(v.value);
      if (up ? v.value > moved.before : v.value < moved.before)
        moved.cases.push_back(out_.names[v.arrival - 1]);
    }
    moved.now = median(window);
    moved.text = series.label + printed(" from %.*f", moved.before, decimals) +
                 printed(" to %.*f", moved.now, decimals) + (series.unit.empty() ? "" : " " + series.unit) +
                 " since " + out_.names[moved.since - 1];
    return moved;
  }

  // A scanner, model, kernel or voltage that the baseline does not have is no matter of chance.
  void look_at_scanners() {
    for (const char* key : {"manufacturer", "model", "kernel", "kvp"}) {
      std::set<std::string> commissioned;
      for (const Arrival& a : baseline_)
        if (const auto it = a.scanner.find(key); it != a.scanner.end()) commissioned.insert(it->second);
      if (commissioned.empty()) continue;
      std::map<std::string, std::vector<std::size_t>> fresh;
      const std::size_t recent =
          arrivals_.size() > chart_windows.back() ? arrivals_.size() - chart_windows.back() : 0;
      for (std::size_t i = recent; i < arrivals_.size(); ++i)
        if (const auto it = arrivals_[i].scanner.find(key);
            it != arrivals_[i].scanner.end() && !commissioned.contains(it->second))
          fresh[it->second].push_back(i + 1);
      for (const auto& [value, numbers] : fresh) {
        Movement moved{std::string("scanner ") + key, key, "", {}};
        moved.since = numbers.front();
        for (const std::size_t n : numbers) moved.cases.push_back(out_.names[n - 1]);
        moved.text = std::string(key) + " " + value + " is not among those of the baseline";
        out_.moved.push_back(std::move(moved));
      }
    }
  }

  const WatchOptions& options_;
  std::vector<Arrival> baseline_, arrivals_;
  std::set<std::string> charted_;
  std::map<std::size_t, double> limits_;
  Watched out_;
};

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
}

}  // namespace

std::string public_name(const std::string& folder, std::size_t number) {
  std::string_view rest = folder;
  for (const std::string_view word : {"case-", "patient-"})
    if (rest.starts_with(word)) {
      rest.remove_prefix(word.size());
      if (const auto bar = rest.find('_'); bar != std::string_view::npos && all_digits(rest.substr(bar + 1)))
        rest = rest.substr(0, bar);
      if (rest.size() <= 4 && all_digits(rest)) return folder;
    }
  if (rest.starts_with("job-") && rest.size() <= 11 && all_digits(rest.substr(4))) return folder;
  return std::string("#").append(std::to_string(number));
}

void require_baseline(std::size_t cases) {
  if (cases >= least_baseline) return;
  throw Error(ErrorKind::input, std::to_string(cases) + " cases are no baseline; expected at least " +
                                    std::to_string(least_baseline) +
                                    ", from a commissioning (--baseline) or the first results (--first)");
}

std::string model_difference(const Watched& watched) {
  if (watched.baseline_model.empty() || watched.model.empty() || watched.baseline_model == watched.model)
    return "";
  return "the results are of " + watched.model + ", the baseline of " + watched.baseline_model +
         ": commission the one that is used";
}

Watched watch(const std::vector<Arrival>& baseline, const std::vector<Arrival>& arrivals,
              const WatchOptions& options) {
  require_baseline(baseline.size());
  return Watcher(baseline, arrivals, options).run();
}

Watched watch(const WatchOptions& options, Messages& messages) {
  std::vector<Arrival> arrivals = arrivals_in(options.results, messages), baseline;
  if (!options.edited.empty()) add_edits(options.edited, options.results, arrivals, messages);
  if (!options.baseline.empty()) {
    baseline = arrivals_in(options.baseline, messages);
    if (!options.edited.empty()) add_commissioned_edits(options.baseline, baseline, messages);
  } else {
    const auto split =
        arrivals.begin() + static_cast<std::ptrdiff_t>(std::min(options.first, arrivals.size()));
    baseline.assign(arrivals.begin(), split);
    arrivals.erase(arrivals.begin(), split);
    if (arrivals.empty())
      throw Error(ErrorKind::input,
                  options.results.string() + ": all of the " + std::to_string(baseline.size()) +
                      " results are the baseline, none is left to watch; give a smaller --first, "
                      "or the commissioned ones with --baseline");
  }
  Watched out = watch(baseline, arrivals, options);
  if (const std::string difference = model_difference(out); !difference.empty()) messages.warning(difference);
  return out;
}

json record_of(const Watched& watched) {
  json charts = json::array(), moved = json::array();
  for (const ChartSeries& series : watched.charts) {
    json values = json::array();
    for (const ChartSeries::Value& v : series.values)
      values.push_back({{"case", watched.names[v.arrival - 1]},
                        {"value", v.value},
                        {"deviations", v.furthest},
                        {"beyond", v.beyond}});
    const evaluation::Summary s = evaluation::summarise(series.baseline);
    charts.push_back({{"key", series.key},
                      {"label", series.label},
                      {"unit", series.unit},
                      {"limit_deviations", series.limit},
                      {"baseline",
                       {{"cases", s.count},
                        {"median", s.median},
                        {"quartiles", {s.lower_quartile, s.upper_quartile}},
                        {"range", {s.low, s.high}}}},
                      {"values", values}});
  }
  for (const Movement& m : watched.moved)
    moved.push_back({{"key", m.key},
                     {"text", m.text},
                     {"before", m.before},
                     {"now", m.now},
                     {"since", watched.names[m.since - 1]},
                     {"cases", m.cases}});
  return {{"program", std::string("anatomynet ") + version()},
          {"baseline", {{"cases", watched.baseline}, {"model", watched.baseline_model}}},
          {"arrivals", watched.arrivals},
          {"model", watched.model},
          {"false_alarm", {{"probability", watched.false_alarm}, {"within_cases", watched.horizon}}},
          {"moved", moved},
          {"not_charted", watched.not_charted},
          {"charts", charts}};
}

std::string line_of(const Watched& watched) {
  const std::string what = std::to_string(watched.arrivals) + " cases against " +
                           std::to_string(watched.baseline) + ", " + std::to_string(watched.charts.size()) +
                           " charts";
  if (watched.moved.empty()) return "nothing moved: " + what;
  std::string text = "moved: ";
  for (std::size_t i = 0; i < watched.moved.size(); ++i) text += (i ? "; " : "") + watched.moved[i].text;
  return text + " (" + what + ")";
}

}  // namespace anatomynet::acceptance
