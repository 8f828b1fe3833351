#include <utility>

#include <nlohmann/json.hpp>

#include "core/json_text.h"
#include "core/text.h"
#include "service/store/store.h"

namespace anatomynet::service {
namespace {

constexpr std::size_t longest_reason = 500;

using Words = std::vector<std::string>;

std::string as_json(const Words& words) { return json_text(nlohmann::json(words)); }
Words from_json(const std::string& text) { return nlohmann::json::parse(text).get<Words>(); }

}  // namespace

std::vector<Job> Store::read_jobs(Statement rows) {
  std::vector<Job> jobs;
  while (rows.step()) {
    Job job;
    job.id = rows.number(0);
    job.series = rows.number(1);
    job.state = job_state(rows.text(2));
    job.since = rows.number(3);
    job.reason = rows.text(4);
    job.plan = {rows.text(5), from_json(rows.text(6)), from_json(rows.text(7)),
                static_cast<int>(rows.number(8)), rows.number(9) != 0};
    job.attempts = rows.number(10);
    job.not_before = rows.number(11);
    job.slices = rows.number(12);
    job.superseded_by = rows.number(13);
    jobs.push_back(std::move(job));
  }
  return jobs;
}

std::vector<Job> Store::jobs() {
  const std::lock_guard guard(mutex_);
  return read_jobs(database_.query("SELECT * FROM job ORDER BY id"));
}

std::vector<Job> Store::jobs_in(JobState state) {
  const std::lock_guard guard(mutex_);
  return read_jobs(database_.query("SELECT * FROM job WHERE state = ? ORDER BY id", to_text(state)));
}

std::optional<Job> Store::job(std::int64_t id) {
  const std::lock_guard guard(mutex_);
  std::vector<Job> found = read_jobs(database_.query("SELECT * FROM job WHERE id = ?", id));
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::vector<Transition> Store::transitions(std::int64_t job) {
  const std::lock_guard guard(mutex_);
  std::vector<Transition> all;
  Statement rows = database_.query(
      "SELECT at, from_state, to_state, reason FROM transition WHERE job_id = ? ORDER BY id", job);
  while (rows.step()) all.push_back({rows.number(0), rows.text(1), rows.text(2), rows.text(3)});
  return all;
}

std::vector<std::string> Store::slices(std::int64_t job) {
  const std::lock_guard guard(mutex_);
  std::vector<std::string> contents;
  Statement rows = database_.query(
      "SELECT instance.content FROM instance JOIN job ON job.id = ?1 WHERE CASE job.state WHEN 'received' "
      "THEN "
      "instance.series_id = job.series_id AND instance.conflict = 0 ELSE instance.id IN (SELECT instance_id "
      "FROM job_instance WHERE job_id = ?1) END ORDER BY instance.id",
      job);
  while (rows.step()) contents.push_back(rows.text(0));
  return contents;
}

std::string Store::problem_of_series(std::int64_t series) {
  const std::lock_guard guard(mutex_);
  Statement row = database_.query("SELECT mixed FROM series WHERE id = ?", series);
  return row.step() && row.number(0) != 0 ? "slices of one series name several patients or studies" : "";
}

std::string Store::calling_ae(std::int64_t series) {
  const std::lock_guard guard(mutex_);
  Statement row = database_.query("SELECT calling_ae FROM series WHERE id = ?", series);
  return row.step() ? row.text(0) : "";
}

std::string Store::series_uid(std::int64_t series) {
  const std::lock_guard guard(mutex_);
  Statement row = database_.query("SELECT series_uid FROM series WHERE id = ?", series);
  return row.step() ? row.text(0) : "";
}

std::int64_t Store::conflicts(std::int64_t series) {
  const std::lock_guard guard(mutex_);
  Statement row =
      database_.query("SELECT COUNT(*) FROM instance WHERE series_id = ? AND conflict = 1", series);
  return row.step() ? row.number(0) : 0;
}

void Store::note(std::int64_t job, std::string_view from, JobState to, const std::string& reason) {
  database_.run("INSERT INTO transition (job_id, at, from_state, to_state, reason) VALUES (?, ?, ?, ?, ?)",
                job, now_ms(), from, to_text(to), clean_text(reason, longest_reason));
}

bool Store::move_locked(std::int64_t job, JobState from, JobState to, const std::string& reason,
                        std::int64_t not_before) {
  if (!may_follow(from, to))
    throw Error(ErrorKind::internal, "job " + std::to_string(job) + ": cannot go from " +
                                         std::string(to_text(from)) + " to " + std::string(to_text(to)));
  const std::int64_t changed = database_.run(
      "UPDATE job SET state = ?, since = ?, reason = ?, not_before = ? WHERE id = ? AND state = ?",
      to_text(to), now_ms(), clean_text(reason, longest_reason), not_before, job, to_text(from));
  if (changed == 0) return false;
  note(job, to_text(from), to, reason);
  if (from == JobState::received && is_final(to)) hold_slices(job);
  return true;
}

// A growing job has all slices of its series; one that does not grow any more, those that it holds.
std::int64_t Store::hold_slices(std::int64_t job) {
  return database_.run(
      "INSERT INTO job_instance SELECT ?1, id FROM instance WHERE conflict = 0 AND series_id = (SELECT "
      "series_id FROM job WHERE id = ?1)",
      job);
}

bool Store::begin_again(std::int64_t job, const std::string& reason) {
  const std::lock_guard guard(mutex_);
  Transaction transaction(database_);
  std::vector<Job> found = read_jobs(
      database_.query("SELECT * FROM job WHERE id = ? AND slices = 0 AND superseded_by IS NULL", job));
  if (found.empty() || !may_follow(found.front().state, JobState::received)) return false;
  move_locked(job, found.front().state, JobState::received, reason);
  database_.run("DELETE FROM job_instance WHERE job_id = ?", job);
  transaction.commit();
  return true;
}

bool Store::move(std::int64_t job, JobState from, JobState to, const std::string& reason,
                 std::int64_t not_before) {
  const std::lock_guard guard(mutex_);
  Transaction transaction(database_);
  const bool moved = move_locked(job, from, to, reason, not_before);
  if (moved && to == JobState::cancelled)
    database_.run("DELETE FROM delivery WHERE job_id = ? AND state = 'waiting'", job);
  transaction.commit();
  return moved;
}

bool Store::complete(std::int64_t job, const JobPlan& plan) {
  const std::lock_guard guard(mutex_);
  Transaction transaction(database_);
  if (!move_locked(job, JobState::received, JobState::complete, "rule " + plan.rule)) return false;
  const std::int64_t slices = hold_slices(job);
  database_.run(
      "UPDATE job SET slices = ?, rule = ?, arguments = ?, destinations = ?, priority = ?, review = ? WHERE "
      "id = "
      "?",
      slices, plan.rule, as_json(plan.arguments), as_json(plan.destinations), plan.priority, int{plan.review},
      job);
  transaction.commit();
  return true;
}

std::optional<Job> Store::take_next() {
  const std::lock_guard guard(mutex_);
  const char* const next =
      "SELECT * FROM job WHERE state = 'complete' AND not_before <= ? ORDER BY priority DESC, id LIMIT 1";
  if (!database_.query(next, now_ms()).step()) return std::nullopt;  // without taking the right to write
  Transaction transaction(database_);
  std::vector<Job> found = read_jobs(database_.query(next, now_ms()));
  if (found.empty()) return std::nullopt;
  Job job = found.front();
  job.attempts += 1;
  move_locked(job.id, JobState::complete, JobState::running, "attempt " + std::to_string(job.attempts));
  database_.run("UPDATE job SET attempts = ? WHERE id = ?", job.attempts, job.id);
  transaction.commit();
  job.state = JobState::running;
  return job;
}

}  // namespace anatomynet::service
