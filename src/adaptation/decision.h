#pragma once
#include <optional>
#include <string>
#include <vector>

#include "adaptation/held_out.h"

namespace anatomynet::adaptation {

/// What must be seen on held-out cases before anything is offered. Dice throughout.
struct Rules {
  std::size_t least_pairs = 3;   ///< held-out cases with the organ
  double least_gain = 0.01;      ///< mean difference; the 95% interval's lower end must be above 0 besides
  double least_new = 0.5;        ///< mean of an organ that the weights before lack
  double most_loss = 0.01;       ///< mean difference of an organ that was not to change
  double least_agreement = 0.9;  ///< of before and after, where no local contour says who is right
};

/// One organ after a round of cross-validation.
struct OrganOutcome {
  std::string organ;
  bool learnt = false;  ///< in this round from the local contours; else kept as it was
  bool fresh = false;   ///< the weights before lack it
  std::size_t pairs = 0;
  double before = 0, after = 0, difference = 0;  ///< mean Dice
  double low = 0, high = 0;                      ///< 95% interval of the mean difference
  double p = 1, p_holm = 1;                      ///< Wilcoxon signed rank
  std::optional<double> agreement;               ///< mean Dice of before with after, all held-out cases
  std::size_t agreement_cases = 0;
  bool gained = false;  ///< learnt, and the rules are met
  bool lost = false;    ///< not learnt, and it changed for the worse, or too much
  std::string why;      ///< one line for people
};

/// Intervals are the wider of percentile bootstrap and Student's, over cases. `learnt`, `fresh`: TG-263
/// names. Organs in the order in which the cases have them.
std::vector<OrganOutcome> judge(const std::vector<HeldOutCase>& cases, const std::vector<std::string>& learnt,
                                const std::vector<std::string>& fresh, const Rules& rules);

/// What a round leads to.
enum class Next {
  offer,        ///< all that was learnt gained, all else stayed
  fewer,        ///< again, with those that gained alone
  hold_firmer,  ///< again: what was not to change did
  nothing,      ///< nothing gained
};
Next next_after(const std::vector<OrganOutcome>& outcomes);

std::vector<std::string> gained(const std::vector<OrganOutcome>& outcomes);

}  // namespace anatomynet::adaptation
