#pragma once
#include <functional>
#include <vector>

#include "core/messages.h"
#include "pipeline/contour_case.h"
#include "service/node_config.h"
#include "service/rules.h"

namespace anatomynet::service {

/// Runs the node until `stop` says so: receives, contours, sends. Its messages call patients by job numbers
/// alone. `make_engine`: for boxes that a reviewer has contoured anew; empty: nobody can. Throws
/// Error(output) where another node has the store, Error(usage) for a port that is taken and for certificates
/// that do not serve.
void run_node(const NodeConfig& config, const std::vector<Rule>& rules, Messages& messages,
              const std::function<bool()>& stop, const pipeline::EngineMaker& make_engine = {});

/// What is wrong with a configuration that reads well: a store that cannot be written, certificates, a port
/// that is taken, destinations that do not answer. One line each.
std::vector<std::string> check_node(const NodeConfig& config);

}  // namespace anatomynet::service
