#pragma once
#include <vector>

#include "service/store/database.h"
#include "service/store/job.h"

// Internal to the store.
namespace anatomynet::service {

inline constexpr std::size_t longest_reason = 500;

/// Up to WHERE: what read_deliveries takes.
inline constexpr const char* delivery_columns =
    "SELECT delivery.id, delivery.job_id, delivery.attempts, delivery.not_before, delivery.give_up, "
    "object.kind, object.sop_class, object.sop_uid, object.sha256, object.file, delivery.destination, "
    "delivery.state, delivery.reason, delivery.commitment FROM delivery JOIN object ON object.id = "
    "delivery.object_id ";
std::vector<Delivery> read_deliveries(Statement rows);

}  // namespace anatomynet::service
