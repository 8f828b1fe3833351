#include "service/dry_run.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/error.h"
#include "core/json.h"
#include "core/json_text.h"
#include "core/text.h"
#include "io/dicom/ct_survey.h"
#include "io/dicom/dicom_index.h"
#include "service/series_facts.h"

namespace anatomynet::service {
namespace {
namespace fs = std::filesystem;

std::string below(const fs::path& file, const fs::path& root) {
  const fs::path relative = file.parent_path().lexically_relative(root);
  return clean_text((relative.empty() ? file.parent_path() : relative).string(), longest_value);
}

std::string joined(const std::vector<std::string>& texts, const char* between) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : between) + text;
  return out;
}

std::string millimetres(double mm) {
  char text[48];
  std::snprintf(text, sizeof text, "%.0f", mm);
  return mm > 0 ? text : "?";
}

// "contoured: default, clinic.toml, to archive"
std::string what_follows(const SeriesPlan& plan) {
  if (!plan.rule) return "kept, no rule takes it";
  const Rule& rule = *plan.rule;
  if (!rule.contour) return "kept without contours";
  std::string text = "contoured by " + (rule.model == "default" ? "the shipped model" : rule.model);
  if (!rule.organs.empty()) text += ", " + joined(rule.organs, " ");
  if (!rule.template_file.empty()) text += ", template " + rule.template_file;
  text += rule.line == 0              ? ", to every destination"
          : rule.destinations.empty() ? ", sent nowhere"
                                      : ", to " + joined(rule.destinations, " and ");
  if (rule.review) text += " after review";
  if (rule.priority != 0) text += ", priority " + std::to_string(rule.priority);
  return clean_text(text, longest_message);
}

using Row = std::array<std::string, 5>;

std::size_t width_of(const std::string& utf8) {
  return static_cast<std::size_t>(std::count_if(
      utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width > width_of(text) ? width - width_of(text) : 0, ' ');
}

std::string reasons_of(const SeriesPlan& plan) {
  std::string out;
  for (const Explanation& one : plan.explanations) {
    out += "    " + clean_text(one.rule->name, longest_value) + (one.takes ? " takes it: " : " does not: ") +
           clean_text(joined(one.reasons, "; "), longest_message) + "\n";
    if (one.rule == plan.rule) break;  // the others were not asked
  }
  if (!plan.problem.empty())
    out += "    but it would be refused: " + clean_text(plan.problem, longest_message) + "\n";
  return out;
}

}  // namespace

std::vector<SeriesPlan> dry_run(const fs::path& given, const std::vector<Rule>& rules,
                                const std::string& calling_ae, const std::string& called_ae,
                                Messages& messages) {
  const fs::path folder = io::folder_of_dicomdir(given);
  const io::DicomArchive archive = io::index_dicom(
      folder, 0, [&](std::string_view stage, double share) { messages.progress(stage, share); });
  std::vector<SeriesPlan> plans;
  for (const io::ArchivedCt& ct : archive.cts) {
    SeriesPlan plan{below(ct.files.front(), folder), clean_text(ct.series_uid, longest_value)};
    plan.facts = series_facts(ct.files.front(), std::int64_t(ct.files.size()));
    plan.facts.calling_ae = calling_ae;
    plan.facts.called_ae = called_ae;
    plan.rule = choose(rules, plan.facts);
    plan.explanations = explain(rules, plan.facts);
    const std::string damaged =
        ct.damaged.empty() ? "" : "damaged slices: " + std::to_string(ct.damaged.size());
    if (plan.rule && plan.rule->contour) plan.problem = damaged.empty() ? io::survey_ct(ct).problem : damaged;
    plans.push_back(std::move(plan));
  }
  for (const Warning& warning : io::warnings_of(archive)) messages.warning(with_files(warning));
  std::string others;
  for (const auto& [modality, files] : archive.other_modalities)
    others +=
        (others.empty() ? "" : ", ") + std::to_string(files) + " of " + clean_text(modality, longest_value);
  if (!archive.structure_sets.empty())
    others += (others.empty() ? "" : ", ") + std::to_string(archive.structure_sets.size()) + " RTSTRUCT";
  if (!others.empty()) messages.info("files that are no CT, which rules are not asked about: " + others);
  if (plans.empty())
    throw Error(ErrorKind::input, folder.string() + ": holds no CT; expected DICOM CT series");
  return plans;
}

std::string plan_table(const std::vector<SeriesPlan>& plans) {
  std::vector<Row> rows{{"folder", "slices", "field mm", "rule", "then"}};
  for (const SeriesPlan& plan : plans)
    rows.push_back({plan.folder, std::to_string(plan.facts.slices), millimetres(plan.facts.field_mm),
                    plan.rule ? clean_text(plan.rule->name, longest_value) : "-", what_follows(plan)});
  std::array<std::size_t, 5> widths{};
  for (const Row& row : rows)
    for (std::size_t k = 0; k + 1 < row.size(); ++k) widths[k] = std::max(widths[k], width_of(row[k]));
  std::string out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t k = 0; k + 1 < rows[i].size(); ++k) out += padded(rows[i][k], widths[k]) + "  ";
    out += rows[i].back() + "\n" + (i > 0 ? reasons_of(plans[i - 1]) : "");
  }
  return out;
}

std::string plan_json(const std::vector<SeriesPlan>& plans) {
  using json = nlohmann::ordered_json;
  json series = json::array();
  for (const SeriesPlan& plan : plans) {
    json one = {{"folder", plan.folder},
                {"series_uid", plan.series_uid},
                {"slices", plan.facts.slices},
                {"field_mm", plan.facts.field_mm},
                {"rule", plan.rule ? json(plan.rule->name) : json(nullptr)},
                {"contour", plan.rule && plan.rule->contour}};
    if (plan.rule && plan.rule->contour) {
      const Rule& rule = *plan.rule;
      one["model"] = rule.model;
      one["organs"] = rule.organs;
      one["template"] = rule.template_file.empty() ? json(nullptr) : json(rule.template_file);
      one["destinations"] = rule.destinations;
      one["priority"] = rule.priority;
      one["review"] = rule.review;
    }
    one["problem"] = clean_text(plan.problem, longest_message);
    json& explained = one["rules"] = json::array();
    for (const Explanation& e : plan.explanations)
      explained.push_back({{"rule", e.rule->name}, {"takes", e.takes}, {"because", e.reasons}});
    series.push_back(std::move(one));
  }
  return json_text(json{{"series", series}}, 2) + "\n";
}

}  // namespace anatomynet::service
