#pragma once
#include <string>

#include "core/grid.h"

namespace anatomynet::cli {

class CommandLine;
class Option;

/// "96x160x160" (depth, height, width: slices, rows, columns) as a grid size (x, y, z). Throws Error(usage)
/// unless it is three positive whole numbers.
Size3 parse_size(const std::string& text);

/// "2.5x1x1" in mm, in the same order, as spacing (x, y, z). Throws Error(usage) unless it is three positive
/// numbers.
Vec3 parse_spacing(const std::string& text);

/// --threads: how many CPUs the whole process keeps busy at most (core/cpus.h); `more` is added to its help.
Option* add_threads_option(CommandLine& app, const std::string& more = "");

}  // namespace anatomynet::cli
