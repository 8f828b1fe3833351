#include "io/image/internal/header_text.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "io/image/internal/image_data.h"

namespace anatomynet::io {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t largest_header = 4 << 20;  // bytes; a segmentation of 200 segments has 100,000

template <class T>
std::optional<T> parsed(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

template <class T>
std::vector<T> list(const fs::path& path, const std::string& field, std::string_view text, std::size_t count,
                    const char* what) {
  std::vector<T> values;
  for (const std::string_view word : words_of(text)) {
    const auto value = parsed<T>(word);
    if (!value || values.size() == count) break;
    values.push_back(*value);
  }
  if (values.size() != count || words_of(text).size() != count)
    fail(path,
         "field '" + field + "' is '" + shown(text) + "', expected " + std::to_string(count) + " " + what);
  return values;
}

}  // namespace

std::optional<std::string> HeaderLines::next() {
  for (;;) {
    const std::size_t from = offset_ - buffered_from_;
    const std::size_t end = buffer_.find('\n', from);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(from, end - from);
      offset_ += end - from + 1;
      if (line.ends_with('\r')) line.pop_back();
      return line;
    }
    if (offset_ > largest_header || buffer_.size() - from > largest_header)
      fail(path_, "damaged or no image: its header does not end");
    buffer_.erase(0, from);
    buffered_from_ = offset_;
    const std::size_t before = buffer_.size();
    buffer_.resize(before + (1 << 16));
    const std::size_t n = file_.read_at(buffered_from_ + before, std::span(buffer_).subspan(before));
    buffer_.resize(before + n);
    if (n > 0) continue;
    if (buffer_.empty()) return {};
    offset_ += buffer_.size();
    std::string line = std::move(buffer_);
    buffer_.clear();
    buffered_from_ = offset_;
    if (line.ends_with('\r')) line.pop_back();
    return line;
  }
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\v\f";
  const auto first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (text = trimmed(text); !text.empty();) {
    const std::string_view word = text.substr(0, text.find_first_of(" \t"));
    words.push_back(word);
    text = trimmed(text.substr(word.size()));
  }
  return words;
}

std::optional<double> real(std::string_view text) { return parsed<double>(text); }
std::optional<std::int64_t> integer_of(std::string_view text) { return parsed<std::int64_t>(text); }

std::vector<double> reals(const fs::path& path, const std::string& field, std::string_view text,
                          std::size_t count) {
  return list<double>(path, field, text, count, "numbers");
}

std::vector<std::int64_t> wholes(const fs::path& path, const std::string& field, std::string_view text,
                                 std::size_t count) {
  return list<std::int64_t>(path, field, text, count, "whole numbers");
}

std::string shortest(double value) {
  char text[40];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

std::string shown(std::string_view text) {
  constexpr std::size_t longest = 60;
  std::string out;
  for (const char c : text.substr(0, longest)) out += c >= 0x20 && c < 0x7f ? c : '?';
  return text.size() > longest ? out + "..." : out;
}

}  // namespace anatomynet::io
