#include "core/shard.h"

#include <charconv>

#include "core/error.h"

namespace anatomynet::core {

Shard shard_from(const std::string& text) {
  if (text.empty()) return {};
  std::size_t i = 0, n = 0;
  const char* const end = text.data() + text.size();
  auto parsed = std::from_chars(text.data(), end, i);
  if (parsed.ec == std::errc() && parsed.ptr != end && *parsed.ptr == '/')
    parsed = std::from_chars(parsed.ptr + 1, end, n);
  if (parsed.ec != std::errc() || parsed.ptr != end || i < 1 || i > n)
    throw Error(ErrorKind::usage, "--shard '" + text + "' is not i/n with i from 1 to n, such as 2/8");
  return {i - 1, n};
}

}  // namespace anatomynet::core
