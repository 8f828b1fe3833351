#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "core/names.h"

namespace anatomynet::review {

/// A file of the page (web/).
struct PageFile {
  std::string type;  ///< MIME
  std::string_view bytes;
};

/// The page's files by their path, "/index.html" among them; empty where this build has none. They last as
/// long as the program.
const std::map<std::string, PageFile>& page_files();

/// The MIME type by a name's ending.
std::string type_of(const std::string& name);

}  // namespace anatomynet::review
