#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/names.h"

namespace anatomynet::review {

/// What an earlier run left in a journal.
struct JournalContents {
  std::vector<std::string> records;
  bool torn = false;  ///< the last record was not whole, as after a power cut, and was left out
};

/// Reads without changing. Empty where there is no file. Throws Error(input) for what is no such file.
JournalContents read_journal(const std::filesystem::path& file);

/// A file of records that only grows. A record is on disk when `append` returns, so that the end of this
/// process, or of the power, costs none that was taken. Each has its length and checksum (FNV-1a), so that
/// one that is torn off is known.
class Journal {
 public:
  /// Opens `file` behind its last whole record, or makes it. Throws Error(output).
  explicit Journal(std::filesystem::path file);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Throws Error(output) where it cannot be written; the file is then as before.
  void append(std::string_view record);
  /// A new file with this record alone takes the old one's place, at once.
  void restart(std::string_view record);

  static constexpr std::size_t longest_record = 256u << 20;  // bytes

 private:
  void open();
  std::filesystem::path file_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace anatomynet::review
