#pragma once
#include <string>
#include <vector>

#include "service/node_config.h"
#include "service/node_counters.h"
#include "service/store/store.h"
#include "service/web/site_parts.h"

namespace anatomynet::service {

/// Metrics in Prometheus' text format 0.0.4. Labels may hold any bytes: they become UTF-8 of one line, with
/// backslash and quote escaped.
class MetricsText {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  /// Begins a family; `kind` is counter, gauge or histogram.
  void family(const std::string& name, const std::string& kind, const std::string& help);
  /// A sample of the family; `suffix` for histograms.
  void add(const Labels& labels, double value, const std::string& suffix = {});
  void histogram(const SecondsHistogram::Counts& counts);

  const std::string& text() const { return text_; }

 private:
  std::string name_, text_;
};

/// What the node tells a monitor: no patient, job or UID.
std::string metrics_text(const NodeConfig& config, Store& store, const NodeCounters& counters,
                         const SiteParts& parts = {});

}  // namespace anatomynet::service
