#include "report/html.h"

#include <algorithm>
#include <cstdint>

#include "core/text.h"

namespace anatomynet::report {

std::string html_text(const std::string& text) {
  std::string out;
  for (const char c : clean_lines(text)) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  return out;
}

std::string html_row(std::initializer_list<std::string> cells, const char* tag) {
  std::string out = "<tr>";
  for (const std::string& cell : cells) out += std::string("<") + tag + ">" + cell + "</" + tag + ">";
  return out + "</tr>\n";
}

std::string html_page(const std::string& title, const std::string& style, const std::string& body,
                      const std::string& policy) {
  constexpr auto shared =
      "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;padding:0 "
      "1rem;color:#1b1f24;background:#fff}"
      "table{border-collapse:collapse;margin:.5rem 0}th,td{border-bottom:1px solid #d8dee4;padding:.25rem "
      ".7rem;text-align:left;vertical-align:top}small{color:#57606a;font-weight:normal}figure{margin:0}"
      "img{max-width:100%;height:auto}summary{cursor:pointer}";
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
         "content=\"width=device-width\">\n" +
         (policy.empty() ? ""
                         : "<meta http-equiv=\"Content-Security-Policy\" content=\"" + policy + "\">\n") +
         "<title>" + html_text(title) + "</title>\n<style>" + shared + style + "</style>\n</head>\n<body>\n" +
         body + "</body>\n</html>\n";
}

std::string base64(const std::string& bytes) {
  static const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve(bytes.size() * 4 / 3 + 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8U | (k < n ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) out += k <= n ? digits[group >> (18 - 6 * k) & 63U] : '=';
  }
  return out;
}

std::string data_url(const std::string& type, const std::string& bytes) {
  return "data:" + type + ";base64," + base64(bytes);
}

}  // namespace anatomynet::report
