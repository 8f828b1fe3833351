#include "service/web/health.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/version.h"
#include "service/store/job_json.h"

namespace anatomynet::service {
namespace {

using nlohmann::json;

constexpr std::int64_t long_wait_ms = 3600 * 1000;
constexpr std::int64_t soon_ms = std::int64_t{14} * 86400 * 1000;  // a certificate's end

enum Status { ok, degraded, failing };
constexpr const char* words[] = {"ok", "degraded", "failing"};

class Report {
 public:
  json& part(const std::string& name, Status status, json facts) {
    worst_ = std::max(worst_, status);
    facts["status"] = words[status];
    return parts_[name] = std::move(facts);
  }
  json finish() {
    parts_["status"] = words[worst_];
    parts_["version"] = version();
    return std::move(parts_);
  }

 private:
  Status worst_ = ok;
  json parts_;
};

std::int64_t count_of(const std::map<JobState, std::int64_t>& counts, JobState state) {
  const auto found = counts.find(state);
  return found == counts.end() ? 0 : found->second;
}

json senders_of(const NodeConfig& config, Store& store, Status& worst) {
  json senders = json::array();
  const std::vector<DeliveryCount> counts = store.delivery_counts();
  for (const Destination& destination : config.destinations) {
    std::int64_t waiting = 0, tried = 0;
    for (const DeliveryCount& count : counts)
      if (count.destination == destination.name && count.state == "waiting") {
        waiting += count.count;
        tried += count.tried;
      }
    const Status status = tried > 0 ? degraded : ok;
    worst = std::max(worst, status);
    senders.push_back({{"destination", destination.name},
                       {"status", words[status]},
                       {"waiting", waiting},
                       {"failed_so_far", tried}});
  }
  return senders;
}

json tables_of(const std::vector<Certificates::State>& states, Status& worst) {
  json tables = json::array();
  for (const Certificates::State& state : states) {
    const bool ends_soon = !state.end_s || *state.end_s * 1000 - now_ms() < soon_ms;
    const Status status = state.latest && !ends_soon ? ok : degraded;
    worst = std::max(worst, status);
    tables.push_back({{"table", state.table}, {"status", words[status]}, {"latest", state.latest}});
    if (state.end_s) tables.back()["ends"] = time_text(*state.end_s * 1000);
  }
  return tables;
}

}  // namespace

json health_json(const NodeConfig& config, Store& store, const Certificates* certificates) {
  Report report;
  try {
    const std::map<JobState, std::int64_t> jobs = store.job_counts();
    const std::int64_t wait = store.longest_wait_ms(now_ms());
    report.part("queue", wait > long_wait_ms ? degraded : ok,
                {{"waiting", count_of(jobs, JobState::complete)},
                 {"running", count_of(jobs, JobState::running)},
                 {"failed", count_of(jobs, JobState::failed)},
                 {"longest_wait_s", wait / 1000}});
    Status worst = ok;
    json senders = senders_of(config, store, worst);
    report.part("senders", worst, {{"destinations", std::move(senders)}});
    report.part("database", ok, json::object());
  } catch (const Error&) {  // its text names paths
    report.part("database", failing, json::object());
  }
  try {
    const auto free_bytes = static_cast<std::int64_t>(store.files().free_bytes());
    const std::int64_t least = config.min_free_mb << 20;
    report.part("disk", free_bytes < least ? failing : ok,
                {{"free_bytes", free_bytes}, {"least_bytes", least}});
  } catch (const Error&) {
    report.part("disk", failing, json::object());
  }
  if (certificates && !certificates->states().empty()) {
    Status worst = ok;
    json tables = tables_of(certificates->states(), worst);
    report.part("certificates", worst, {{"tables", std::move(tables)}});
  }
  return report.finish();
}

}  // namespace anatomynet::service
