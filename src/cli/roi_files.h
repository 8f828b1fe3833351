#pragma once
#include <set>
#include <string>

namespace anatomynet::cli {

/// File names for ROIs, each handed out once.
class RoiFileNames {
 public:
  /// `name` (UTF-8) with what some file system does not take replaced by "_"; of two names that differ in
  /// case alone, or not at all, the later gets a number. Without extension; `number` stands in for an empty
  /// name.
  std::string operator()(const std::string& name, int number);

 private:
  std::set<std::string> taken_;
};

/// A field of a CSV file (RFC 4180): quoted where it must be.
std::string csv_field(const std::string& text);

}  // namespace anatomynet::cli
