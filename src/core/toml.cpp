#include "core/toml.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/input_file.h"

namespace anatomynet::core {
namespace {

constexpr int deepest_value = 32, longest_key = 16;  ///< together they bound the tree's depth
constexpr std::uint64_t largest_file = 16u << 20;

bool part_of_key(char c) {
  return c == '-' || c == '_' || c == ' ' || c == '\t' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
         (c >= 'a' && c <= 'z');
}

// Where the string that begins at `at` ends: past its closing quotes, or at the end of the text.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const bool escapes = quote == '"';
  const std::string triple(3, quote);
  if (text.substr(at, 3) == triple) {
    for (std::size_t i = at + 3; i < text.size(); ++i) {
      if (escapes && text[i] == '\\')
        ++i;
      else if (text.substr(i, 3) == triple) {
        for (i += 3; i < text.size() && text[i] == quote;) ++i;  // up to two quotes belong to the text
        return i;
      }
    }
    return text.size();
  }
  for (std::size_t i = at + 1; i < text.size() && text[i] != '\n'; ++i) {
    if (escapes && text[i] == '\\')
      ++i;
    else if (text[i] == quote)
      return i + 1;
  }
  return std::min(text.find('\n', at), text.size());
}

[[noreturn]] void fail_at(const std::string& where, std::ptrdiff_t line, const std::string& what) {
  throw Error(ErrorKind::usage, where + ":" + std::to_string(line) + ": " + what);
}

// TOML 1.0 allows tabs and line ends alone. toml++ has assertions where some of the others come.
void refuse_control_characters(std::string_view text, const std::string& where) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c >= 0x20 && c != 0x7f) || c == '\t' || c == '\n' || text.substr(i, 2) == "\r\n") continue;
    fail_at(where, 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(i), '\n'),
            "a control character, code " + std::to_string(c) + "; expected text");
  }
}

// Refuses what toml++ is not safe against. It takes stack for every part of a dotted key and every level of a
// value, and reaches code that it calls unreachable where a value begins with a letter that is not ASCII.
void refuse_hostile_text(std::string_view text, const std::string& where) {
  refuse_control_characters(text, where);
  int depth = 0, dots = 0, line = 1;
  const auto fail = [&](const std::string& what) { fail_at(where, line, what); };
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  for (std::size_t i = text.starts_with(byte_order_mark) ? 3 : 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x80)
      fail("a letter beyond ASCII outside of quotes; write keys and values that have such letters in quotes");
    if (c == '#') {
      i = std::min(text.find('\n', i), text.size()) - 1;
      continue;
    }
    if (c == '"' || c == '\'') {
      const std::size_t end = end_of_string(text, i);
      for (; i < end; ++i) line += text[i] == '\n';
      i = end - 1;
      continue;
    }
    if (c == '.' && ++dots >= longest_key)
      fail("a key of more than " + std::to_string(longest_key) + " parts");
    if (c != '.' && !part_of_key(c)) dots = 0;
    if (c == '\n') ++line;
    if (c == ']' || c == '}') --depth;
    if ((c == '[' || c == '{') && ++depth > deepest_value)
      fail("nested more than " + std::to_string(deepest_value) + " levels deep");
  }
}

}  // namespace

toml::table parse_toml(std::string_view text, const std::string& where, const std::string& expected) {
  refuse_hostile_text(text, where);
  try {
    return toml::parse(text, where);
  } catch (const toml::parse_error& error) {
    throw Error(ErrorKind::usage, where + ":" + std::to_string(error.source().begin.line) + ": " +
                                      std::string(error.description()) +
                                      (expected.empty() ? "" : "; expected " + expected));
  }
}

toml::table read_toml(const std::filesystem::path& file, const std::string& expected) {
  const std::string text = read_file(file, largest_file, ErrorKind::usage);
  if (text.empty()) throw Error(ErrorKind::usage, file.string() + ": empty; expected " + expected);
  return parse_toml(text, file.string(), expected);
}

}  // namespace anatomynet::core
