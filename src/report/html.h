#pragma once
#include <initializer_list>
#include <string>

namespace anatomynet::report {

/// Text, which may hold any bytes, as HTML shows it, also within attributes. Line ends stay.
std::string html_text(const std::string& text);

/// A table row of finished cells; `tag` is td or th.
std::string html_row(std::initializer_list<std::string> cells, const char* tag = "td");

/// A whole page. `style` follows the rules that all pages share. `policy` is its Content-Security-Policy; the
/// usual one lets the page load nothing that it does not hold itself, nor run scripts; none where it is
/// empty.
inline constexpr const char* sealed = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
std::string html_page(const std::string& title, const std::string& style, const std::string& body,
                      const std::string& policy = sealed);

/// RFC 4648, padded.
std::string base64(const std::string& bytes);

/// Bytes as a data: URL.
std::string data_url(const std::string& type, const std::string& bytes);

}  // namespace anatomynet::report
