#include "cli/app/options.h"

#include <charconv>
#include <cmath>

#include "cli/app/command_line.h"
#include "core/cpus.h"
#include "core/error.h"

namespace anatomynet::cli {
namespace {

// Three positive numbers joined by 'x', outermost axis first, returned innermost first; false for other text.
template <class T>
bool parse_triple(const std::string& text, std::array<T, 3>& xyz) {
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int axis = 2; axis >= 0; --axis) {
    const auto [next, error] = std::from_chars(at, end, xyz[static_cast<std::size_t>(axis)]);
    if (error != std::errc{}) return false;
    const bool last = axis == 0;
    if (last ? next != end : (next == end || *next != 'x')) return false;
    at = next + 1;
  }
  for (const T value : xyz)
    if (!(value > 0) || !std::isfinite(static_cast<double>(value))) return false;
  return true;
}

}  // namespace

Size3 parse_size(const std::string& text) {
  Size3 size{};
  if (!parse_triple(text, size))
    throw Error(ErrorKind::usage,
                "size '" + text + "' is not DxHxW; give slices, rows and columns, such as 96x160x160");
  return size;
}

Vec3 parse_spacing(const std::string& text) {
  Vec3 spacing{};
  if (!parse_triple(text, spacing))
    throw Error(ErrorKind::usage,
                "spacing '" + text + "' is not ZxYxX in mm; give three positive numbers, such as 2.5x1x1");
  return spacing;
}

Option* add_threads_option(CommandLine& app, const std::string& more) {
  return app
      .add_option("--threads", limit_cpus,
                  "CPUs to use at most; 0: all that the process may (affinity, control group's "
                  "quota)" +
                      more)
      ->check(between(0, 1024))
      ->default_str("0");
}

}  // namespace anatomynet::cli
