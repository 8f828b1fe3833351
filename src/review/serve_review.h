#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/messages.h"
#include "pipeline/contour_case.h"
#include "review/opened_case.h"
#include "review/version_files.h"

namespace anatomynet::review {

struct ServeOptions {
  OpenOptions open;
  std::vector<std::filesystem::path> compare;
  std::filesystem::path store;  ///< empty: "review" in a result folder
  std::int64_t port = 0;        ///< 0: one that is free
  VersionStyle style;
  std::filesystem::path weights;      ///< that contour boxes anew; empty: the shipped ones, where they are
  pipeline::EngineMaker make_engine;  ///< for them
  std::filesystem::path page;         ///< for who works on the page: a folder in place of the built-in files
};

/// The folder that a review is kept in where none is given: "review" in a folder of results, else
/// NAME-review in the present folder.
std::filesystem::path default_store(const std::filesystem::path& input);

/// Opens the case and serves it on 127.0.0.1 until its page is closed or `stop` says so, which is asked a few
/// times a second. `ready` is told the address, token included. Throws as open_case, Review and http::Server.
void serve_review(const ServeOptions& options, Messages& messages, const std::function<bool()>& stop,
                  const std::function<void(const std::string& url)>& ready);

}  // namespace anatomynet::review
