#pragma once
#include <string>

namespace anatomynet::report {

/// Text as content or attribute value of HTML and SVG; control characters other than line ends become spaces.
std::string html_escaped(const std::string& text);

/// The bytes in base64 (RFC 4648), for data: addresses.
std::string base64(const std::string& bytes);

}  // namespace anatomynet::report
