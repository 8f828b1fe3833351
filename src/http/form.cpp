#include "http/form.h"

#include <algorithm>
#include <charconv>

namespace anatomynet::http {
namespace {

// A '%' that two hexadecimal digits do not follow stays.
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t k = 0; k < text.size(); ++k) {
    unsigned value = 0;
    const char* const digits = text.data() + k + 1;
    if (text[k] == '%' && k + 2 < text.size() &&
        std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
      out.push_back(static_cast<char>(value));
      k += 2;
    } else {
      out.push_back(text[k] == '+' ? ' ' : text[k]);
    }
  }
  return out;
}

}  // namespace

std::map<std::string, std::string> form_fields(std::string_view body) {
  std::map<std::string, std::string> fields;
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('&'), body.size());
    const std::string_view field = body.substr(0, end);
    const std::size_t equals = std::min(field.find('='), field.size());
    const std::string_view value = field.substr(std::min(equals + 1, field.size()));
    fields.emplace(decoded(field.substr(0, equals)), decoded(value));
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return fields;
}

}  // namespace anatomynet::http
