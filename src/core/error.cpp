#include "core/error.h"

namespace anatomynet {
namespace {

// DICOM headers and file names can hold control characters; an error stays one line on a terminal.
std::string one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text;
}

}  // namespace

int exit_code(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::usage:
      return 2;
    case ErrorKind::input:
      return 3;
    case ErrorKind::model:
      return 4;
    case ErrorKind::output:
      return 5;
    case ErrorKind::memory:
      return 6;
    case ErrorKind::partly:
      return 7;
    case ErrorKind::lost:
      return 8;
    case ErrorKind::internal:
      break;
  }
  return 1;
}

Error::Error(ErrorKind kind, const std::string& message)
    : std::runtime_error(one_line(message)), kind_(kind) {}

Error Error::within(const std::string& context) const { return Error(kind_, context + ": " + what()); }

}  // namespace anatomynet
