#include <charconv>
#include <cstdio>
#include <ctime>
#include <functional>
#include <map>

#include <nlohmann/json.hpp>

#include "cli/serve/serve_options.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/json_text.h"
#include "service/node_config.h"
#include "service/store/store.h"

namespace anatomynet::cli {
namespace {

using nlohmann::json;
using service::Job;
using service::JobState;
using service::Store;

std::int64_t number_of(const std::string& text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value < 1)
    throw Error(ErrorKind::usage, "'" + text + "' is no number of a job; serve jobs lists them");
  return value;
}

Job job_of(Store& store, const std::string& text) {
  const std::optional<Job> job = store.job(number_of(text));
  if (!job) throw Error(ErrorKind::usage, "there is no job " + text + "; serve jobs lists them");
  return *job;
}

std::string time_text(std::int64_t ms) { return utc_text(ms / 1000, iso_8601); }

json json_of(Store& store, const Job& job, bool with_history) {
  json out{{"job", job.id},
           {"state", service::to_text(job.state)},
           {"since", time_text(job.since)},
           {"reason", job.reason},
           {"rule", job.plan.rule},
           {"priority", job.plan.priority},
           {"attempts", job.attempts},
           {"slices", job.slices},
           {"set_aside", store.conflicts(job.series)}};
  if (job.superseded_by) out["superseded_by"] = job.superseded_by;
  if (!with_history) return out;
  for (const service::Transition& t : store.transitions(job.id))
    out["history"].push_back({{"at", time_text(t.at)}, {"from", t.from}, {"to", t.to}, {"reason", t.reason}});
  for (const service::Delivery& d : store.deliveries(job.id))
    out["deliveries"].push_back({{"object", d.object.kind},
                                 {"sop_instance_uid", d.object.sop_uid},
                                 {"destination", d.destination},
                                 {"state", d.state},
                                 {"attempts", d.attempts},
                                 {"reason", d.reason}});
  return out;
}

void print_jobs(Store& store, const ServeOptions& options) {
  std::vector<Job> jobs;
  if (options.jobs.empty()) jobs = store.jobs();
  for (const std::string& text : options.jobs) jobs.push_back(job_of(store, text));
  if (options.json) {
    json all = json::array();
    for (const Job& job : jobs) all.push_back(json_of(store, job, !options.jobs.empty()));
    std::puts(json_text(all, 2).c_str());
    return;
  }
  std::printf("%6s  %-10s  %-20s  %6s  %s\n", "job", "state", "since (UTC)", "slices", "rule, reason");
  for (const Job& job : jobs) {
    std::printf("%6lld  %-10s  %-20s  %6lld  %s%s%s\n", static_cast<long long>(job.id),
                std::string(service::to_text(job.state)).c_str(), time_text(job.since).c_str(),
                static_cast<long long>(job.slices), job.plan.rule.c_str(), job.reason.empty() ? "" : ": ",
                job.reason.c_str());
    if (options.jobs.empty()) continue;
    for (const service::Transition& t : store.transitions(job.id))
      std::printf("        %s  %s -> %s%s%s\n", time_text(t.at).c_str(), t.from.c_str(), t.to.c_str(),
                  t.reason.empty() ? "" : ": ", t.reason.c_str());
    for (const service::Delivery& d : store.deliveries(job.id))
      std::printf("        %s to %s: %s after %lld attempts%s%s\n", d.object.kind.c_str(),
                  d.destination.c_str(), d.state.c_str(), static_cast<long long>(d.attempts),
                  d.reason.empty() ? "" : ": ", d.reason.c_str());
  }
}

service::GiveUp give_up(const service::NodeConfig& config) {
  service::GiveUp ends;
  for (const service::Destination& destination : config.destinations)
    ends[destination.name] = service::now_ms() + destination.retry_ms();
  return ends;
}

bool retry(Store& store, const Job& job) {
  if (job.state != JobState::failed && job.state != JobState::cancelled) return false;
  if (store.slices(job.id).empty())
    throw Error(ErrorKind::usage,
                "job " + std::to_string(job.id) +
                    ": its slices were purged, or it never was complete; send the CT again");
  return store.move(job.id, job.state, JobState::complete, "retried by hand");
}

bool cancel(Store& store, const Job& job) {
  return service::may_follow(job.state, JobState::cancelled) &&
         store.move(job.id, job.state, JobState::cancelled, "cancelled by hand");
}

void print_audit_log(Store& store) {
  const service::AuditCheck found = service::check_audit_log(store.files().audit_log());
  if (found.broken_line)
    throw Error(ErrorKind::input,
                store.files().audit_log().string() + ":" + std::to_string(found.broken_line) +
                    ": does not follow from the line before; it, or one before, was changed, "
                    "put in or removed");
  std::printf("%lld lines, as they were written; the last chain is %s\n", static_cast<long long>(found.lines),
              found.last_chain.c_str());
}

}  // namespace

void act_on_jobs(const ServeOptions& options) {
  const service::NodeConfig config = service::read_node_config(options.config);
  Store store(config.store);
  if (options.action == "audit") return print_audit_log(store);
  if (options.action == "jobs") {
    store.audit().write(service::user_name(), "saw the jobs", 0);
    return print_jobs(store, options);
  }
  const std::map<std::string, std::function<bool(const Job&)>> actions = {
      {"retry", [&](const Job& job) { return retry(store, job); }},
      {"cancel", [&](const Job& job) { return cancel(store, job); }},
      {"resend", [&](const Job& job) { return store.resend(job.id, give_up(config)); }},
      {"release", [&](const Job& job) { return store.release(job.id, give_up(config)); }},
      {"purge", [&](const Job& job) { return store.purge(job.id, Store::Part::all); }}};
  if (options.jobs.empty())
    throw Error(ErrorKind::usage, "serve " + options.action + ": name the jobs; serve jobs lists them");
  for (const std::string& text : options.jobs) {
    const Job job = job_of(store, text);
    if (!actions.at(options.action)(job))
      throw Error(ErrorKind::usage, "job " + text + " is " + std::string(service::to_text(job.state)) + ": " +
                                        options.action + " does not fit; serve jobs " + text + " tells more");
    store.audit().write(service::user_name(), options.action, job.id);
    std::printf("job %s: %s\n", text.c_str(), options.action.c_str());
  }
}

}  // namespace anatomynet::cli
