#pragma once
#include <span>
#include <string>
#include <string_view>

#include "core/names.h"

namespace anatomynet::service {

/// What becomes of a received CT.
enum class JobState {
  received,    ///< slices are coming in
  complete,    ///< all there: waits for contouring
  running,     ///< being contoured
  contoured,   ///< the results are in the store
  review,      ///< contoured, waits for a person
  sending,     ///< on its way to the destinations
  sent,        ///< at every destination
  failed,      ///< `reason` says why; `serve retry` takes it up again
  cancelled,   ///< by a person, or no rule takes it
  superseded,  ///< more slices came: a later job does it
};

std::string_view to_text(JobState state);
/// Throws Error(internal) for another word.
JobState job_state(std::string_view text);
std::span<const JobState> all_job_states();

/// Whether a job may go from one state to the other.
bool may_follow(JobState from, JobState to);

/// Nothing happens to the job any more by itself.
bool is_final(JobState state);

}  // namespace anatomynet::service
