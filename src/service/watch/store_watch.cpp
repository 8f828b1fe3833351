#include "service/watch/store_watch.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/error.h"

namespace anatomynet::service {
namespace {

namespace fs = std::filesystem;
using acceptance::Arrival;

constexpr const char* job_prefix = "job-";

std::string name_of(std::int64_t job) { return job_prefix + std::to_string(job); }

std::optional<std::int64_t> job_of(const Arrival& arrival) {
  if (!arrival.name.starts_with(job_prefix) || arrival.name != acceptance::public_name(arrival.name, 0))
    return std::nullopt;
  return std::stoll(arrival.name.substr(std::string_view(job_prefix).size()));
}

bool earlier(const Arrival& a, const Arrival& b) {
  return a.time != b.time ? a.time < b.time : job_of(a) < job_of(b);
}

acceptance::WatchOptions options_of(const WatchConfig& config) {
  acceptance::WatchOptions options;
  options.first = static_cast<std::size_t>(config.first);
  options.false_alarm = config.false_alarm;
  return options;
}

// In ms, so that no two starts of a node count from the same number and a page that stays open over both sees
// a change.
std::int64_t version_now() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::set<std::string> keys_of(const std::optional<acceptance::Watched>& watched) {
  std::set<std::string> keys;
  if (watched)
    for (const acceptance::Movement& moved : watched->moved) keys.insert(moved.text);
  return keys;
}

}  // namespace

std::vector<Arrival> configured_baseline(const WatchConfig& config, Messages& messages) {
  if (config.baseline.empty()) return {};
  std::vector<Arrival> found = acceptance::arrivals_in(config.baseline, messages);
  acceptance::require_baseline(found.size());
  return found;
}

StoreWatch::StoreWatch(const NodeConfig& config, Store& store, Messages& messages)
    : config_(config.watch),
      store_(store),
      messages_(messages),
      file_(store.files().arrivals()),
      baseline_(configured_baseline(config.watch, messages)) {
  for (Arrival& arrival : file_.read(messages))
    if (const std::optional<std::int64_t> job = job_of(arrival); job && known_.insert(*job).second)
      arrivals_.push_back(std::move(arrival));
  std::stable_sort(arrivals_.begin(), arrivals_.end(), earlier);
}

void StoreWatch::look() {
  if (take_new() || shown_->version == 0) compare();
}

// Results appear by rename, which changes the time of their folder.
bool StoreWatch::take_new() {
  std::error_code error;
  const fs::file_time_type changed = fs::last_write_time(store_.files().results_folder(), error);
  if (error || changed == seen_) return false;
  seen_ = changed;
  bool found = false;
  for (const std::int64_t job : store_.files().jobs_with_results()) {
    if (!known_.insert(job).second) continue;
    try {
      Arrival arrival = acceptance::read_arrival(store_.files().results(job));
      arrival.name = name_of(job);
      file_.append(arrival);
      arrivals_.insert(std::upper_bound(arrivals_.begin(), arrivals_.end(), arrival, earlier),
                       std::move(arrival));
      found = true;
    } catch (const Error& error_of_job) {
      messages_.warning("job " + std::to_string(job) + " is not watched: " + error_of_job.what());
    }
  }
  return found;
}

void StoreWatch::compare() {
  const acceptance::WatchOptions options = options_of(config_);
  std::vector<Arrival> arrivals, first;
  for (const Arrival& arrival : arrivals_) {  // what a later job did anew counts once
    const std::optional<std::int64_t> id = job_of(arrival);
    const std::optional<Job> job = id ? store_.job(*id) : std::nullopt;
    if (job && job->state == JobState::superseded) continue;
    (baseline_.empty() && first.size() < options.first ? first : arrivals).push_back(arrival);
  }
  if (arrivals.size() > options.horizon)
    arrivals.erase(arrivals.begin(), arrivals.end() - static_cast<std::ptrdiff_t>(options.horizon));
  auto shown = std::make_shared<Shown>();
  shown->version = std::max(shown_->version + 1, version_now());
  if (!arrivals.empty()) {
    shown->watched = acceptance::watch(baseline_.empty() ? first : baseline_, arrivals, options);
    shown->line = acceptance::line_of(*shown->watched);
    shown->note = acceptance::model_difference(*shown->watched);
  } else if (baseline_.empty()) {
    shown->line = "nothing is compared yet: " + std::to_string(first.size()) + " of the first " +
                  std::to_string(options.first) + " results are there, which will be the baseline";
  } else {
    shown->line = "nothing is compared yet: no result since the " + std::to_string(baseline_.size()) +
                  " cases of the baseline";
  }
  if (const auto moved = keys_of(shown->watched); !moved.empty() && moved != keys_of(shown_->watched))
    messages_.warning("watch: " + shown->line);
  const std::lock_guard guard(mutex_);
  shown_ = std::move(shown);
}

std::shared_ptr<const StoreWatch::Shown> StoreWatch::shown() const {
  const std::lock_guard guard(mutex_);
  return shown_;
}

}  // namespace anatomynet::service
