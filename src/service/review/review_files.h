#pragma once
#include <filesystem>
#include <optional>
#include <vector>

#include "core/messages.h"
#include "review/version_files.h"
#include "service/store/store.h"

namespace anatomynet::service {

/// Where a job's review is kept (review/version_store.h): in the folder of its results.
std::filesystem::path review_folder(Store& store, std::int64_t job);

/// Whether somebody has changed or saved something that is not approved. What cannot be read counts as such.
bool has_unapproved_review(Store& store, std::int64_t job);

/// The version that was approved; nothing where none is.
std::optional<review::VersionInfo> approved_version(Store& store, std::int64_t job, Messages& messages);

/// The objects of a version, in place of those that the job made.
std::vector<MadeObject> objects_of_version(Store& store, std::int64_t job, int version);

/// Sends a job in review what was approved: true where it is on its way now.
bool release_approved(Store& store, std::int64_t job, const review::VersionInfo& approved,
                      const GiveUp& give_up);

}  // namespace anatomynet::service
