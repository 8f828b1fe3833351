#pragma once
#include <cstdint>

#include "core/messages.h"
#include "service/node_config.h"
#include "service/store/store.h"

namespace anatomynet::service {

/// Purges what jobs at their end have kept for keep_slices_days and keep_results_days by `now` (milliseconds
/// since 1970): slices unless another job needs them, and results. The audit log and `messages` say so.
void purge_old(const NodeConfig& config, Store& store, Messages& messages, std::int64_t now);

}  // namespace anatomynet::service
