#include "adaptation/candidates.h"

#include <algorithm>

#include "adaptation/folds.h"
#include "core/error.h"

namespace anatomynet::adaptation {
namespace {

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string> names_of(const OrganTable& organs) {
  std::vector<std::string> names;
  for (const Organ& organ : organs) names.push_back(organ.name);
  return names;
}

void require_enough(const LocalCases& local, const AdaptOptions& options) {
  if (local.scans >= fewest_scans) return;
  throw Error(ErrorKind::input,
              options.data.string() + ": " + std::to_string(local.cases.size()) + " cases of " +
                  std::to_string(local.scans) + (local.scans == 1 ? " scan; " : " scans; ") + "at least " +
                  std::to_string(fewest_scans) +
                  " different scans are needed, and five or more to show that an organ gains");
}

void check_new(const LocalCases& local, const std::vector<std::string>& known, const AdaptOptions& options) {
  for (const std::string& organ : options.fresh) {
    if (holds(known, organ))
      throw Error(ErrorKind::usage,
                  "--new " + organ + ": the weights draw it already; it is adapted without");
    if (!local.drawn.contains(organ))
      throw Error(ErrorKind::input,
                  "--new " + organ + ": no case has it; the cases have " + joined(names_of(local.organs)));
  }
}

}  // namespace

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

Candidates candidates(const LocalCases& local, const std::vector<std::string>& known,
                      const std::vector<std::string>& refined, const AdaptOptions& options,
                      Messages& messages) {
  require_enough(local, options);
  check_new(local, known, options);
  Candidates found;
  std::vector<std::string> few, finer, unknown, drawn;
  for (const auto& [organ, scans] : local.drawn) {
    drawn.push_back(organ);
    const bool fresh = holds(options.fresh, organ);
    if (!holds(known, organ) && !fresh) {
      unknown.push_back(organ);
    } else if (scans < options.rules.least_pairs) {
      few.push_back(organ);
    } else {
      (holds(refined, organ) ? finer : found.learnt).push_back(organ);
      if (!fresh) found.calibrated.push_back(organ);
    }
  }
  if (!unknown.empty())
    messages.warning("not drawn by the weights and left out: " + joined(unknown) + "; --new adds an organ");
  if (!finer.empty() && options.training)
    messages.warning("drawn by a second network on a finer grid, which is calibrated and not trained: " +
                     joined(finer));
  if (!few.empty())
    messages.warning("contoured on fewer than " + std::to_string(options.rules.least_pairs) +
                     " scans, kept as before: " + joined(few));
  if (found.learnt.empty() && found.calibrated.empty())
    throw Error(ErrorKind::input, options.data.string() + ": no organ to adapt: the weights draw " +
                                      joined(known) + "; the cases have " +
                                      (drawn.empty() ? std::string("no contour") : joined(drawn)) +
                                      (few.empty() ? "" : ", too few of each"));
  return found;
}

}  // namespace anatomynet::adaptation
