#include "service/web/health.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/version.h"

namespace anatomynet::service {
namespace {

using nlohmann::json;

constexpr std::int64_t long_wait_ms = 3600 * 1000;

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

}  // namespace

json health_json(const NodeConfig& config, Store& store) {
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
  return report.finish();
}

}  // namespace anatomynet::service
