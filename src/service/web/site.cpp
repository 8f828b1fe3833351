#include "service/web/site.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/clock.h"
#include "core/error.h"
#include "core/json_text.h"
#include "http/origin_check.h"
#include "service/store/job_actions.h"
#include "service/store/job_json.h"
#include "service/web/health.h"
#include "service/web/metrics.h"
#include "service/web/openapi.h"
#include "service/web/permissions.h"
#include "service/web/result_file.h"
#include "service/web/watch_page.h"
#include "service/web/worklist_page.h"

namespace anatomynet::service {
namespace {

using nlohmann::json;
using Parts = std::vector<std::string>;

constexpr std::int64_t most_jobs = 200;
constexpr double seen_again_s = 3600;
constexpr std::size_t most_seen = 10000;
// A report has a script of its own: in a sandbox it has no origin, so that it reaches nothing here.
constexpr const char* report_policy =
    "sandbox allow-scripts; default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src "
    "'unsafe-inline'; frame-ancestors 'none'";

http::Response json_response(const json& body, int status = 200) {
  return {status, "application/json", json_text(body) + '\n', http::closed_headers()};
}

http::Response page(const char* type, std::string text) {
  return {200, type, std::move(text), http::headers_with_policy(worklist_policy)};
}

http::Response no_job(const std::string& number) {
  return http::refusal(404, "there is no job " + number.substr(0, 20));
}

std::string who(const http::Request& request) {
  return request.user.empty() ? "unknown user of this machine" : request.user;
}

}  // namespace

// What is shown of a job's results.
struct Site::Shown {
  std::string_view file, type, what, policy;
};

std::optional<std::int64_t> job_number(const std::string& text) {
  if (text.empty() || text.size() > 18 || text[0] == '0' ||
      text.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

http::Response Site::answer(const http::Request& request) {
  try {
    if (std::optional<http::Response> refused = http::refuse_foreign(config_.http, request)) return *refused;
    if (request.path.empty() || request.path[0] != '/') return http::refusal(404, "nothing is here");
    Visitor visitor{request.user};
    if (!sign_in_) return answer_known(request, visitor);
    if (std::optional<http::Response> answered = sign_in_->answer_or_identify(request, visitor))
      return *std::move(answered);
    http::Request known = request;
    known.user = visitor.name;
    return answer_known(known, visitor);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::usage) return http::refusal(409, error.what());
    messages_.error(std::string("HTTP: ") + error.what());
  } catch (const std::exception& error) {
    messages_.error(std::string("HTTP: ") + error.what());
  }
  return http::refusal(500, "that failed; the node's messages say why");
}

http::Response Site::answer_known(const http::Request& request, const Visitor& visitor) {
  const Parts parts = http::parts_of(request.path);
  const Role needed = role_needed(request);
  if (!may(visitor.role, needed)) {
    note_seen(request, "was refused: it takes the role " + std::string(to_text(needed)), 0);
    return http::refusal(403, "that takes the role " + std::string(to_text(needed)) + ", this account has " +
                                  std::string(to_text(visitor.role)));
  }
  if (parts[0] == "review" && parts.size() > 2) {
    if (const auto id = job_number(parts[1])) note_seen(request, "saw the review", *id);
    return desk_.answer(request, visitor);
  }
  return request.method == "POST" ? act(request, parts, visitor) : read(request, parts, visitor);
}

json Site::view(const Job& job, const Visitor& visitor) {
  json out = views_.view(job);
  json actions = json::array();
  for (const json& action : out["actions"])
    if (may(visitor.role, role_for_action(action.get<std::string>()))) actions.push_back(action);
  out["actions"] = std::move(actions);
  if (job.state == JobState::review) out["review"] = "/review/" + std::to_string(job.id) + '/';
  return out;
}

http::Response Site::read(const http::Request& request, const Parts& parts, const Visitor& visitor) {
  const std::string& path = request.path;
  if (path == "/") {
    note_seen(request, "saw the jobs", 0);
    return page("text/html; charset=utf-8", worklist_html);
  }
  if (path == "/worklist.css") return page("text/css; charset=utf-8", worklist_css);
  if (path == "/worklist.js") return page("text/javascript; charset=utf-8", worklist_js);
  if (path == "/metrics")
    return {200, "text/plain; version=0.0.4; charset=utf-8", metrics_text(config_, store_, counters_, parts_),
            http::closed_headers()};
  if (path == "/health") {
    const json health = health_json(config_, store_, parts_.certificates);
    return json_response(health, health.at("status") == "failing" ? 503 : 200);
  }
  if (path == "/api/v1/openapi.json")
    return {200, "application/json", openapi_document, http::closed_headers()};
  if (path == "/api/v1/session")
    return json_response(
        {{"user", who(request)}, {"role", std::string(to_text(visitor.role))}, {"token", visitor.token}});
  if (path == "/api/v1/jobs") return list(request, visitor);
  if (std::optional<http::Response> watched = watch(request)) return *std::move(watched);
  if (parts.size() == 4 && path.starts_with("/api/v1/jobs/")) return job(request, parts[3], visitor);
  if (parts.size() == 3 && parts[0] == "jobs")
    for (const Shown& shown : shown_results)
      if (parts[2] == shown.file) return result(request, parts[1], shown);
  return http::refusal(404, "nothing is here; /api/v1/openapi.json tells what is where");
}

std::optional<http::Response> Site::watch(const http::Request& request) {
  if (!parts_.watch) return std::nullopt;
  const std::string& path = request.path;
  if (path == "/watch.css") return page("text/css; charset=utf-8", watch_css());
  if (path == "/watch.js") return page("text/javascript; charset=utf-8", watch_js);
  if (path == "/api/v1/watch") return json_response(watch_json(*parts_.watch->shown()));
  if (path != "/watch") return std::nullopt;
  note_seen(request, "saw the watch page", 0);
  return page("text/html; charset=utf-8", watch_html(*parts_.watch->shown()));
}

http::Response Site::list(const http::Request& request, const Visitor& visitor) {
  std::int64_t before = 0, most = most_jobs;
  std::optional<JobState> state;
  for (const std::string& text : request.parameters("before")) {
    const std::optional<std::int64_t> number = job_number(text);
    if (!number) return http::refusal(400, "before must be the number of a job");
    before = *number;
  }
  for (const std::string& text : request.parameters("limit")) {
    const std::optional<std::int64_t> number = job_number(text);
    if (!number || *number > most_jobs) return http::refusal(400, "limit must lie between 1 and 200");
    most = *number;
  }
  for (const std::string& text : request.parameters("state")) {
    for (const JobState known : all_job_states())
      if (text == to_text(known)) state = known;
    if (!state) return http::refusal(400, "state must be one of a job's states, such as sent");
  }
  note_seen(request, "saw the jobs", 0);
  std::vector<Job> jobs = store_.latest_jobs(before, state, most + 1);
  const bool more = static_cast<std::int64_t>(jobs.size()) > most;
  if (more) jobs.pop_back();
  json out{{"jobs", json::array()}, {"more", more}};
  for (const Job& one : jobs) out["jobs"].push_back(view(one, visitor));
  return json_response(out);
}

http::Response Site::job(const http::Request& request, const std::string& number, const Visitor& visitor) {
  const std::optional<std::int64_t> id = job_number(number);
  const std::optional<Job> found = id ? store_.job(*id) : std::nullopt;
  if (!found) return no_job(number);
  note_seen(request, "saw the history", found->id);
  json out = view(*found, visitor);
  add_history(store_, *found, out);
  return json_response(out);
}

constexpr Site::Shown Site::shown_results[] = {
    {"report.html", "text/html; charset=utf-8", "report", report_policy},
    {"preview.png", "image/png", "picture", "default-src 'none'; img-src 'self'; frame-ancestors 'none'"}};

http::Response Site::result(const http::Request& request, const std::string& number, const Shown& shown) {
  const std::optional<std::int64_t> id = job_number(number);
  const std::optional<Job> found = id ? store_.job(*id) : std::nullopt;
  if (!found) return no_job(number);
  std::optional<std::string> bytes = read_result(store_.files().results(found->id) / shown.file);
  if (!bytes)
    return http::refusal(404, "job " + std::to_string(found->id) + " has no " + std::string(shown.what));
  store_.audit().write(who(request), "saw the " + std::string(shown.what), found->id, "over HTTP");
  return {200, std::string(shown.type), std::move(*bytes),
          http::headers_with_policy(std::string(shown.policy))};
}

http::Response Site::act(const http::Request& request, const Parts& parts, const Visitor& visitor) {
  if (parts_.stow && request.path == Stow::studies) return parts_.stow->take(request, "");
  if (parts_.stow && parts.size() == 3 && request.path.starts_with(Stow::studies))
    return parts_.stow->take(request, parts[2]);
  const std::span<const std::string_view> actions = job_actions();
  if (parts.size() != 5 || !request.path.starts_with("/api/v1/jobs/") ||
      std::find(actions.begin(), actions.end(), parts[4]) == actions.end())
    return http::refusal(404, "there is no such action");
  const std::optional<std::int64_t> id = job_number(parts[3]);
  const std::optional<Job> found = id ? store_.job(*id) : std::nullopt;
  if (!found) return no_job(parts[3]);
  if (!act_on_job(store_, config_, parts[4], *found, who(request), "over HTTP"))
    return http::refusal(409, "job " + parts[3] + " is " + std::string(to_text(found->state)) + ": " +
                                  parts[4] + " does not fit");
  messages_.info("job " + parts[3] + ": " + parts[4] + " over HTTP");
  const std::optional<Job> now = store_.job(*id);
  return json_response(view(now ? *now : *found, visitor));
}

void Site::note_seen(const http::Request& request, const std::string& what, std::int64_t job) {
  const std::string key = who(request) + '\n' + what + '\n' + std::to_string(job);
  {
    const std::lock_guard guard(mutex_);
    const double now = seconds_now();
    const auto found = seen_.find(key);
    if (found != seen_.end() && now - found->second < seen_again_s) return;
    if (seen_.size() >= most_seen) seen_.clear();
    seen_[key] = now;
  }
  store_.audit().write(who(request), what, job, "over HTTP");
}

}  // namespace anatomynet::service
