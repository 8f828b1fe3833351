#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "core/csv.h"

namespace anatomynet::pipeline {

/// The file that keeps which numbered case is which (`--case-key`): CSV, readable by its owner alone, a line
/// a case; the first column is the case's name, the other ones what tells who it is.
struct KeyFile {
  std::filesystem::path path;  ///< empty: none is kept
  CsvRow columns;              ///< its first line
  std::string run;             ///< what made it, for messages: "batch"

  /// The lines by number; none where the file is not there or empty. Throws Error(usage) for a file that is
  /// no such key, and for one that lies in `output`, which is to hold no names.
  std::map<int, CsvRow> read(const std::filesystem::path& output) const;
  /// Nothing where `path` is empty. Throws Error(output).
  void write(const std::map<int, CsvRow>& lines) const;
};

/// Throws Error(usage) for a key that lies in `output`, which is to hold no names.
void require_outside(const std::filesystem::path& key, const std::filesystem::path& output);

/// "case-007".
std::string numbered_case(int number);
/// Nothing for a name that `numbered_case` does not give.
std::optional<int> number_of_case(const std::string& name);

}  // namespace anatomynet::pipeline
