#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/names.h"

// Text that comes from files: names of files, DICOM values, header fields. It may hold any bytes, and is
// cleaned before a person or another program gets to see it.
namespace anatomynet::core {

/// Longest value of a file that a message repeats, and longest message, in bytes.
inline constexpr std::size_t longest_value = 200, longest_message = 2000;

/// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates.
bool is_utf8(std::string_view bytes);

/// One line of well-formed UTF-8 from any bytes. Control characters (C0, C1, DEL), line and paragraph
/// separators and the characters that turn the direction of text (U+202A to U+202E, U+2066 to U+2069) become
/// spaces; each byte that is no UTF-8 becomes U+FFFD.
std::string clean_text(std::string_view bytes);

/// The same, with "..." for the middle where it is longer than `most` bytes; the last quarter stays, since a
/// message ends with what to do.
std::string clean_text(std::string_view bytes, std::size_t most);

/// Every line of `text` cleaned; the line ends stay.
std::string clean_lines(std::string_view text);

/// A path as ASCII that leads back to it byte by byte: '%' and all bytes outside printable ASCII as %XX, as
/// in a URL (RFC 3986, 2.1).
std::string percent_encoded(const std::filesystem::path& path);

}  // namespace anatomynet::core
