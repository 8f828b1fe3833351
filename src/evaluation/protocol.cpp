#include "evaluation/protocol.h"

#include <charconv>
#include <optional>

#include "core/error.h"

namespace anatomynet::evaluation {
namespace {

constexpr int first_case = 555, last_case = 746;

void require_known(const std::string& name) {
  if (name != "miccai2015")
    throw Error(ErrorKind::usage, "protocol '" + name + "' is not known; expected miccai2015");
}

// The number of 0522cNNNN.
std::optional<int> pddca_number(const std::string& id) {
  if (id.size() < 9 || !id.starts_with("0522c")) return {};
  int number = 0;
  const auto [end, error] = std::from_chars(id.data() + 5, id.data() + 9, number);
  if (error != std::errc() || end != id.data() + 9) return {};
  return number;
}

}  // namespace

void apply_protocol(const std::string& name, EvaluateOptions& options) {
  require_known(name);
  options.surface = SurfaceElement::voxels;
  options.combination = Combination::mean;
  if (options.organs.empty())
    for (const Organ& organ : standard_organs()) options.organs.push_back(organ.name);
}

void keep_protocol_cases(const std::string& name, CaseFiles& truth) {
  require_known(name);
  const std::size_t before = truth.cases.size();
  std::erase_if(truth.cases, [](const CaseFile& c) {
    const auto number = pddca_number(c.id);
    return !number || *number < first_case || *number > last_case;
  });
  if (truth.cases.empty())
    throw Error(ErrorKind::input,
                "the truth has none of the challenge's off-site cases (0522c0555 to 0522c0746) among " +
                    std::to_string(before) + " cases; give the PDDCA folder");
}

std::size_t protocol_cases(const std::string& name) {
  require_known(name);
  return 10;
}

}  // namespace anatomynet::evaluation
