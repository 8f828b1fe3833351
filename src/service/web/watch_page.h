#pragma once
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "service/watch/store_watch.h"

namespace anatomynet::service {

/// The page of StoreWatch, under worklist_policy: charts (report/pages/watch_page.h), and a script that
/// exchanges them when they change.
std::string watch_html(const StoreWatch::Shown& shown);
std::string watch_css();
extern const char* const watch_js;

/// /api/v1/watch.
nlohmann::json watch_json(const StoreWatch::Shown& shown);

}  // namespace anatomynet::service
