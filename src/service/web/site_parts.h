#pragma once
#include "pipeline/contour_case.h"
#include "service/certificates/certificates.h"
#include "service/watch/store_watch.h"
#include "service/web/stow.h"

namespace anatomynet::service {

/// What a site shows or feeds beside the store, where there is such a thing.
struct SiteParts {
  Stow* stow = nullptr;  ///< takes instances
  const Certificates* certificates = nullptr;
  const StoreWatch* watch = nullptr;
  pipeline::EngineMaker make_engine{};  ///< for boxes that a reviewer has contoured anew; empty: nobody can
};

}  // namespace anatomynet::service
