#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "core/messages.h"
#include "http/request.h"
#include "service/node_config.h"
#include "service/node_counters.h"
#include "service/store/store.h"
#include "service/web/job_views.h"
#include "service/web/stow.h"

namespace anatomynet::service {

/// The number of a job as a path has it: decimal, without sign and leading zeros; nothing for other text.
std::optional<std::int64_t> job_number(const std::string& text);

/// What the node answers over HTTP (docs/node.md, /api/v1/openapi.json): the worklist page, /health,
/// /metrics, jobs and their reports, actions. A job is found by its number in the database, and files by the
/// job alone. For any number of threads; everything given outlives it.
class Site {
 public:
  /// `stow`: null where instances are not taken.
  Site(const NodeConfig& config, Store& store, const NodeCounters& counters, Messages& messages,
       Stow* stow = nullptr)
      : config_(config),
        store_(store),
        counters_(counters),
        messages_(messages),
        stow_(stow),
        views_(store) {}

  /// Never throws; who saw and did what goes to the audit log.
  http::Response answer(const http::Request& request);

 private:
  http::Response read(const http::Request& request, const std::vector<std::string>& parts);
  http::Response act(const http::Request& request, const std::vector<std::string>& parts);
  http::Response list(const http::Request& request);
  http::Response job(const http::Request& request, const std::string& number);
  struct Shown;
  static const Shown shown_results[2];
  http::Response result(const http::Request& request, const std::string& number, const Shown& shown);
  /// Once an hour a user and thing seen: the page asks every few seconds.
  void note_seen(const http::Request& request, const std::string& what, std::int64_t job);

  const NodeConfig& config_;
  Store& store_;
  const NodeCounters& counters_;
  Messages& messages_;
  Stow* const stow_;
  JobViews views_;
  std::mutex mutex_;
  std::map<std::string, double> seen_;
};

}  // namespace anatomynet::service
