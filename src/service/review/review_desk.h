#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/messages.h"
#include "http/request.h"
#include "review/case_site.h"
#include "service/accounts/sessions.h"
#include "service/node_config.h"
#include "service/store/store.h"

namespace anatomynet::service {

/// The review pages of jobs that wait for a review: /review/JOB/ and what lies under it. A job's CT and masks
/// are in memory while somebody looks at them. Who comes first with the role to review may change them, page
/// by page; others look. For any number of threads; everything given outlives it.
class ReviewDesk {
 public:
  /// `make_engine`: as run_node.
  ReviewDesk(const NodeConfig& config, Store& store, Messages& messages,
             pipeline::EngineMaker make_engine = {});
  ~ReviewDesk();

  /// `request.path` begins with /review/; `visitor` may view.
  http::Response answer(const http::Request& request, const Visitor& visitor);

  /// Jobs whose approval was kept, but not that they are on their way, as where the node was killed in
  /// between.
  void release_approved_jobs();
  /// Cases that nobody has asked for lately leave the memory.
  void close_idle();

  /// By which a page, rather than its user, is told from others.
  static constexpr const char* page_header = "X-Anatomynet-Page";
  static constexpr std::size_t most_open = 4;
  static constexpr double seat_s = 150;  ///< so long after its last request a page keeps the right to change
  static constexpr double idle_s = 300;

 private:
  struct Case;
  std::shared_ptr<Case> case_of(const Job& job);
  void open(Case& opened, const Job& job, const std::string& ended);
  /// With the job's own weights, where they still are what it was contoured with.
  review::Recontouring recontouring_of(const Job& job, const std::string& model_id) const;
  /// `ended`: why the job waits for no review; empty: it does.
  review::Seat seat_of(Case& at, const std::string& ended, const http::Request& request,
                       const Visitor& visitor);

  const NodeConfig& config_;
  Store& store_;
  Messages& messages_;
  const pipeline::EngineMaker make_engine_;
  std::mutex mutex_;
  std::map<std::int64_t, std::shared_ptr<Case>> cases_;
};

}  // namespace anatomynet::service
