#include "service/web/metrics.h"

#include <cstdio>
#include <map>

#include "core/text.h"
#include "core/version.h"

namespace anatomynet::service {
namespace {

std::string number_text(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.15g", value);
  return text;
}

std::string label_text(const std::string& value) {
  std::string out;
  for (const char c : clean_text(value)) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

void add_certificates(const std::vector<Certificates::State>& states, MetricsText& out) {
  if (states.empty()) return;
  out.family("certificate_end_timestamp_seconds", "gauge", "When the certificate in use ends, since 1970.");
  for (const Certificates::State& state : states)
    if (state.end_s) out.add({{"table", state.table}}, double(*state.end_s));
  out.family("certificate_latest", "gauge",
             "0: the files changed and do not serve, the ones from before are used.");
  for (const Certificates::State& state : states) out.add({{"table", state.table}}, state.latest ? 1 : 0);
}

void add_watch(const StoreWatch::Shown& shown, MetricsText& out) {
  out.family("watch_compared", "gauge", "1: results are compared with the baseline.");
  out.add({}, shown.watched ? 1 : 0);
  if (!shown.watched) return;
  const acceptance::Watched& watched = *shown.watched;
  out.family("watch_cases", "gauge", "Cases that are compared.");
  out.add({{"of", "baseline"}}, double(watched.baseline));
  out.add({{"of", "arrivals"}}, double(watched.arrivals));
  std::map<std::string, int> moved;
  for (const acceptance::ChartSeries& chart : watched.charts) moved[chart.key] = 0;
  for (const acceptance::Movement& movement : watched.moved) moved[movement.key] = 1;
  out.family("watch_moved", "gauge", "1: the figure moved from the baseline.");
  for (const auto& [figure, has] : moved) out.add({{"figure", figure}}, has);
}

}  // namespace

void MetricsText::family(const std::string& name, const std::string& kind, const std::string& help) {
  name_ = "anatomynet_" + name;
  text_ += "# HELP " + name_ + ' ' + help + "\n# TYPE " + name_ + ' ' + kind + '\n';
}

void MetricsText::add(const Labels& labels, double value, const std::string& suffix) {
  text_ += name_ + suffix;
  for (std::size_t k = 0; k < labels.size(); ++k)
    text_ += (k == 0 ? "{" : ",") + labels[k].first + "=\"" + label_text(labels[k].second) + '"';
  text_ += (labels.empty() ? " " : "} ") + number_text(value) + '\n';
}

void MetricsText::histogram(const SecondsHistogram::Counts& counts) {
  std::int64_t up_to = 0;
  for (std::size_t k = 0; k < SecondsHistogram::limits.size(); ++k) {
    up_to += counts.in_class[k];
    add({{"le", number_text(SecondsHistogram::limits[k])}}, double(up_to), "_bucket");
  }
  up_to += counts.in_class.back();
  add({{"le", "+Inf"}}, double(up_to), "_bucket");
  add({}, counts.sum_s, "_sum");
  add({}, double(up_to), "_count");
}

std::string metrics_text(const NodeConfig& config, Store& store, const NodeCounters& counters,
                         const SiteParts& parts) {
  MetricsText out;
  out.family("build_info", "gauge", "The program; always 1.");
  out.add({{"version", version()}}, 1);
  out.family("jobs", "gauge", "Jobs in the store by state.");
  const std::map<JobState, std::int64_t> jobs = store.job_counts();
  for (const JobState state : all_job_states()) {
    const auto found = jobs.find(state);
    out.add({{"state", std::string(to_text(state))}}, found == jobs.end() ? 0 : double(found->second));
  }
  out.family("longest_wait_seconds", "gauge", "How long the first job in the queue has waited.");
  out.add({}, double(store.longest_wait_ms(now_ms())) / 1000);
  out.family("instances_received_total", "counter", "Instances that were answered with success.");
  out.add({}, double(counters.instances));
  out.family("received_bytes_total", "counter", "Bytes of these instances.");
  out.add({}, double(counters.instance_bytes));
  out.family("associations_open", "gauge", "Associations that are served now.");
  out.add({}, double(counters.associations_open));
  out.family("associations_total", "counter", "Associations that were asked for, by answer.");
  out.add({{"result", "served"}}, double(counters.associations_served));
  out.add({{"result", "refused"}}, double(counters.associations_refused));
  out.family("contouring_seconds", "histogram", "Time of contouring processes that ended well.");
  out.histogram(counters.contouring_s.counts());
  out.family("contourings_failed_total", "counter", "Contouring processes that failed.");
  out.add({}, double(counters.contourings_failed));
  out.family("deliveries", "gauge", "Objects for destinations by state.");
  for (const DeliveryCount& d : store.delivery_counts())
    out.add({{"destination", d.destination}, {"state", d.state}}, double(d.count));
  out.family("free_bytes", "gauge", "Free disk for the store.");
  out.add({}, double(store.files().free_bytes()));
  out.family("free_bytes_least", "gauge", "With less nothing is received (min_free_mb).");
  out.add({}, double(config.min_free_mb) * 1048576);
  if (parts.certificates) add_certificates(parts.certificates->states(), out);
  if (parts.watch) add_watch(*parts.watch->shown(), out);
  return out.text();
}

}  // namespace anatomynet::service
