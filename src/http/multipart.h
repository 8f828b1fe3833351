#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/names.h"

namespace anatomynet::http {

/// A Content-Type: "multipart/related; type=\"application/dicom\"; boundary=b".
struct ContentType {
  std::string type;  ///< lower case, without parameters
  /// A parameter's value without quotes; empty where it lacks.
  std::string parameter(std::string_view name) const;

  std::string parameters;  ///< as they came
};
ContentType content_type(std::string_view header);

/// Takes a multipart body (RFC 2046 5.1) apart, piece by piece as it comes, and holds no more than a part's
/// headers and a delimiter of it.
class MultipartReader {
 public:
  struct Parts {
    std::function<void(const std::string& content_type)> begin;  ///< of the part that begins; may be empty
    std::function<void(std::string_view bytes)> bytes;
    std::function<void()> end;
  };
  /// The boundary may be longer than the 70 characters of RFC 2046: Orthanc's are.
  MultipartReader(const std::string& boundary, Parts parts);

  /// False where the body is not multipart: parts' headers of more than 8 KB, other text after a delimiter.
  bool take(std::string_view bytes);
  /// Whether the closing delimiter came.
  bool ended() const { return state_ == State::after; }

 private:
  enum class State { before, delimiter, headers, inside, after };
  bool step();

  const std::string delimiter_;
  const Parts parts_;
  State state_ = State::before;
  std::string held_ = "\r\n";  ///< not yet taken apart; the first delimiter may lack its line break
};

}  // namespace anatomynet::http
