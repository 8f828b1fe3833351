#pragma once
#include <nlohmann/json_fwd.hpp>

#include "review/review.h"

namespace anatomynet::review {

/// What GET /api/case answers: the grid, the structures as they are now, versions, comparisons, who edits.
nlohmann::ordered_json case_json(const Review& review);

/// One structure as the page takes it.
nlohmann::ordered_json organ_json(const Structure& structure);

}  // namespace anatomynet::review
