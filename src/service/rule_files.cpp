#include "service/rule_files.h"

#include <filesystem>
#include <map>

#include "core/chosen_organs.h"
#include "core/error.h"
#include "model/model_file.h"
#include "model/shipped_models.h"
#include "templates/structure_template.h"

namespace anatomynet::service {
namespace {

void check(const Rule& rule, std::map<std::string, model::ModelInfo>& models, Messages& messages) {
  if (!models.contains(rule.model)) {
    const auto path = rule.model == "default" ? model::default_model() : std::filesystem::path(rule.model);
    models.emplace(rule.model, model::read_model(path).info);
  }
  const model::ModelInfo& model = models.at(rule.model);
  std::string list;
  for (const std::string& organ : rule.organs) list += (list.empty() ? "" : ",") + organ;
  const OrganTable organs = chosen_organs(model.organs, list.empty() ? "all" : list, "model " + model.name);
  if (rule.template_file.empty()) return;
  const templates::StructureTemplate wanted(rule.template_file, messages);
  wanted.check(model.organs);
  wanted.rois(organs);
}

}  // namespace

void check_rule_files(const std::vector<Rule>& rules, const std::string& file, Messages& messages) {
  std::map<std::string, model::ModelInfo> models;
  for (const Rule& rule : rules) {
    if (!rule.contour) continue;
    try {
      check(rule, models, messages);
    } catch (const Error& error) {
      throw Error(ErrorKind::usage,
                  file + ":" + std::to_string(rule.line) + ": [[rule]] '" + rule.name + "': " + error.what());
    }
  }
}

}  // namespace anatomynet::service
