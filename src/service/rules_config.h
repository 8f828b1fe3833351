#pragma once
#include <string>
#include <vector>

#include "core/toml.h"
#include "service/rules.h"

namespace anatomynet::service {

/// The tables [[rule]] of a node's configuration, in their order; without any, one rule that takes every CT.
/// `file` is the configuration's path: errors name it, and paths of models and templates are relative to its
/// folder. Throws Error(usage), one line with file, line, what came and what was expected: for unknown keys
/// and keywords, values of the wrong type or range, names that two rules have, destinations that no
/// [[destination]] of `root` has, and rules that are never reached.
std::vector<Rule> read_rules(const toml::table& root, const std::string& file);

}  // namespace anatomynet::service
