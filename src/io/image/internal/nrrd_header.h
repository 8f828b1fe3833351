#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "io/image/internal/header_text.h"

// The fields of an NRRD header (teem.sourceforge.net/nrrd/format.html). Internal to the io module.
namespace anatomynet::io::nrrd {

struct Header {
  /// The value of a field that must be there.
  const std::string& at(const std::filesystem::path& path, const std::string& name) const;
  /// Empty where the field is absent.
  std::string get(const std::string& name) const;

  std::map<std::string, std::string> fields;  ///< names in lower case, in one spelling
  bool blank_line = false;                    ///< the header ended with one: what follows are voxels
};

/// Reads lines up to the blank one, or to the end of a detached header. Throws Error(input) for what is no
/// NRRD, and for fields that the format does not know or that are there twice.
Header parse_header(const std::filesystem::path& path, HeaderLines& lines);

}  // namespace anatomynet::io::nrrd
