#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/names.h"

namespace anatomynet::core {

/// Objects and lists nest this deep at most in JSON (RFC 8259) and TOML: copying and printing a tree takes
/// stack for every level, and no file that means something here has ten.
inline constexpr int deepest_nesting = 64;

/// JSON files larger than this are refused before they are read.
inline constexpr std::uint64_t largest_json = 256u << 20;

/// What was wrong, without the library's own codes: "at /cases/0: key 'image' not found".
std::string reason_of(const nlohmann::json::exception& error);

/// Throws Error(kind) where the text nests too deeply.
void require_shallow_json(std::string_view text, const std::string& where, ErrorKind kind);

[[noreturn]] void refuse_json(const nlohmann::json::exception& error, const std::string& where,
                              ErrorKind kind);

/// The text as nlohmann::json or nlohmann::ordered_json. Throws Error(kind) "where: ..." unless it is valid
/// JSON of moderate depth. All of the program's JSON comes through here.
template <class Json = nlohmann::json>
Json parse_json(std::string_view text, const std::string& where, ErrorKind kind = ErrorKind::input) {
  require_shallow_json(text, where, kind);
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    refuse_json(error, where, kind);
  }
}

std::string read_json_text(const std::filesystem::path& file, ErrorKind kind);

/// The same of a regular file.
template <class Json = nlohmann::json>
Json read_json(const std::filesystem::path& file, ErrorKind kind = ErrorKind::input) {
  return parse_json<Json>(read_json_text(file, kind), file.string(), kind);
}

/// What `read` returns. A key that is missing in the tree, or of another type, becomes Error(kind)
/// "where: at /path/of/the/key: ...".
template <class Read>
auto reading_json(const std::string& where, ErrorKind kind, Read read) {
  try {
    return read();
  } catch (const nlohmann::json::exception& error) {
    refuse_json(error, where, kind);
  }
}

}  // namespace anatomynet::core
