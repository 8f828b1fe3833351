#include "service/store/job_state.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/error.h"

namespace anatomynet::service {
namespace {

using enum JobState;

constexpr std::array states = {received, complete, running, contoured, review,
                               sending,  sent,     failed,  cancelled, superseded};
constexpr std::array<std::string_view, states.size()> words = {
    "received", "complete", "running", "contoured", "review",
    "sending",  "sent",     "failed",  "cancelled", "superseded"};

constexpr std::pair<JobState, JobState> forward[] = {
    {received, complete}, {complete, running},   {running, contoured},
    {contoured, review},  {contoured, sending},  {contoured, sent},  // where nothing is to be sent
    {review, sending},    {review, sent},        {sending, sent},
    {running, complete},  // taken up again after a fault or a restart
    {failed, complete},   {cancelled, complete}, {failed, sending},  // retry
    {failed, received},   {cancelled, received},                     // retry of what never was complete
    {sent, sending},                                                 // resend
};

}  // namespace

std::string_view to_text(JobState state) { return words[static_cast<std::size_t>(state)]; }

JobState job_state(std::string_view text) {
  const auto found = std::find(words.begin(), words.end(), text);
  if (found == words.end())
    throw Error(ErrorKind::internal, "the node's database holds the job state '" + std::string(text) + "'");
  return states[static_cast<std::size_t>(found - words.begin())];
}

std::span<const JobState> all_job_states() { return states; }

bool is_final(JobState state) {
  return state == sent || state == failed || state == cancelled || state == superseded;
}

bool may_follow(JobState from, JobState to) {
  if (from == superseded) return false;
  if (to == superseded) return from != sent && from != cancelled && from != received;
  if (to == failed || to == cancelled) return !is_final(from) || (from == failed && to == cancelled);
  return std::find(std::begin(forward), std::end(forward), std::pair{from, to}) != std::end(forward);
}

}  // namespace anatomynet::service
