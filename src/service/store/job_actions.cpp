#include "service/store/job_actions.h"

#include <array>

#include "service/review/review_files.h"

namespace anatomynet::service {
namespace {

constexpr std::array<std::string_view, 5> actions = {"retry", "cancel", "resend", "release", "purge"};

bool retry(Store& store, const Job& job) {
  if (store.slices(job.id).empty())
    throw Error(ErrorKind::usage,
                "job " + std::to_string(job.id) + ": its slices were purged; send the CT again");
  if (store.begin_again(job.id, "retried by hand: rules are asked anew")) return true;
  if (job.slices == 0)
    throw Error(ErrorKind::usage, "job " + std::to_string(job.id) + ": a later job, " +
                                      std::to_string(job.superseded_by) + ", has its slices; retry that one");
  return store.move(job.id, job.state, JobState::complete, "retried by hand");
}

bool act(Store& store, const NodeConfig& config, std::string_view action, const Job& job) {
  if (action == "retry") return retry(store, job);
  if (action == "cancel") return store.move(job.id, job.state, JobState::cancelled, "cancelled by hand");
  if (action == "resend") return store.resend(job.id, give_up_of(config));
  if (action == "release") return store.release(job.id, give_up_of(config));
  return store.purge(job.id, Store::Part::all);
}

}  // namespace

GiveUp give_up_of(const NodeConfig& config) {
  GiveUp ends;
  for (const Destination& destination : config.destinations)
    ends[destination.name] = now_ms() + destination.retry_ms();
  return ends;
}

std::span<const std::string_view> job_actions() { return actions; }

bool action_fits(std::string_view action, JobState state) {
  if (action == "retry") return state == JobState::failed || state == JobState::cancelled;
  if (action == "cancel") return may_follow(state, JobState::cancelled);
  if (action == "resend") return state == JobState::sent || state == JobState::failed;
  if (action == "release") return state == JobState::review;
  return action == "purge" && is_final(state);
}

bool act_on_job(Store& store, const NodeConfig& config, std::string_view action, const Job& job,
                const std::string& who, const std::string& with) {
  if (!action_fits(action, job.state)) return false;
  const bool unapproved = has_unapproved_review(store, job.id);
  if (unapproved && (action == "release" || action == "retry"))
    throw Error(ErrorKind::usage,
                "job " + std::to_string(job.id) + ": its review has changes that are not approved, which " +
                    std::string(action) +
                    " would leave out; approve them on its page, or cancel and purge the job");
  if (!act(store, config, action, job)) return false;
  std::string note = with;
  if (unapproved) note += (note.empty() ? "" : ", ") + std::string("with a review that was not approved");
  store.audit().write(who, std::string(action), job.id, note);
  return true;
}

}  // namespace anatomynet::service
