#include "service/web/job_views.h"

#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "report/records/summary.h"
#include "service/store/job_actions.h"
#include "service/store/job_json.h"

namespace anatomynet::service {
namespace {

constexpr std::size_t most_known = 2000;

bool may_have_results(JobState state) {
  return state != JobState::received && state != JobState::complete && state != JobState::running;
}

bool is_file(const std::filesystem::path& path) {
  std::error_code none;
  return std::filesystem::is_regular_file(path, none);
}

}  // namespace

std::vector<std::string> JobViews::flagged(const Job& job) {
  const std::filesystem::path file = store_.files().results(job.id) / "summary.json";
  if (!may_have_results(job.state) || !is_file(file)) return {};
  {
    const std::lock_guard guard(mutex_);
    const auto found = known_.find(job.id);
    if (found != known_.end() && found->second.since == job.since) return found->second.checks;
  }
  const auto summary = report::read_summary(file);
  const std::vector<std::string> checks = summary ? summary->checks : std::vector<std::string>();
  const std::lock_guard guard(mutex_);
  if (known_.size() >= most_known) known_.clear();
  known_[job.id] = {job.since, checks};
  return checks;
}

nlohmann::json JobViews::view(const Job& job) {
  nlohmann::json out = job_json(store_, job);
  out["calling_ae"] = store_.calling_ae(job.series);
  out["flagged"] = flagged(job);
  for (const auto& [key, file] : {std::pair{"report", "report.html"}, std::pair{"picture", "preview.png"}})
    if (may_have_results(job.state) && is_file(store_.files().results(job.id) / file))
      out[key] = "/jobs/" + std::to_string(job.id) + '/' + file;
  out["actions"] = nlohmann::json::array();
  for (const std::string_view action : job_actions())
    if (action_fits(action, job.state)) out["actions"].push_back(std::string(action));
  return out;
}

}  // namespace anatomynet::service
