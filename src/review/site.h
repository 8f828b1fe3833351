#pragma once
#include <memory>
#include <string>
#include <vector>

#include "core/messages.h"
#include "http/config.h"
#include "http/request.h"
#include "review/access.h"
#include "review/page.h"
#include "review/review.h"

namespace anatomynet::review {

/// What the review server answers (docs/review.md has the interface): the page, the case, its CT and masks,
/// and changes. For any number of threads; everything given outlives it.
class Site {
 public:
  Site(const http::Config& config, Access& access, Review& review,
       const std::map<std::string, PageFile>& page, Messages& messages)
      : config_(config), access_(access), review_(review), page_(page), messages_(messages) {}

  /// Never throws.
  http::Response answer(const http::Request& request);

 private:
  using Parts = std::vector<std::string>;
  http::Response admitted(const http::Request& request);
  http::Response page_file(const std::string& path) const;
  http::Response read(const http::Request& request, const Parts& parts);
  http::Response change(const http::Request& request, const Parts& parts);
  http::Response ct() const;
  http::Response mask(const http::Request& request, int id) const;
  http::Response replace_mask(const http::Request& request, int id);
  http::Response organ(const http::Request& request, const Parts& parts);
  http::Response save(const http::Request& request, bool approve);

  const http::Config& config_;
  Access& access_;
  Review& review_;
  const std::map<std::string, PageFile>& page_;
  Messages& messages_;
};

}  // namespace anatomynet::review
