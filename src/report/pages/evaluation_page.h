#pragma once
#include <string>

#include "report/pages/evaluation_figures.h"

namespace anatomynet::report {

/// The evaluation as one HTML page that needs nothing else: box plots as inline SVG, pictures of the worst
/// cases within it, no script, nothing from a network.
std::string evaluation_page(const EvaluationReport& report);

}  // namespace anatomynet::report
