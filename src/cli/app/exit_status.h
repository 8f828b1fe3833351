#pragma once

namespace anatomynet::cli {

/// Thrown by a command that did its work and says by the exit code what it found (docs/errors.md). What there
/// is to read stands on stdout; no error is printed.
struct ExitStatus {
  int code;
};

}  // namespace anatomynet::cli
