#include "acceptance/record.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <set>

#include "core/clock.h"
#include "core/csv.h"
#include "core/text.h"
#include "core/version.h"

namespace anatomynet::acceptance {
namespace {

using json = nlohmann::ordered_json;

json number(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }
json number(const std::optional<double>& value) { return value ? number(*value) : json(nullptr); }
json interval(const evaluation::Interval& i) { return {number(i.low), number(i.high)}; }

json summary_json(const evaluation::Summary& s) {
  return {{"cases", s.count},
          {"mean", number(s.mean)},
          {"sd", number(s.sd)},
          {"median", number(s.median)},
          {"quartiles", {number(s.lower_quartile), number(s.upper_quartile)}},
          {"range", {number(s.low), number(s.high)}}};
}

json model_json(const Acceptance& a) {
  json evidence = json::array();
  for (const model::OrganEvidence& one : a.model->info.evidence)
    evidence.push_back({{"organ", one.organ}, {"text", one.text()}, {"dice", one.dice}});
  return {{"id", a.model->id},
          {"name", a.model->info.name},
          {"weights_sha256", a.weights_sha256},
          {"training_data", a.model->info.training_data},
          {"attribution", a.model->info.attribution},
          {"phantom_only", a.model->info.phantom_only},
          {"evidence", evidence}};
}

json rules_json(const Criteria& criteria) {
  json rules = json::object(), trained = json::array();
  for (const auto& [name, rule] : criteria.rules)
    rules[name] = {{"value", rule.value}, {"source", rule.source}};
  for (const TrainedOn& one : criteria.trained_on)
    trained.push_back({{"model", one.model},
                       {"pixel_mm", one.pixel_mm},
                       {"slice_mm", one.slice_mm},
                       {"source", one.source}});
  return {{"file", criteria.file}, {"sha256", criteria.sha256}, {"rules", rules}, {"trained_on", trained}};
}

// How often each value occurs.
json counts(const std::vector<ComparedCase>& cases,
            const std::function<std::string(const ComparedCase&)>& of) {
  std::map<std::string, int> times;
  for (const ComparedCase& c : cases) ++times[of(c)];
  json out = json::array();
  for (const auto& [value, n] : times) out.push_back({{"value", value}, {"cases", n}});
  return out;
}

std::string printed_mm(double mm) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", mm);
  return text;
}

std::string scanner_text(const ComparedCase& c) {
  std::string text;
  for (const std::string& part :
       {c.scanner.manufacturer, c.scanner.model, c.scanner.kernel.empty() ? "" : "kernel " + c.scanner.kernel,
        c.scanner.kvp.empty() ? "" : c.scanner.kvp + " kV"})
    if (!part.empty()) text += (text.empty() ? "" : ", ") + clean_text(part, longest_value);
  return text.empty() ? "not known" : text;
}

json tested_json(const Acceptance& a) {
  std::vector<double> pixels, slices, counts_of_slices, lengths, levels;
  std::set<int> patients;
  for (const ComparedCase& c : a.cases) {
    pixels.push_back(std::sqrt(c.grid.spacing[0] * c.grid.spacing[1]));
    slices.push_back(c.grid.spacing[2]);
    counts_of_slices.push_back(double(c.grid.size[2]));
    lengths.push_back(double(c.grid.size[2]) * c.grid.spacing[2]);
    if (const auto it = c.arrival.figures.find("soft_tissue_hu"); it != c.arrival.figures.end())
      levels.push_back(it->second);
    patients.insert(c.patient);
  }
  return {{"form", a.form},
          {"found", a.found},
          {"compared", a.cases.size()},
          {"patients", patients.size()},
          {"failed", a.failed.size()},
          {"scanners", counts(a.cases, scanner_text)},
          {"contrast", counts(a.cases,
                              [&](const ComparedCase& c) -> std::string {
                                if (!c.scanner.contrast_agent.empty())
                                  return "agent: " + clean_text(c.scanner.contrast_agent, longest_value);
                                return a.form == "DICOM" ? "no agent in the header" : "not known";
                              })},
          {"grids", counts(a.cases,
                           [](const ComparedCase& c) {
                             return printed_mm(c.grid.spacing[0]) + " x " + printed_mm(c.grid.spacing[1]) +
                                    " x " + printed_mm(c.grid.spacing[2]) + " mm";
                           })},
          {"pixel_mm", summary_json(evaluation::summarise(pixels))},
          {"slice_mm", summary_json(evaluation::summarise(slices))},
          {"slices", summary_json(evaluation::summarise(counts_of_slices))},
          {"length_mm", summary_json(evaluation::summarise(lengths))},
          {"soft_tissue_hu", summary_json(evaluation::summarise(levels))}};
}

json organ_json(const OrganVerdict& v, const evaluation::OrganSummary* summary) {
  json levels = json::array(), systematic = json::array(), figures = json::object();
  for (const JudgedLevel& l : v.levels)
    levels.push_back({{"figure", l.level.figure},
                      {"label", evaluation::metric(l.level.figure).label},
                      {"decimals", evaluation::metric(l.level.figure).decimals},
                      {"better", evaluation::metric(l.level.figure).better},
                      {"statistic", l.level.statistic},
                      {"value", number(l.value)},
                      {"interval", interval(l.interval)},
                      {"cases", l.cases},
                      {"use", l.level.use},
                      {"care", l.level.care},
                      {"state", words_of(l.state)},
                      {"source", l.level.source}});
  for (const Systematic& s : v.systematic)
    systematic.push_back({{"key", s.key},
                          {"label", s.label},
                          {"unit", s.unit},
                          {"cases", s.cases},
                          {"mean", number(s.mean)},
                          {"interval", interval(s.interval)},
                          {"tolerance", number(s.tolerance)},
                          {"beyond", s.beyond()}});
  if (summary)
    for (std::size_t k = 0; k < evaluation::metrics().size(); ++k) {
      json one = summary_json(summary->figures[k].summary);
      one["worst_case"] = summary->figures[k].worst_case;
      figures[evaluation::metrics()[k].key] = one;
    }
  return {{"organ", v.organ},
          {"verdict", words_of(v.verdict)},
          {"sentence", v.sentence()},
          {"reasons", v.reasons},
          {"cases", v.cases},
          {"patients", v.patients},
          {"left_out", v.left_out},
          {"failed", v.failed_cases},
          {"levels", levels},
          {"systematic", systematic},
          {"shared_dice", number(v.shared_dice)},
          {"evidence", v.evidence ? json(v.evidence->text()) : json(nullptr)},
          {"sd_dice", number(v.sd_dice)},
          {"cases_needed", v.needed},
          {"figures", figures}};
}

json case_json(const ComparedCase& c) {
  json organs = json::array();
  for (const ComparedOrgan& o : c.organs) {
    json one{{"organ", o.organ}, {"left_out", o.left_out}};
    for (const evaluation::Metric& metric : evaluation::metrics())
      one[metric.key] = number(metric.of(o.metrics));
    one["above_mm"] = number(o.above_mm);
    one["below_mm"] = number(o.below_mm);
    one["shared_dice"] = number(o.shared_dice);
    one["offset_lps_mm"] =
        o.metrics.centroid_offset_lps_mm ? json(*o.metrics.centroid_offset_lps_mm) : json(nullptr);
    one["clinic_flags"] = o.truth_flags;
    one["model_flags"] = o.model_flags;
    organs.push_back(std::move(one));
  }
  json rois = json::array(), notes = json::array();
  for (const curation::RoiOutcome& roi : c.rois)
    rois.push_back({{"name", roi.name}, {"organ", roi.organ}, {"why", roi.why}});
  for (const curation::Note& note : c.notes)
    if (note.kind != curation::Note::Kind::info) notes.push_back(note.text);
  return {{"case", c.name},
          {"patient", c.patient},
          {"size_xyz", c.grid.size},
          {"spacing_xyz_mm", c.grid.spacing},
          {"organs", organs},
          {"not_drawn", c.not_drawn},
          {"rois", rois},
          {"notes", notes}};
}

json against_json(const Acceptance& a) {
  if (a.before.empty()) return nullptr;
  json figures = json::array();
  for (const evaluation::PairedFigure& f : evaluation::compare(
           evaluation_of(a.cases), evaluation_of(a.cases, true), {"dice", "mean_surface_mm", "hd95_mm"}))
    figures.push_back({{"organ", f.organ},
                       {"figure", f.metric->key},
                       {"label", f.metric->label},
                       {"decimals", f.metric->decimals + 1},
                       {"better", f.metric->better},
                       {"pairs", f.pairs},
                       {"left_out", f.left_out},
                       {"mean", number(f.mean)},
                       {"before", number(f.mean_other)},
                       {"difference", number(f.difference)},
                       {"interval", interval(f.interval)},
                       {"p", number(f.test.p)},
                       {"p_holm", number(f.p_holm)}});
  return {{"model", a.before}, {"figures", figures}};
}

// Names that are no organ to the rules, with how often and why; and organs that the model does not draw.
json unmatched_json(const Acceptance& a) {
  std::map<std::pair<std::string, std::string>, int> names;
  std::map<std::string, int> not_drawn;
  for (const ComparedCase& c : a.cases) {
    for (const curation::RoiOutcome& roi : c.rois)
      if (roi.organ.empty()) ++names[{roi.name, roi.why}];
    for (const std::string& organ : c.not_drawn) ++not_drawn[organ];
  }
  json out{{"names", json::array()}, {"not_drawn", json::array()}};
  for (const auto& [name, times] : names)
    out["names"].push_back({{"name", name.first}, {"why", name.second}, {"cases", times}});
  for (const auto& [organ, times] : not_drawn)
    out["not_drawn"].push_back({{"organ", organ}, {"cases", times}});
  return out;
}

}  // namespace

evaluation::Evaluation evaluation_of(const std::vector<ComparedCase>& cases, bool before) {
  evaluation::Evaluation out;
  for (const ComparedCase& c : cases) {
    out.cases.push_back(c.name);
    for (const ComparedOrgan& organ : c.organs) {
      if (!organ.left_out.empty() || (before && !organ.before)) continue;
      evaluation::EvaluationRow row;
      row.case_id = c.name;
      row.organ = organ.organ;
      row.metrics = before ? *organ.before : organ.metrics;
      out.rows.push_back(std::move(row));
    }
  }
  return out;
}

json record_of(const Acceptance& a) {
  const auto summaries = evaluation::summarise(evaluation_of(a.cases));
  json organs = json::array(), cases = json::array(), findings = json::array(), failed = json::array(),
       notes = json::array();
  for (const OrganVerdict& v : a.organs) {
    const auto it =
        std::find_if(summaries.begin(), summaries.end(), [&](const auto& s) { return s.organ == v.organ; });
    organs.push_back(organ_json(v, it == summaries.end() ? nullptr : &*it));
  }
  for (const ComparedCase& c : a.cases) cases.push_back(case_json(c));
  for (const Finding& f : a.findings)
    findings.push_back({{"code", f.code},
                        {"cases", f.cases},
                        {"organ", f.organ},
                        {"text", f.text},
                        {"left_out", f.left_out}});
  for (const FailedCase& f : a.failed) failed.push_back({{"case", f.name}, {"why", f.why}});
  for (const curation::Note& note : a.notes)
    if (note.kind != curation::Note::Kind::info) notes.push_back(note.text);
  return {{"program", std::string("anatomynet ") + version()},
          {"notice", "Not a medical device: review and correct every contour before any use."},
          {"written", utc_text(std::time(nullptr), iso_8601)},
          {"model", model_json(a)},
          {"criteria", rules_json(*a.criteria)},
          {"tested", tested_json(a)},
          {"organs", organs},
          {"findings", findings},
          {"failed", failed},
          {"notes", notes},
          {"unmatched", unmatched_json(a)},
          {"against", against_json(a)},
          {"cases", cases}};
}

std::string cases_csv(const Acceptance& a) {
  CsvRow heading{"case", "organ", "left_out"};
  for (const evaluation::Metric& metric : evaluation::metrics()) heading.emplace_back(metric.key);
  for (const char* key : {"above_mm", "below_mm", "shared_dice", "left_mm", "back_mm", "up_mm"})
    heading.emplace_back(key);
  std::string text = csv_line(heading);
  const auto cell = [](const std::optional<double>& value) {
    return value ? csv_number(*value) : std::string();
  };
  for (const ComparedCase& c : a.cases)
    for (const ComparedOrgan& o : c.organs) {
      CsvRow row{c.name, o.organ, o.left_out};
      for (const evaluation::Metric& metric : evaluation::metrics())
        row.push_back(cell(metric.of(o.metrics)));
      for (const auto& value : {o.above_mm, o.below_mm, o.shared_dice}) row.push_back(cell(value));
      const auto& offset = o.metrics.centroid_offset_lps_mm;
      for (std::size_t k = 0; k < 3; ++k) row.push_back(offset ? csv_number((*offset)[k]) : "");
      text += csv_line(row);
    }
  return text;
}

}  // namespace anatomynet::acceptance
