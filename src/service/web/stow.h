#pragma once
#include <cstdint>
#include <string>

#include "http/request.h"
#include "service/node_config.h"
#include "service/receiver/intake.h"

namespace anatomynet::service {

/// Store transaction of DICOMweb (STOW-RS, PS3.18 10.5): instances as application/dicom in a body of
/// multipart/related go to the same store, by the same rules, as those that come by C-STORE. For any number
/// of threads; everything given outlives it.
class Stow {
 public:
  /// What rules see as the calling AE title, and where requests are taken.
  static constexpr const char* calling_ae = "STOW-RS";
  static constexpr const char* studies = "/dicom-web/studies";

  Stow(const NodeConfig& config, Store& store, Intake& intake, Messages& messages)
      : config_(config), store_(store), intake_(intake), messages_(messages) {}

  /// `study`: the one that instances must be of; empty: any. Statuses by PS3.18 table 10.5.3-1: 200, 202
  /// where some were refused, 409 where all were, 415 for another body, 400 for one that is damaged.
  http::Response take(const http::Request& request, const std::string& study);

 private:
  const NodeConfig& config_;
  Store& store_;
  Intake& intake_;
  Messages& messages_;
};

}  // namespace anatomynet::service
