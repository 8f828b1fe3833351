#include "service/review/review_desk.h"

#include <algorithm>
#include <utility>

#include "core/clock.h"
#include "core/error.h"
#include "core/text.h"
#include "model/shipped_models.h"
#include "review/case_site.h"
#include "review/page.h"
#include "service/review/review_files.h"
#include "service/store/job_actions.h"
#include "service/web/site.h"

namespace anatomynet::service {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t longest_page = 64;

// A header, or a parameter of the beacon that says goodbye.
std::string page_of(const http::Request& request) {
  std::vector<std::string> values = request.headers(ReviewDesk::page_header);
  if (values.empty()) values = request.parameters("page");
  return values.size() == 1 ? values.front().substr(0, longest_page) : "";
}

std::string name_of(const Visitor& visitor) {
  return visitor.name.empty() ? "unknown user of this machine" : visitor.name;
}

// Why the job can be changed no more; empty: it can.
std::string end_of(const Job& job) {
  if (job.state == JobState::review) return "";
  if (job.state == JobState::superseded)
    return "more slices came: job " + std::to_string(job.superseded_by) +
           " contours all of them, and nothing of this review is sent";
  return "the review is over, the job is " + std::string(to_text(job.state));
}

}  // namespace

struct ReviewDesk::Case {
  std::mutex opening;
  std::unique_ptr<review::Review> review;  // set once, under `opening`
  std::unique_ptr<review::CaseSite> site;
  // Under the desk's mutex.
  double asked = 0, seat_asked = 0;
  std::string seat_page, seat_name;
};

ReviewDesk::ReviewDesk(const NodeConfig& config, Store& store, Messages& messages,
                       pipeline::EngineMaker make_engine)
    : config_(config), store_(store), messages_(messages), make_engine_(std::move(make_engine)) {}

ReviewDesk::~ReviewDesk() = default;

std::shared_ptr<ReviewDesk::Case> ReviewDesk::case_of(const Job& job) {
  const std::lock_guard guard(mutex_);
  std::shared_ptr<Case>& found = cases_[job.id];
  if (!found) {
    if (cases_.size() > most_open) {
      cases_.erase(job.id);
      return nullptr;
    }
    found = std::make_shared<Case>();
  }
  found->asked = seconds_now();
  return found;
}

review::Recontouring ReviewDesk::recontouring_of(const Job& job, const std::string& model_id) const {
  review::Recontouring out;
  if (!make_engine_) return out;
  const std::vector<std::string>& arguments = job.plan.arguments;
  const auto option = std::find(arguments.begin(), arguments.end(), "--model");
  inference::EngineOptions options;
  options.threads = static_cast<int>(config_.threads);
  options.memory_limit = config_.memory_mb << 20;
  try {
    const fs::path weights =
        option == arguments.end() ? model::default_model() : fs::path(*std::next(option));
    auto contourer = std::make_shared<pipeline::BoxContourer>(weights, make_engine_, options);
    if (contourer->model_id() == model_id)
      out.contourer = std::move(contourer);
    else
      out.none_because =
          "the weights that this job was contoured with are not here any more; correct by hand";
  } catch (const Error& error) {
    messages_.warning("job " + std::to_string(job.id) +
                      ": no box can be contoured anew in its review: " + error.what());
    out.none_because = "the weights that this job was contoured with cannot be read; correct by hand";
  }
  return out;
}

// The CT lies in the store slice by slice; the reader wants it as a folder, once.
void ReviewDesk::open(Case& opened, const Job& job, const std::string& ended) {
  const std::lock_guard guard(opened.opening);
  if (opened.site) return;
  if (!ended.empty()) throw Error(ErrorKind::usage, ended);
  const fs::path work = store_.files().work(job.id) / "ct";
  struct Removed {
    const fs::path folder;
    ~Removed() {
      std::error_code none;
      fs::remove_all(folder, none);
    }
  } removed{work.parent_path()};
  fs::remove_all(removed.folder);
  fs::create_directories(work);
  std::int64_t number = 0;
  for (const std::string& content : store_.slices(job.id))
    fs::create_hard_link(store_.files().instance(content), work / (std::to_string(++number) + ".dcm"));
  review::OpenOptions options;
  options.input = store_.files().results(job.id);
  options.ct = work;
  review::OpenedCase read = review::open_case(options);
  read.name = "job " + std::to_string(job.id);
  review::Recontouring recontouring = recontouring_of(job, read.origin.model);
  opened.review =
      std::make_unique<review::Review>(std::move(read), std::vector<review::Comparison>{},
                                       review::ReviewSettings{review_folder(store_, job.id), {}}, messages_);
  opened.site = std::make_unique<review::CaseSite>(
      *opened.review, review::page_files(), messages_,
      [this, id = job.id](const review::VersionInfo& saved, const std::string& user) {
        store_.audit().write(user, saved.approved ? "approved" : "saved a version", id,
                             "version " + std::to_string(saved.number) + " by " + saved.by);
        if (!saved.approved) return;
        if (!release_approved(store_, id, saved, give_up_of(config_)))
          throw review::Refused(
              423, "the approved version is kept, but not sent: " + end_of(store_.job(id).value_or(Job{})));
        messages_.info("job " + std::to_string(id) + ": approved; its structures are on their way");
      },
      std::move(recontouring));
}

http::Response ReviewDesk::answer(const http::Request& request, const Visitor& visitor) {
  const std::vector<std::string> parts = http::parts_of(request.path);
  const std::optional<std::int64_t> id = parts.size() > 2 ? job_number(parts[1]) : std::nullopt;
  const std::optional<Job> job = id ? store_.job(*id) : std::nullopt;
  if (!job) return http::refusal(404, "there is no such review; its address is /review/JOB/");
  const std::shared_ptr<Case> found = case_of(*job);
  if (!found)
    return http::refusal(503,
                         std::to_string(most_open) +
                             " reviews are open; close one of their pages, and try again five minutes later");
  const std::string ended = end_of(*job);
  try {
    open(*found, *job, ended);
  } catch (...) {
    // Only where no other request waits for it: two of them on one journal must not be.
    const std::lock_guard guard(mutex_);
    if (found.use_count() == 2) cases_.erase(job->id);
    throw;
  }
  http::Request inner = request;
  inner.path = request.path.substr(parts[0].size() + parts[1].size() + 2);
  return found->site->answer(inner, seat_of(*found, ended, request, visitor));
}

review::Seat ReviewDesk::seat_of(Case& at, const std::string& ended, const http::Request& request,
                                 const Visitor& visitor) {
  review::Seat seat;
  seat.user = name_of(visitor);
  seat.token = visitor.token;
  if (!config_.accounts.empty()) {
    seat.by = visitor.name;
    seat.role = to_text(visitor.role);
  }
  if (!may(visitor.role, Role::review))
    seat.looks_because = "this account looks only";
  else if (!ended.empty())
    seat.looks_because = ended;
  else if (!at.review->may_edit() && !at.review->store().is_free())
    seat.looks_because = at.review->store().editor() + " edits this case";
  if (!seat.looks_because.empty()) return seat;

  const std::string page = page_of(request);
  const std::lock_guard guard(mutex_);
  const double now = seconds_now();
  const bool free = at.seat_page.empty() || now - at.seat_asked > seat_s;
  const bool own = !page.empty() && at.seat_page == page;
  // A page that only looks asks by itself too, and takes nobody's place by that.
  const bool takes = request.path.ends_with("/api/case") ||
                     (request.method == "POST" && !request.path.ends_with("/api/heartbeat"));
  if (request.path.ends_with("/api/goodbye")) {
    if (own) at.seat_page.clear();
  } else if (own || (free && takes && !page.empty())) {
    at.seat_page = page;
    at.seat_name = name_of(visitor);
    at.seat_asked = now;
  } else if (!free) {
    seat.looks_because = at.seat_name + " edits this case";
  } else if (takes) {
    seat.looks_because = std::string("the request lacks ") + page_header;
  }
  return seat;
}

void ReviewDesk::release_approved_jobs() {
  for (const Job& job : store_.jobs_in(JobState::review)) try {
      const auto approved = approved_version(store_, job.id, messages_);
      if (!approved || !release_approved(store_, job.id, *approved, give_up_of(config_))) continue;
      store_.audit().write("node", "released", job.id,
                           "version " + std::to_string(approved->number) + " by " + approved->by);
      messages_.info("job " + std::to_string(job.id) +
                     ": was approved before the node ended; it is on its way now");
    } catch (const Error& error) {
      messages_.error("job " + std::to_string(job.id) + ": its review cannot be read: " + error.what());
    }
}

void ReviewDesk::close_idle() {
  const std::lock_guard guard(mutex_);
  // A request that is being answered has the case too: two of them on one journal must not be.
  std::erase_if(cases_, [](const auto& one) {
    return one.second.use_count() == 1 && seconds_now() - one.second->asked > idle_s;
  });
}

}  // namespace anatomynet::service
