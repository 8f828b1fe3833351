#include "service/retention.h"

#include <string>

#include "service/review/review_files.h"

namespace anatomynet::service {
namespace {

constexpr double ms_per_day = 86400e3;

bool is_over(double keep_days, double days) { return keep_days > 0 && days > keep_days; }

}  // namespace

void purge_old(const NodeConfig& config, Store& store, Messages& messages, std::int64_t now) {
  for (const Job& job : store.jobs()) {
    if (!is_final(job.state)) continue;
    const double days = double(now - job.since) / ms_per_day;
    const bool all = is_over(config.keep_results_days, days);
    if (!all && !is_over(config.keep_slices_days, days)) continue;
    if (has_unapproved_review(store, job.id)) {
      messages.warning("job " + std::to_string(job.id) +
                       ": would be purged by now, but has a review that is not approved; serve purge " +
                       std::to_string(job.id) + " removes it");
      continue;
    }
    if (!store.purge(job.id, all ? Store::Part::all : Store::Part::slices)) continue;
    store.audit().write("node", all ? "purged" : "slices purged", job.id,
                        all ? "keep_results_days" : "keep_slices_days");
    messages.info("job " + std::to_string(job.id) + (all ? ": purged" : ": slices purged"));
  }
  if (config.keep_slices_days <= 0) return;
  const auto oldest = now - static_cast<std::int64_t>(config.keep_slices_days * ms_per_day);
  if (const std::int64_t count = store.purge_without_job(oldest); count > 0) {
    store.audit().write("node", "purged " + std::to_string(count) + " objects of no job", 0,
                        "keep_slices_days");
    messages.info(std::to_string(count) + " objects of no job purged");
  }
}

}  // namespace anatomynet::service
