#include "core/json.h"

#include "core/input_file.h"

namespace anatomynet::core {

std::string reason_of(const nlohmann::json::exception& error) {
  std::string text = error.what();  // "[json.exception.type_error.302] (/id) type must be ..."
  if (text.starts_with('['))
    if (const auto end = text.find("] "); end != std::string::npos) text.erase(0, end + 2);
  if (text.starts_with("(/"))
    if (const auto end = text.find(") "); end != std::string::npos)
      text = "at " + text.substr(1, end - 1) + ": " + text.substr(end + 2);
  constexpr std::size_t longest = 300;
  if (text.size() > longest) text = text.substr(0, longest) + "...";
  return text;
}

void require_shallow_json(std::string_view text, const std::string& where, ErrorKind kind) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') quoted = !quoted;
    if (quoted && c == '\\') ++i;
    if (quoted) continue;
    if (c == ']' || c == '}') --depth;
    if ((c == '[' || c == '{') && ++depth > deepest_nesting)
      throw Error(kind, where + ": nested more than " + std::to_string(deepest_nesting) +
                            " levels deep; damaged, or no file of this program");
  }
}

void refuse_json(const nlohmann::json::exception& error, const std::string& where, ErrorKind kind) {
  const bool syntax = dynamic_cast<const nlohmann::json::parse_error*>(&error) != nullptr;
  throw Error(kind, where + (syntax ? ": no valid JSON: " : ": a key is missing or of the wrong type: ") +
                        reason_of(error));
}

std::string read_json_text(const std::filesystem::path& file, ErrorKind kind) {
  return read_file(file, largest_json, kind);
}

}  // namespace anatomynet::core
