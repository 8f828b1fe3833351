#include "service/queue/contour_queue.h"

#include <algorithm>
#include <cmath>

#include "core/clock.h"
#include "core/cpus.h"
#include "core/sha256.h"
#include "core/text.h"
#include "core/version.h"
#include "io/dicom/instance_header.h"
#include "service/series_facts.h"

namespace anatomynet::service {
namespace {
namespace fs = std::filesystem;

constexpr double longest_retry_s = 900;
constexpr int exit_code_not_started = 127;  // the loader's, and of a child that cannot become the program

// Paths in the store tell nothing, and are long.
std::string without_paths(const std::string& text) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t slash = text.find('/', at);
    out += text.substr(at, slash - at);
    if (slash == std::string::npos) break;
    const std::size_t end = text.find_first_of(" :;,", slash);
    out += "file";
    at = std::min(end, text.size());
  }
  return out;
}

std::string name_of(const Job& job) { return "job " + std::to_string(job.id); }

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ",") + word;
  return out;
}

// Where the same CT, contoured the same way, gives objects of the same UIDs.
std::string uid_seed(const std::vector<std::string>& slices, const JobPlan& plan) {
  std::vector<std::string> sorted = slices;
  std::sort(sorted.begin(), sorted.end());
  Sha256 hash;
  hash.add_field(version());
  for (const std::string& slice : sorted) hash.add_field(slice);
  for (const std::string& argument : plan.arguments) {
    std::error_code ignored;
    const bool file = fs::is_regular_file(argument, ignored);
    hash.add_field(file ? digest_of(argument).sha256 : argument);
  }
  return hash.hex();
}

std::string reason_of(const ChildEnd& end, const ChildLimits& limits) {
  if (end.timed_out) return "it took longer than " + std::to_string(limits.time_s) + " s (time_limit_s)";
  if (!end.error.empty()) return without_paths(end.error);
  if (end.exit_code == exit_code_not_started)
    return "the contouring process could not start" +
           (limits.memory_mb > 0 ? "; it may take " + std::to_string(limits.memory_mb) + " MB (memory_mb)"
                                 : std::string());
  if (end.signal != 0) return "the contouring process was ended by signal " + std::to_string(end.signal);
  return "the contouring process ended with exit code " + std::to_string(end.exit_code);
}

std::vector<MadeObject> objects_in(const fs::path& folder) {
  std::vector<MadeObject> objects;
  for (const auto& [kind, file] : {std::pair{"RTSTRUCT", "rtstruct.dcm"}, std::pair{"SEG", "seg.dcm"}}) {
    if (!fs::exists(folder / file)) continue;
    const io::InstanceHeader header = io::read_instance_header(folder / file);
    objects.push_back(
        {kind, header.sop_class, header.sop_instance_uid, digest_of(folder / file).sha256, file});
  }
  return objects;
}

}  // namespace

ContourQueue::ContourQueue(const NodeConfig& config, const std::vector<Rule>& rules, Store& store,
                           SeriesActivity& activity, NodeCounters& counters, Messages& messages)
    : config_(config),
      rules_(rules),
      store_(store),
      activity_(activity),
      counters_(counters),
      messages_(messages) {}

SeriesFacts ContourQueue::facts_of(const Job& job, const std::vector<std::string>& slices) {
  SeriesFacts facts =
      series_facts(store_.files().instance(slices.front()), static_cast<std::int64_t>(slices.size()));
  facts.calling_ae = store_.calling_ae(job.series);
  facts.called_ae = config_.dicom.ae_title;
  return facts;
}

void ContourQueue::complete_quiet_jobs() {
  for (const Job& job : store_.jobs_in(JobState::received)) {
    const std::string series = store_.series_uid(job.series);
    if (!activity_.is_quiet(series)) continue;
    activity_.forget(series);
    complete(job);
  }
}

void ContourQueue::complete(const Job& job) {
  const std::vector<std::string> slices = store_.slices(job.id);
  const std::string problem =
      slices.empty() ? "its slices are gone; send the CT again" : store_.problem_of_series(job.series);
  if (!problem.empty()) return fail(job, problem, Fault::lasting);
  const Rule* rule = nullptr;
  try {
    rule = choose(rules_, facts_of(job, slices));
  } catch (const Error& error) {
    return fail(job, "a slice cannot be read: " + without_paths(error.what()), Fault::lasting);
  }
  if (!rule || !rule->contour) {
    store_.move(job.id, JobState::received, JobState::cancelled,
                rule ? "rule " + rule->name + " keeps it without contours" : "no rule takes it");
    messages_.info(name_of(job) + ": " + (rule ? "kept without contours" : "no rule takes it"));
    return;
  }
  JobPlan plan;
  plan.rule = rule->name;
  plan.priority = rule->priority;
  plan.review = rule->review;
  plan.destinations = rule->destinations;
  if (rule->line == 0)  // no [[rule]] in the file: every CT to every destination
    for (const Destination& destination : config_.destinations) plan.destinations.push_back(destination.name);
  if (rule->model != "default") plan.arguments.insert(plan.arguments.end(), {"--model", rule->model});
  if (!rule->organs.empty()) plan.arguments.insert(plan.arguments.end(), {"--organs", joined(rule->organs)});
  if (!rule->template_file.empty())
    plan.arguments.insert(plan.arguments.end(), {"--template", rule->template_file});
  if (store_.complete(job.id, plan))
    messages_.info(name_of(job) + ": complete with " + std::to_string(slices.size()) + " slices");
}

std::vector<std::string> ContourQueue::arguments_of(const Job& job,
                                                    const std::vector<std::string>& slices) const {
  const std::int64_t cpus = process_cpus();
  const std::int64_t threads =
      config_.threads > 0 ? config_.threads : std::max<std::int64_t>(1, cpus / config_.processes);
  const fs::path work = store_.files().work(job.id);
  std::vector<std::string> arguments = {
      "segment",   (work / "ct").string(),  "-o",         (work / "made").string(),  "--quiet",
      "--threads", std::to_string(threads), "--uid-seed", uid_seed(slices, job.plan)};
  arguments.insert(arguments.end(), job.plan.arguments.begin(), job.plan.arguments.end());
  return arguments;
}

bool ContourQueue::contour_next(const std::function<bool()>& stop) {
  const std::optional<Job> job = store_.take_next();
  if (!job) return false;
  messages_.info(name_of(*job) + ": contouring, attempt " + std::to_string(job->attempts));
  const fs::path work = store_.files().work(job->id);
  const ChildLimits limits{config_.memory_mb, config_.time_limit_s};
  ChildEnd end;
  try {
    fs::remove_all(work);
    fs::create_directories(work / "ct");
    const std::vector<std::string> slices = store_.slices(job->id);
    std::int64_t number = 0;
    for (const std::string& content : slices)
      fs::create_hard_link(store_.files().instance(content),
                           work / "ct" / (std::to_string(++number) + ".dcm"));
    int asked = 0;
    const double start = seconds_now();
    end = run_child(arguments_of(*job, slices), work / "log", limits, [&] {
      if (stop()) return true;
      if (++asked % 5 != 0) return false;
      const std::optional<Job> now = store_.job(job->id);
      return !now || now->state != JobState::running;  // cancelled, or superseded
    });
    if (end.exit_code == 0) {
      counters_.contouring_s.add(seconds_now() - start);
      finish(*job, work / "made");
    } else if (end.stopped) {
      store_.move(job->id, JobState::running, JobState::complete, "the node was ended while it ran");
    } else {
      ++counters_.contourings_failed;
      fail(*job, reason_of(end, limits), fault_of(end));
    }
  } catch (const fs::filesystem_error& error) {
    fail(*job, error.code().message(), Fault::output);
  } catch (const Error& error) {
    fail(*job, without_paths(error.what()),
         error.kind() == ErrorKind::output ? Fault::output : Fault::passing);
  }
  std::error_code ignored;
  fs::remove_all(work, ignored);
  return true;
}

void ContourQueue::finish(const Job& job, const fs::path& made) {
  const std::vector<MadeObject> objects = objects_in(made);
  if (objects.empty()) return fail(job, "the contouring process wrote no DICOM object", Fault::lasting);
  store_.files().keep_results(made, job.id);
  std::map<std::string, Recipient> recipients;
  for (const Destination& destination : config_.destinations)
    if (std::count(job.plan.destinations.begin(), job.plan.destinations.end(), destination.name) > 0)
      recipients[destination.name] = {destination.send, now_ms() + destination.retry_ms()};
  if (store_.record_results(job.id, objects, recipients)) {
    store_.audit().write("node", "contoured", job.id, job.plan.rule);
    messages_.info(name_of(job) + ": contoured");
  } else {
    store_.files().remove_results(job.id);  // it was cancelled or superseded meanwhile
  }
}

void ContourQueue::fail(const Job& job, const std::string& reason, Fault fault) {
  if (fault == Fault::lasting || (fault == Fault::passing && job.attempts >= config_.attempts)) {
    if (store_.move(job.id, job.state, JobState::failed, reason))
      messages_.error(name_of(job) + ": failed; anatomynet serve jobs " + std::to_string(job.id) +
                      " says why");
    return;
  }
  const double wait_s = std::min(config_.first_retry_s * std::pow(2.0, double(job.attempts - 1)),
                                 std::max(longest_retry_s, double(config_.first_retry_s)));
  if (store_.move(job.id, job.state, JobState::complete, reason,
                  now_ms() + static_cast<std::int64_t>(1000 * wait_s)))
    messages_.warning(name_of(job) + ": did not work, tried again in " + std::to_string(std::lround(wait_s)) +
                      " s");
}

}  // namespace anatomynet::service
