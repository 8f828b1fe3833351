#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/messages.h"
#include "http/request.h"
#include "pipeline/contour_box.h"
#include "review/page.h"
#include "review/review.h"

namespace anatomynet::review {

/// How one request stands to the case.
struct Seat {
  std::string looks_because{};  ///< why nothing may be changed; empty: it may
  std::string by{};             ///< who saves, whatever the page says; empty: as the page says
  std::string role{};           ///< of who saves, for the records of edits; empty: not known
  std::string user{};           ///< who asks, for Saved
  std::string token{};          ///< what the page's POSTs must carry as X-Anatomynet-Token; empty: nothing
};

/// Who contours boxes anew; null: nobody, and why.
struct Recontouring {
  std::shared_ptr<pipeline::BoxContourer> contourer{};
  std::string none_because = "this server has no weights to contour with; correct by hand";
};

/// What is answered of one case (docs/review.md has the interface): the page, the case, its CT and masks, and
/// changes. Who may ask is for the caller to know. For any number of threads; everything given outlives it.
class CaseSite {
 public:
  /// Told of each version that was saved, and by which Seat::user; what it throws is the answer.
  using Saved = std::function<void(const VersionInfo&, const std::string& user)>;
  CaseSite(Review& review, const std::map<std::string, PageFile>& page, Messages& messages, Saved saved = {},
           Recontouring recontouring = {})
      : review_(review),
        page_(page),
        messages_(messages),
        saved_(std::move(saved)),
        recontouring_(std::move(recontouring)) {}

  /// `request.path` begins with '/', which is the page. Throws Error where more than the request is wrong.
  http::Response answer(const http::Request& request, const Seat& seat = {});

 private:
  using Parts = std::vector<std::string>;
  nlohmann::ordered_json case_for(const Seat& seat) const;
  nlohmann::ordered_json recontour_json() const;
  http::Response page_file(const std::string& path) const;
  http::Response read(const http::Request& request, const Parts& parts, const Seat& seat);
  http::Response change(const http::Request& request, const Parts& parts, const Seat& seat);
  http::Response ct() const;
  http::Response mask(const http::Request& request, int id) const;
  http::Response replace_mask(const http::Request& request, int id);
  http::Response organ(const http::Request& request, const Parts& parts);
  http::Response recontour(const http::Request& request);
  http::Response save(const http::Request& request, bool approve, const Seat& seat);

  Review& review_;
  const std::map<std::string, PageFile>& page_;
  Messages& messages_;
  const Saved saved_;
  const Recontouring recontouring_;
};

}  // namespace anatomynet::review
