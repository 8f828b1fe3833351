#include "core/error.h"

#include "core/text.h"

namespace anatomynet::core {
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
    case ErrorKind::partial:
      return 7;
    case ErrorKind::peer_lost:
      return 8;
    case ErrorKind::internal:
      break;
  }
  return 1;
}

Error::Error(ErrorKind kind, const std::string& message)
    : std::runtime_error(clean_text(message, longest_message)), kind_(kind) {}

Error Error::within(const std::string& context) const { return Error(kind_, context + ": " + what()); }

}  // namespace anatomynet::core
