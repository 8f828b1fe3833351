#include <limits>

#include "service/store/store.h"

namespace anatomynet::service {

std::vector<Job> Store::latest_jobs(std::int64_t before, std::optional<JobState> state, std::int64_t most) {
  const std::lock_guard guard(mutex_);
  const std::int64_t below = before > 0 ? before : std::numeric_limits<std::int64_t>::max();
  if (!state)
    return read_jobs(database_.query("SELECT * FROM job WHERE id < ? ORDER BY id DESC LIMIT ?", below, most));
  return read_jobs(database_.query("SELECT * FROM job WHERE state = ? AND id < ? ORDER BY id DESC LIMIT ?",
                                   to_text(*state), below, most));
}

std::map<JobState, std::int64_t> Store::job_counts() {
  const std::lock_guard guard(mutex_);
  std::map<JobState, std::int64_t> counts;
  Statement rows = database_.query("SELECT state, COUNT(*) FROM job GROUP BY state");
  while (rows.step()) counts[job_state(rows.text(0))] = rows.number(1);
  return counts;
}

std::vector<DeliveryCount> Store::delivery_counts() {
  const std::lock_guard guard(mutex_);
  std::vector<DeliveryCount> counts;
  Statement rows = database_.query(
      "SELECT destination, state, COUNT(*), CAST(TOTAL(attempts > 0) AS INTEGER) FROM delivery GROUP BY "
      "destination, state ORDER BY destination, state");
  while (rows.step()) counts.push_back({rows.text(0), rows.text(1), rows.number(2), rows.number(3)});
  return counts;
}

std::int64_t Store::longest_wait_ms(std::int64_t now) {
  const std::lock_guard guard(mutex_);
  Statement row = database_.query("SELECT MIN(MAX(since, not_before)) FROM job WHERE state = 'complete'");
  const std::int64_t since = row.step() ? row.number(0) : 0;
  return since > 0 && since < now ? now - since : 0;
}

}  // namespace anatomynet::service
