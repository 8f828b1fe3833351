#pragma once
#include <string>
#include <vector>

#include "core/messages.h"
#include "service/rules.h"

namespace anatomynet::service {

/// Reads what the rules of the configuration `file` refer to: weights, organs among theirs, and templates
/// that fit them. Throws Error(usage) "node.toml:12: [[rule]] 'head and neck': ..." for the first that does
/// not serve. Warnings about templates go to `messages`.
void check_rule_files(const std::vector<Rule>& rules, const std::string& file, Messages& messages);

}  // namespace anatomynet::service
