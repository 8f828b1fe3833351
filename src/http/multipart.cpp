#include "http/multipart.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace anatomynet::http {
namespace {

constexpr std::size_t longest_headers = 8 << 10;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string content_type_in(std::string_view headers) {
  while (!headers.empty()) {
    const std::size_t end = headers.find("\r\n");
    const std::string_view line = headers.substr(0, end);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && lower(line.substr(0, colon)) == "content-type")
      return std::string(trimmed(line.substr(colon + 1)));
    if (end == std::string_view::npos) break;
    headers.remove_prefix(end + 2);
  }
  return "";
}

}  // namespace

ContentType content_type(std::string_view header) {
  const std::size_t end = std::min(header.find(';'), header.size());
  return {lower(trimmed(header.substr(0, end))), std::string(header.substr(end))};
}

std::string ContentType::parameter(std::string_view name) const {
  std::string_view rest = parameters;
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the semicolon
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) break;
    const std::string key = lower(trimmed(rest.substr(0, equals)));
    rest = trimmed(rest.substr(equals + 1));
    const bool quoted = rest.starts_with('"');
    const std::size_t end = quoted ? rest.find('"', 1) : rest.find(';');
    const std::string_view value = quoted ? rest.substr(1, end - 1) : trimmed(rest.substr(0, end));
    if (quoted && end == std::string_view::npos) break;
    if (key == name) return std::string(value);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end);
    const std::size_t next = rest.find(';');
    rest = next == std::string_view::npos ? std::string_view() : rest.substr(next);
  }
  return "";
}

MultipartReader::MultipartReader(const std::string& boundary, Parts parts)
    : delimiter_("\r\n--" + boundary), parts_(std::move(parts)) {}

bool MultipartReader::take(std::string_view bytes) {
  if (state_ == State::after) return true;  // an epilogue says nothing
  held_ += bytes;
  while (state_ != State::after) {
    const State was = state_;
    const std::size_t had = held_.size();
    if (!step()) return false;
    if (state_ == was && held_.size() == had) return true;
  }
  held_.clear();
  return true;
}

// Takes what can be told of what is held.
bool MultipartReader::step() {
  switch (state_) {
    case State::before:
    case State::inside: {
      const std::size_t at = held_.find(delimiter_);
      const std::size_t sure =
          at != std::string::npos ? at : held_.size() - std::min(held_.size(), delimiter_.size() - 1);
      if (state_ == State::inside && sure > 0) parts_.bytes(std::string_view(held_).substr(0, sure));
      held_.erase(0, sure);
      if (at == std::string::npos) return true;
      if (state_ == State::inside) parts_.end();
      held_.erase(0, delimiter_.size());
      state_ = State::delimiter;
      return true;
    }
    case State::delimiter: {  // "--" closes; else spaces, and a line break that also begins the headers
      if (held_.size() < 2) return true;
      if (held_.starts_with("--")) {
        state_ = State::after;
        return true;
      }
      const std::size_t text = held_.find_first_not_of(" \t");
      if (text == std::string::npos || held_.size() < text + 2) return held_.size() < longest_headers;
      if (held_.compare(text, 2, "\r\n") != 0) return false;
      held_.erase(0, text);
      state_ = State::headers;
      return true;
    }
    case State::headers: {
      const std::size_t end = held_.find("\r\n\r\n");
      if (end == std::string::npos) return held_.size() < longest_headers;
      parts_.begin(content_type_in(std::string_view(held_).substr(2, end == 0 ? 0 : end - 2)));
      held_.erase(0, end + 4);
      state_ = State::inside;
      return true;
    }
    case State::after:
      break;
  }
  return true;
}

}  // namespace anatomynet::http
