#include "bench/quality/table.h"

#include <algorithm>

#include "bench/quality/plant.h"
#include "quality/quality.h"

namespace anatomynet::quality {

void count_untouched(const Case& c, const Reference& reference, Table& table) {
  const QualityReport report = assess(c.ct, c.labels, c.organs, {}, reference);
  ++table.cases.all;
  table.cases.flagged += !report.plausible();
  const auto note = [&](const std::string& what, const std::vector<Flag>& flags) {
    for (const Flag& f : flags)
      table.false_alarms.push_back(c.id + ", " + what + ", " + f.code + ": " + f.text);
  };
  note("whole CT", report.flags);
  for (const OrganQuality& q : report.organs) {
    ++table.organs.all;
    table.organs.flagged += !q.flags.empty();
    note(q.organ, q.flags);
  }
}

void count_planted(const Case& c, const Reference& reference, Table& table) {
  plant_all(c, [&](const Planted& p) {
    const QualityReport report = assess(p.harmed.ct, p.harmed.labels, p.harmed.organs, {}, reference);
    bool flagged = !report.plausible();
    if (p.organ != 0)
      flagged = std::any_of(report.organs.begin(), report.organs.end(),
                            [&](auto& q) { return q.id == p.organ && !q.flags.empty(); });
    const Organ* organ = find_organ(c.organs, p.organ);
    const std::string kind =
        p.error + (organ != nullptr && has_any_size(organ->name) ? ", cord, larynx, oesophagus" : "");
    for (Share* share : {&table.errors[kind], &table.details[p.error + ": " + p.how]}) {
      ++share->all;
      share->flagged += flagged;
    }
    if (!flagged) table.missed.push_back(c.id + ", " + p.error + ": " + p.how);
  });
}

}  // namespace anatomynet::quality
