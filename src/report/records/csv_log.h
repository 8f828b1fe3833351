#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/csv.h"

namespace anatomynet::report {

/// A table on disk (core/csv.h) that grows while a program works. Every row is
/// appended by one write, so that a killed program leaves whole lines and at most a torn last one, which the
/// next `resume` cuts. All throw Error(output) where they cannot write.
class CsvLog {
 public:
  using Row = CsvRow;

  /// Touches nothing on disk yet.
  CsvLog(std::filesystem::path path, Row columns);
  ~CsvLog();
  CsvLog(const CsvLog&) = delete;
  CsvLog& operator=(const CsvLog&) = delete;

  /// Opens the file to append, made with its heading where it is not there yet. Whole rows with the right
  /// number of fields that `keep` takes stay and are returned, all others are cut (the file is replaced as a
  /// whole). Error(input) where its heading is another one. May be called again.
  std::vector<Row> resume(const std::function<bool(const Row&)>& keep);

  void append(const Row& row);  ///< after resume

 private:
  void close();
  std::filesystem::path path_;
  Row columns_;
  int file_ = -1;
};

}  // namespace anatomynet::report
