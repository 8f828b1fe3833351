#pragma once
#include <filesystem>
#include <vector>

#include "acceptance/record.h"
#include "core/messages.h"
#include "report/pages/acceptance_page.h"

namespace anatomynet::acceptance {

/// Pictures of the `count` cases with the lowest Dice of each organ, those left out included and said to be.
/// Cases that cannot be drawn are warned of.
std::vector<report::AcceptancePicture> worst_pictures(const Cohort& cohort, const Acceptance& acceptance,
                                                      const std::filesystem::path& contours, int count,
                                                      Messages& messages);

}  // namespace anatomynet::acceptance
