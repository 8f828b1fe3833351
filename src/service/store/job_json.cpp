#include "service/store/job_json.h"

#include <nlohmann/json.hpp>

#include "core/clock.h"

namespace anatomynet::service {

using nlohmann::json;

std::string time_text(std::int64_t ms) { return utc_text(ms / 1000, iso_8601); }

json job_json(Store& store, const Job& job) {
  json out{{"job", job.id},
           {"state", to_text(job.state)},
           {"since", time_text(job.since)},
           {"reason", job.reason},
           {"rule", job.plan.rule},
           {"priority", job.plan.priority},
           {"attempts", job.attempts},
           {"slices", job.slices},
           {"set_aside", store.conflicts(job.series)}};
  if (job.superseded_by) out["superseded_by"] = job.superseded_by;
  return out;
}

void add_history(Store& store, const Job& job, json& out) {
  out["history"] = json::array();
  for (const Transition& t : store.transitions(job.id))
    out["history"].push_back({{"at", time_text(t.at)}, {"from", t.from}, {"to", t.to}, {"reason", t.reason}});
  out["deliveries"] = json::array();
  for (const Delivery& d : store.deliveries(job.id))
    out["deliveries"].push_back({{"object", d.object.kind},
                                 {"sop_instance_uid", d.object.sop_uid},
                                 {"destination", d.destination},
                                 {"state", d.state},
                                 {"storage_commitment", d.commitment},
                                 {"attempts", d.attempts},
                                 {"reason", d.reason}});
}

}  // namespace anatomynet::service
