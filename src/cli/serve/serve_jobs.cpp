#include <charconv>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "cli/serve/serve_options.h"
#include "core/error.h"
#include "core/json_text.h"
#include "service/node_config.h"
#include "service/store/job_actions.h"
#include "service/store/job_json.h"

namespace anatomynet::cli {
namespace {

using nlohmann::json;
using service::Job;
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

void print_jobs(Store& store, const ServeOptions& options) {
  std::vector<Job> jobs;
  if (options.jobs.empty()) jobs = store.jobs();
  for (const std::string& text : options.jobs) jobs.push_back(job_of(store, text));
  if (options.json) {
    json all = json::array();
    for (const Job& job : jobs) {
      all.push_back(service::job_json(store, job));
      if (!options.jobs.empty()) service::add_history(store, job, all.back());
    }
    std::puts(json_text(all, 2).c_str());
    return;
  }
  std::printf("%6s  %-10s  %-20s  %6s  %s\n", "job", "state", "since (UTC)", "slices", "rule, reason");
  for (const Job& job : jobs) {
    std::printf("%6lld  %-10s  %-20s  %6lld  %s%s%s\n", static_cast<long long>(job.id),
                std::string(service::to_text(job.state)).c_str(), service::time_text(job.since).c_str(),
                static_cast<long long>(job.slices), job.plan.rule.c_str(), job.reason.empty() ? "" : ": ",
                job.reason.c_str());
    if (options.jobs.empty()) continue;
    for (const service::Transition& t : store.transitions(job.id))
      std::printf("        %s  %s -> %s%s%s\n", service::time_text(t.at).c_str(), t.from.c_str(),
                  t.to.c_str(), t.reason.empty() ? "" : ": ", t.reason.c_str());
    for (const service::Delivery& d : store.deliveries(job.id))
      std::printf("        %s to %s: %s after %lld attempts%s%s%s%s\n", d.object.kind.c_str(),
                  d.destination.c_str(), d.state.c_str(), static_cast<long long>(d.attempts),
                  d.commitment.empty() ? "" : ", storage commitment ", d.commitment.c_str(),
                  d.reason.empty() ? "" : ": ", d.reason.c_str());
  }
}

void print_audit_log(Store& store, const std::vector<std::string>& words) {
  const std::string kept = words.empty() ? "" : words.front();
  const bool chain = kept.size() == 64 && kept.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (words.size() > 1 || (!kept.empty() && !chain))
    throw Error(ErrorKind::usage, "serve audit: '" + words.back() +
                                      "' is no chain; expected one of 64 digits (0-9, a-f), as it prints");
  const service::AuditCheck found = service::check_audit_log(store.files().audit_log(), kept);
  if (found.broken_line)
    throw Error(ErrorKind::input,
                store.files().audit_log().string() + ":" + std::to_string(found.broken_line) +
                    ": does not follow from the line before; it, or one before, was changed, "
                    "put in or removed");
  if (!kept.empty() && found.kept_line == 0)
    throw Error(ErrorKind::input,
                store.files().audit_log().string() + ": none of its " + std::to_string(found.lines) +
                    " lines has the chain that was kept; lines were cut off at the end, or all were written "
                    "anew");
  if (!kept.empty())
    std::printf("the chain that was kept is that of line %lld\n", static_cast<long long>(found.kept_line));
  std::printf("%lld lines, as they were written; the last chain is %s\n", static_cast<long long>(found.lines),
              found.last_chain.c_str());
}

}  // namespace

void act_on_jobs(const ServeOptions& options) {
  const service::NodeConfig config = service::read_node_config(options.config);
  Store store(config.store);
  if (options.action == "audit") return print_audit_log(store, options.jobs);
  if (options.action == "jobs") {
    store.audit().write(service::user_name(), "saw the jobs", 0);
    return print_jobs(store, options);
  }
  if (options.jobs.empty())
    throw Error(ErrorKind::usage, "serve " + options.action + ": name the jobs; serve jobs lists them");
  for (const std::string& text : options.jobs) {
    const Job job = job_of(store, text);
    if (!service::act_on_job(store, config, options.action, job, service::user_name()))
      throw Error(ErrorKind::usage, "job " + text + " is " + std::string(service::to_text(job.state)) + ": " +
                                        options.action + " does not fit; serve jobs " + text + " tells more");
    std::printf("job %s: %s\n", text.c_str(), options.action.c_str());
  }
}

}  // namespace anatomynet::cli
