#pragma once
#include <stdexcept>
#include <string>

#include <anatomynet/anatomynet.h>

#if __cplusplus < 202002L
#error "anatomynet's C++ headers need C++20: compile with -std=c++20"
#endif

// AnatomyNet in C++20, over the C interface (anatomynet.h), whose notes on threads, geometry and life hold
// here too.
namespace anatomynet {
inline namespace v0 {

/// Every failure: one line in what(), and what kind of failure it is.
class Error : public std::runtime_error {
 public:
  Error(anatomynet_status status, const std::string& text) : std::runtime_error(text), status_(status) {}
  anatomynet_status status() const noexcept { return status_; }

 private:
  anatomynet_status status_;
};

namespace detail {

/// Throws Error where a C function has failed.
inline void check(anatomynet_status status) {
  if (status != ANATOMYNET_OK) throw Error(status, anatomynet_last_error());
}

/// nullptr for an empty text, which C options take as their default.
inline const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

}  // namespace detail

/// Of the library that is loaded: "0.2.0 (git 1a2b3c4d)".
inline std::string version() { return anatomynet_version(); }

}  // namespace v0
}  // namespace anatomynet
