#include "service/queue/series_activity.h"

#include <algorithm>

#include "core/clock.h"

namespace anatomynet::service {

SeriesActivity::SeriesActivity(double quiet_s, double interrupted_quiet_s)
    : quiet_s_(quiet_s),
      interrupted_quiet_s_(std::max(quiet_s, interrupted_quiet_s)),
      start_(seconds_now()) {}

SeriesActivity::Entry& SeriesActivity::entry(const std::string& series) {
  const auto [at, made] = entries_.try_emplace(series);
  if (made) at->second.ready_at = start_ + interrupted_quiet_s_;
  return at->second;
}

void SeriesActivity::begin(const std::string& series) {
  const std::lock_guard guard(mutex_);
  ++entry(series).associations;
}

void SeriesActivity::end(const std::set<std::string>& series, bool clean) {
  const std::lock_guard guard(mutex_);
  for (const std::string& one : series) {
    Entry& e = entry(one);
    e.associations = std::max(0, e.associations - 1);
    e.ready_at = seconds_now() + (clean ? quiet_s_ : interrupted_quiet_s_);
  }
}

void SeriesActivity::whole(const std::string& series) {
  const std::lock_guard guard(mutex_);
  entry(series).whole = true;
}

bool SeriesActivity::is_quiet(const std::string& series) {
  const std::lock_guard guard(mutex_);
  const Entry& e = entry(series);
  return e.whole || (e.associations == 0 && seconds_now() >= e.ready_at);
}

void SeriesActivity::forget(const std::string& series) {
  const std::lock_guard guard(mutex_);
  const auto found = entries_.find(series);
  if (found == entries_.end()) return;
  if (found->second.associations == 0)
    entries_.erase(found);
  else
    found->second.whole = false;
}

}  // namespace anatomynet::service
