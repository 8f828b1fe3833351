#pragma once
#include <span>
#include <string>
#include <string_view>

#include "service/node_config.h"
#include "service/store/store.h"

namespace anatomynet::service {

/// What a person can do with a job: retry, cancel, resend, release, purge.
std::span<const std::string_view> job_actions();

/// Whether the action fits the job's state; where it fits it may still have nothing to do.
bool action_fits(std::string_view action, JobState state);

/// When to stop trying, counted from now.
GiveUp give_up_of(const NodeConfig& config);

/// Does it and writes it to the audit log as `who`'s, with `with`. False where it does not fit. Throws
/// Error(usage) where it says more, such as slices that were purged, or a review with changes that are not
/// approved, which release and retry would lose.
bool act_on_job(Store& store, const NodeConfig& config, std::string_view action, const Job& job,
                const std::string& who, const std::string& with = {});

}  // namespace anatomynet::service
