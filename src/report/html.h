#pragma once
#include <initializer_list>
#include <string>

namespace anatomynet::report {

/// Text as HTML shows it, also within attributes.
std::string html_text(const std::string& text);

/// A table row of finished cells; `tag` is td or th.
std::string html_row(std::initializer_list<std::string> cells, const char* tag = "td");

/// Bytes as a data: URL.
std::string data_url(const std::string& type, const std::string& bytes);

}  // namespace anatomynet::report
