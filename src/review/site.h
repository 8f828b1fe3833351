#pragma once
#include <map>
#include <string>

#include "core/messages.h"
#include "http/config.h"
#include "http/request.h"
#include "review/access.h"
#include "review/case_site.h"

namespace anatomynet::review {

/// What `anatomynet review` answers: the case, to whom its token let in. For any number of threads;
/// everything given outlives it.
class Site {
 public:
  Site(const http::Config& config, Access& access, Review& review,
       const std::map<std::string, PageFile>& page, Messages& messages, Recontouring recontouring = {})
      : config_(config),
        access_(access),
        messages_(messages),
        case_(review, page, messages, {}, std::move(recontouring)) {}

  /// Never throws.
  http::Response answer(const http::Request& request);

 private:
  const http::Config& config_;
  Access& access_;
  Messages& messages_;
  CaseSite case_;
};

}  // namespace anatomynet::review
