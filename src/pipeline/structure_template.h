#pragma once
#include <array>
#include <string>
#include <vector>

#include "core/messages.h"
#include "core/organs.h"

namespace anatomynet::pipeline {

/// How a hospital calls the organs: names, colours, and which of them go into RTSTRUCT and SEG (a TOML file,
/// docs/dicom.md).
class OrganNaming {
 public:
  OrganNaming() = default;  ///< all organs, under their TG-263 names
  /// Throws Error(usage) with file, line and key for what is no such file: unknown keys, names
  /// longer than DICOM's 64 characters, colours outside 0..255. Warns of names that planning systems cut.
  OrganNaming(const std::string& file, Messages& messages);

  /// Throws Error(usage) where the file names an organ that is neither in `known` nor a standard one.
  void check(const OrganTable& known) const;

  /// The organs that are written, as they are to be called there. Ids and codes stay. Throws Error(usage)
  /// where the file calls two of them alike.
  OrganTable operator()(const OrganTable& organs) const;

 private:
  struct Entry {
    std::string organ, name;
    std::array<std::uint8_t, 3> colour{};
    bool has_colour = false, written = true;
    int line = 0;
  };
  const Entry* find(const std::string& organ) const;
  std::vector<Entry> entries_;
  bool others_ = true;
  std::string file_;
};

}  // namespace anatomynet::pipeline
