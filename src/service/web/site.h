#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "core/messages.h"
#include "http/request.h"
#include "service/node_config.h"
#include "service/node_counters.h"
#include "service/review/review_desk.h"
#include "service/store/store.h"
#include "service/web/job_views.h"
#include "service/web/sign_in.h"
#include "service/web/site_parts.h"

namespace anatomynet::service {

/// The number of a job as a path has it: decimal, without sign and leading zeros; nothing for other text.
std::optional<std::int64_t> job_number(const std::string& text);

/// What the node answers over HTTP (docs/node.md, /api/v1/openapi.json): the worklist page, /health,
/// /metrics, jobs and their reports, actions. A job is found by its number in the database, and files by the
/// job alone. Where there are accounts, who asks must be signed in and have the role that it takes. For any
/// number of threads; everything given outlives it.
class Site {
 public:
  /// Throws as Accounts.
  Site(const NodeConfig& config, Store& store, const NodeCounters& counters, Messages& messages,
       SiteParts parts = {})
      : config_(config),
        store_(store),
        counters_(counters),
        messages_(messages),
        parts_(std::move(parts)),
        views_(store),
        desk_(config, store, messages, parts_.make_engine) {
    if (!config.accounts.empty())
      sign_in_.emplace(config, messages,
                       [this](const std::string& who, const std::string& did, const std::string& with) {
                         store_.audit().write(who, did, 0, with);
                       });
  }

  ReviewDesk& reviews() { return desk_; }

  /// Never throws; who saw and did what goes to the audit log.
  http::Response answer(const http::Request& request);

 private:
  http::Response answer_known(const http::Request& request, const Visitor& visitor);
  /// A job as this visitor may act on it.
  nlohmann::json view(const Job& job, const Visitor& visitor);
  http::Response read(const http::Request& request, const std::vector<std::string>& parts,
                      const Visitor& visitor);
  http::Response act(const http::Request& request, const std::vector<std::string>& parts,
                     const Visitor& visitor);
  http::Response list(const http::Request& request, const Visitor& visitor);
  /// Below /watch and /api/v1/watch.
  std::optional<http::Response> watch(const http::Request& request);
  http::Response job(const http::Request& request, const std::string& number, const Visitor& visitor);
  struct Shown;
  static const Shown shown_results[2];
  http::Response result(const http::Request& request, const std::string& number, const Shown& shown);
  /// Once an hour a user and thing seen: the page asks every few seconds.
  void note_seen(const http::Request& request, const std::string& what, std::int64_t job);

  const NodeConfig& config_;
  Store& store_;
  const NodeCounters& counters_;
  Messages& messages_;
  const SiteParts parts_;
  JobViews views_;
  ReviewDesk desk_;
  std::optional<SignIn> sign_in_;  ///< where there are accounts
  std::mutex mutex_;
  std::map<std::string, double> seen_;
};

}  // namespace anatomynet::service
