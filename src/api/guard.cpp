#include "api/guard.h"

#include "core/version.h"

namespace anatomynet::api {
namespace {

// As long as an Error can be (core/text.h); an array, since keeping a text must not fail.
thread_local char last_error[2048] = "";

}  // namespace

anatomynet_status failed(anatomynet_status status, const char* text) noexcept {
  const std::size_t length = std::min(std::strlen(text), sizeof last_error - 1);
  std::memcpy(last_error, text, length);
  last_error[length] = '\0';
  return status;
}

anatomynet_status status_of(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::usage:
      return ANATOMYNET_USAGE;
    case ErrorKind::input:
      return ANATOMYNET_INPUT;
    case ErrorKind::model:
      return ANATOMYNET_MODEL;
    case ErrorKind::output:
      return ANATOMYNET_OUTPUT;
    case ErrorKind::memory:
      return ANATOMYNET_MEMORY;
    default:
      return ANATOMYNET_INTERNAL;
  }
}

}  // namespace anatomynet::api

int32_t anatomynet_version_number(void) {
  return 10000 * ANATOMYNET_VERSION_MAJOR + 100 * ANATOMYNET_VERSION_MINOR + ANATOMYNET_VERSION_PATCH;
}

const char* anatomynet_version(void) { return anatomynet::version(); }

const char* anatomynet_last_error(void) { return anatomynet::api::last_error; }
