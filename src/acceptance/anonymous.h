#pragma once
#include <filesystem>

#include "acceptance/cohort.h"
#include "acceptance/record.h"
#include "core/messages.h"

// Internal to the acceptance module.
namespace anatomynet::acceptance {

/// Tells by messages, and takes out of what is to be written, every text that comes from the cohort: names of
/// ROIs that are no organ, reasons and notes, which may hold names, paths and dates.
void keep_texts_out(Acceptance& found, Messages& messages);

/// Throws Error(usage) where `folder` has the key of a commissioning that is not anonymous.
void require_anonymous(const std::filesystem::path& folder);

/// Throws Error(usage) where a numbered case is another one in the folder of an earlier commissioning.
void require_same_cases(const Cohort& cohort, const std::filesystem::path& contours,
                        const std::filesystem::path& before);

}  // namespace anatomynet::acceptance
