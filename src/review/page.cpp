#include "review/page.h"

#include <array>
#include <utility>

namespace anatomynet::review {

std::string type_of(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, const char*>, 8> types = {{
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".wasm", "application/wasm"},
      {".txt", "text/plain; charset=utf-8"},
  }};
  for (const auto& [ending, type] : types)
    if (name.ends_with(ending)) return type;
  return "application/octet-stream";
}

}  // namespace anatomynet::review
