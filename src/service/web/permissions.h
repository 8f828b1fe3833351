#pragma once
#include <string_view>

#include "http/request.h"
#include "service/accounts/account.h"

namespace anatomynet::service {

/// What a request is for: reading for view, `release` and changes of a review for review, other actions for
/// administer, STOW-RS for send.
Role role_needed(const http::Request& request);
/// The same of an action on a job.
Role role_for_action(std::string_view action);

}  // namespace anatomynet::service
