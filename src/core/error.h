#pragma once
#include <stdexcept>
#include <string>

#include "core/names.h"

namespace anatomynet::core {

/// What went wrong, in the terms that decide the process's exit code (docs/errors.md).
enum class ErrorKind {
  internal,   ///< a fault of ours: exit code 1
  usage,      ///< command line or configuration: 2
  input,      ///< image, DICOM, contours, data set: 3
  model,      ///< weights file: 4
  output,     ///< not writable, disk full: 5
  memory,     ///< the work does not fit in this machine's memory: 6
  partial,    ///< done in part; what is missing is named: 7
  peer_lost,  ///< another process of a run on many is gone: 8
};

/// Process exit code of an error kind.
int exit_code(ErrorKind kind) noexcept;

/// The one exception type of the project. Its text is one line: where, what came, what was expected, what to
/// do.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message);
  ErrorKind kind() const noexcept { return kind_; }

  /// The same error seen from further out: "context: message".
  Error within(const std::string& context) const;

 private:
  ErrorKind kind_;
};

}  // namespace anatomynet::core
