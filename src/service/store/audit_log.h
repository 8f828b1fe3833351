#pragma once
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>

#include "core/error.h"

namespace anatomynet::service {

/// Who did what, one JSON object a line, only ever added to:
///
///     {"at":"2026-01-31T12:00:00Z","did":"sent","job":7,"who":"node","with":"archive","chain":"..."}
///
/// `chain` is the SHA-256 of the chain of the line before (64 zeros before the first) and of this line
/// without its own, so that nobody changes, removes or puts in a line unnoticed, but for the last ones: keep
/// the last chain elsewhere to know these too. No patient is named. Threads and processes may write at once.
/// Errors: Error(output).
class AuditLog {
 public:
  explicit AuditLog(std::filesystem::path file) : file_(std::move(file)) {}

  /// `job` 0: of no job; `with`: a destination, an action's detail; may be empty.
  void write(const std::string& who, const std::string& did, std::int64_t job, const std::string& with = {});

 private:
  const std::filesystem::path file_;
  std::mutex mutex_;
};

struct AuditCheck {
  std::int64_t lines = 0;        ///< that are as they were written
  std::int64_t broken_line = 0;  ///< the first that is not; 0: none
  std::string last_chain;
  std::int64_t kept_line = 0;  ///< whose chain was kept elsewhere; 0: no line has it
};

/// Follows the chain from the first line. `kept` is a last chain that was kept elsewhere, or empty: without
/// the line that has it, lines were cut off or all were written anew. Throws Error(input) where the file
/// cannot be read.
AuditCheck check_audit_log(const std::filesystem::path& file, const std::string& kept = {});

/// The name of the user that this process works for.
std::string user_name();

}  // namespace anatomynet::service
