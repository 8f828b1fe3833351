#include "service/commitment/commitment_reports.h"

#include <algorithm>
#include <cstdio>

namespace anatomynet::service {
namespace {

std::string reason_text(unsigned reason) {
  char text[80];
  std::snprintf(text, sizeof text, "it does not commit to keep it (reason %04X)", reason & 0xFFFFU);
  return text;
}

}  // namespace

bool CommitmentReports::awaited() const {
  return std::any_of(config_.destinations.begin(), config_.destinations.end(),
                     [](const Destination& d) { return d.commitment != Commitment::no; });
}

bool CommitmentReports::take(const std::string& ae_title, const CommitmentReport& report) {
  bool known = false;
  for (const Destination& destination : config_.destinations) {
    if (destination.ae_title != ae_title || destination.commitment == Commitment::no) continue;
    for (const Delivery& asked : store_.deliveries_of(destination.name, report.transaction)) {
      known = true;
      const std::string name = "job " + std::to_string(asked.job) + ": " + asked.object.kind;
      const std::string& uid = asked.object.sop_uid;
      const auto failure = std::find_if(report.failed.begin(), report.failed.end(),
                                        [&](const CommitmentReport::Failure& f) { return f.sop_uid == uid; });
      if (failure == report.failed.end() &&
          std::find(report.kept.begin(), report.kept.end(), uid) != report.kept.end()) {
        store_.committed(asked);
        store_.audit().write("node", "storage committed", asked.job,
                             asked.object.kind + " at " + destination.name);
        messages_.info(name + ": " + destination.name + " commits to keep it");
      } else {
        const std::string why = failure == report.failed.end() ? "its report on storage commitment lacks it"
                                                               : reason_text(failure->reason);
        store_.not_committed(asked, destination.name + ": " + why,
                             now_ms() + destination.pause_ms(asked.attempts));
        messages_.warning(name + " is to be sent again: " + destination.name + ": " + why);
      }
    }
  }
  return known;
}

}  // namespace anatomynet::service
