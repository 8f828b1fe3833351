#pragma once
#include <filesystem>
#include <vector>

#include "acceptance/arrival.h"
#include "core/messages.h"

namespace anatomynet::acceptance {

/// Adds the Dice of each contour with its corrected one, "edited Parotid_L", to the arrivals whose case is
/// among `edited` (in any form that `evaluate` reads, named as the results' folders). What cannot be compared
/// is warned of.
void add_edits(const std::filesystem::path& edited, const std::filesystem::path& results,
               std::vector<Arrival>& arrivals, Messages& messages);

/// The same figures of a commissioning: the Dice of its cases with the clinic's contours, from its cases.csv.
void add_commissioned_edits(const std::filesystem::path& commissioned, std::vector<Arrival>& arrivals,
                            Messages& messages);

}  // namespace anatomynet::acceptance
