#include "service/web/permissions.h"

#include "service/web/stow.h"

namespace anatomynet::service {

Role role_for_action(std::string_view action) {
  return action == "release" ? Role::review : Role::administer;
}

Role role_needed(const http::Request& request) {
  if (request.method != "POST") return Role::view;
  if (request.path.starts_with(Stow::studies)) return Role::send;
  if (request.path.starts_with("/review/"))  // that a page lives, who looks only may tell too
    return request.path.ends_with("/api/heartbeat") || request.path.ends_with("/api/goodbye") ? Role::view
                                                                                              : Role::review;
  const std::size_t slash = request.path.rfind('/');
  return role_for_action(std::string_view(request.path).substr(slash + 1));
}

}  // namespace anatomynet::service
