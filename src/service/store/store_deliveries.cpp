#include <algorithm>

#include "core/text.h"
#include "service/store/internal_rows.h"
#include "service/store/store.h"

namespace anatomynet::service {
std::vector<Delivery> read_deliveries(Statement rows) {
  std::vector<Delivery> all;
  while (rows.step())
    all.push_back({rows.number(0),
                   rows.number(1),
                   rows.number(2),
                   rows.number(3),
                   rows.number(4),
                   {rows.text(5), rows.text(6), rows.text(7), rows.text(8), rows.text(9)},
                   rows.text(10),
                   rows.text(11),
                   rows.text(12),
                   rows.text(13)});
  return all;
}

bool Store::record_results(std::int64_t job, const std::vector<MadeObject>& objects,
                           const std::map<std::string, Recipient>& recipients) {
  const std::lock_guard guard(mutex_);
  Transaction transaction(database_);
  if (!move_locked(job, JobState::running, JobState::contoured, "")) return false;
  database_.run("DELETE FROM delivery WHERE job_id = ?", job);  // of an earlier run of the same job
  database_.run("DELETE FROM object WHERE job_id = ?", job);
  for (const MadeObject& object : objects) {
    database_.run(
        "INSERT INTO object (job_id, kind, sop_class, sop_uid, file, sha256) VALUES (?, ?, ?, ?, ?, ?)", job,
        object.kind, object.sop_class, object.sop_uid, object.file, object.sha256);
    const std::int64_t id = database_.last_id();
    for (const auto& [destination, recipient] : recipients)
      if (std::count(recipient.kinds.begin(), recipient.kinds.end(), object.kind) > 0)
        database_.run(
            "INSERT INTO delivery (job_id, object_id, destination, state, since, give_up) VALUES (?, ?, ?, "
            "'waiting', ?, ?)",
            job, id, destination, now_ms(), recipient.give_up);
  }
  Statement review = database_.query("SELECT review FROM job WHERE id = ?", job);
  if (review.step() && review.number(0) != 0)
    move_locked(job, JobState::contoured, JobState::review, "the rule wants a review");
  else
    move_locked(job, JobState::contoured, JobState::sending, "");
  settle(job);
  transaction.commit();
  return true;
}

// A job whose deliveries have all come to an end is sent, or failed.
void Store::settle(std::int64_t job) {
  Statement counts = database_.query(
      "SELECT COUNT(*), TOTAL(state IN ('waiting', 'stored')), TOTAL(state = 'failed') FROM delivery WHERE "
      "job_id = ?",
      job);
  Statement state = database_.query("SELECT state FROM job WHERE id = ?", job);
  if (!counts.step() || !state.step() || job_state(state.text(0)) != JobState::sending) return;
  if (counts.number(1) > 0) return;
  if (counts.number(2) > 0)
    move_locked(job, JobState::sending, JobState::failed, "a destination did not take the results in time");
  else
    move_locked(job, JobState::sending, JobState::sent,
                counts.number(0) > 0 ? "" : "the rule names no destination");
}

void Store::set_give_up(std::int64_t job, const GiveUp& give_up) {
  database_.run("UPDATE delivery SET give_up = ? WHERE job_id = ?", now_ms(), job);
  for (const auto& [destination, end] : give_up)
    database_.run("UPDATE delivery SET give_up = ? WHERE job_id = ? AND destination = ?", end, job,
                  destination);
}

bool Store::release(std::int64_t job, const GiveUp& give_up, const std::string& reason,
                    const std::vector<MadeObject>& approved) {
  const std::lock_guard guard(mutex_);
  Transaction transaction(database_);
  const bool moved = move_locked(job, JobState::review, JobState::sending, reason);
  if (moved) {
    if (!approved.empty()) replace_objects(job, approved);
    set_give_up(job, give_up);  // the review may have taken longer than sending may
    settle(job);
  }
  transaction.commit();
  return moved;
}

void Store::replace_objects(std::int64_t job, const std::vector<MadeObject>& objects) {
  for (const MadeObject& object : objects)
    database_.run(
        "UPDATE object SET sop_class = ?, sop_uid = ?, file = ?, sha256 = ? WHERE job_id = ? AND kind = ?",
        object.sop_class, object.sop_uid, object.file, object.sha256, job, object.kind);
  Statement rows = database_.query("SELECT id, kind FROM object WHERE job_id = ?", job);
  std::vector<std::int64_t> others;
  while (rows.step())
    if (std::none_of(objects.begin(), objects.end(),
                     [&](const MadeObject& object) { return object.kind == rows.text(1); }))
      others.push_back(rows.number(0));
  for (const std::int64_t other : others) {
    database_.run("DELETE FROM delivery WHERE object_id = ?", other);
    database_.run("DELETE FROM object WHERE id = ?", other);
  }
}

bool Store::resend(std::int64_t job, const GiveUp& give_up) {
  const std::lock_guard guard(mutex_);
  Transaction transaction(database_);
  const std::int64_t waiting = database_.run(
      "UPDATE delivery SET state = 'waiting', since = ?, not_before = 0, attempts = 0, reason = '', "
      "commitment = '', transaction_uid = '' WHERE job_id = ?",
      now_ms(), job);
  set_give_up(job, give_up);
  const bool moved =
      waiting > 0 && (move_locked(job, JobState::sent, JobState::sending, "to be sent again") ||
                      move_locked(job, JobState::failed, JobState::sending, "to be sent again"));
  if (moved) transaction.commit();
  return moved;
}

std::vector<Delivery> Store::due(const std::string& destination, std::int64_t now) {
  const std::lock_guard guard(mutex_);
  return read_deliveries(database_.query(
      (std::string(delivery_columns) +
       "JOIN job ON job.id = delivery.job_id WHERE job.state = 'sending' AND delivery.state = 'waiting' AND "
       "destination = ? AND delivery.not_before <= ? ORDER BY job.priority DESC, delivery.id")
          .c_str(),
      destination, now));
}

std::vector<Delivery> Store::deliveries(std::int64_t job) {
  const std::lock_guard guard(mutex_);
  return read_deliveries(database_.query(
      (std::string(delivery_columns) + "WHERE delivery.job_id = ? ORDER BY delivery.id").c_str(), job));
}

void Store::not_delivered(const Delivery& delivery, const std::string& reason, std::int64_t not_before) {
  const std::lock_guard guard(mutex_);
  Transaction transaction(database_);
  database_.run(
      "UPDATE delivery SET state = CASE WHEN ?1 >= give_up THEN 'failed' ELSE 'waiting' END, since = ?1, "
      "attempts "
      "= attempts + 1, not_before = ?2, reason = ?3 WHERE id = ?4",
      now_ms(), not_before, clean_text(reason, longest_reason), delivery.id);
  settle(delivery.job);
  transaction.commit();
}

bool Store::purge(std::int64_t job, Part part) {
  const std::lock_guard guard(mutex_);
  Transaction transaction(database_);
  Statement state = database_.query("SELECT state FROM job WHERE id = ?", job);
  if (!state.step() || !is_final(job_state(state.text(0))))
    throw Error(ErrorKind::usage, "job " + std::to_string(job) +
                                      ": is not there or not at its end; cancel it before it is purged");
  // What was set aside goes with the last job that holds slices of its series.
  const std::vector<std::string> unneeded = forget_instances(database_.query(
      "SELECT id, content FROM instance WHERE (id IN (SELECT instance_id FROM job_instance WHERE job_id = "
      "?1) "
      "AND id NOT IN (SELECT instance_id FROM job_instance WHERE job_id <> ?1) OR conflict = 1 AND series_id "
      "= (SELECT series_id FROM job WHERE id = ?1) AND series_id NOT IN (SELECT series_id FROM job WHERE id "
      "<> "
      "?1 AND id IN (SELECT job_id FROM job_instance))) AND series_id NOT IN (SELECT series_id FROM job "
      "WHERE "
      "state = 'received')",
      job));
  std::int64_t removed = database_.run("DELETE FROM job_instance WHERE job_id = ?", job) +
                         static_cast<std::int64_t>(unneeded.size());
  if (part == Part::all) {
    database_.run("DELETE FROM delivery WHERE job_id = ?", job);
    removed += database_.run("DELETE FROM object WHERE job_id = ?", job);
  }
  // Before the commit, so that no instance of the same bytes is recorded in between.
  files_.remove_instances(unneeded);
  transaction.commit();
  if (part == Part::all) files_.remove_results(job);
  return removed > 0;
}

std::int64_t Store::purge_without_job(std::int64_t before) {
  const std::lock_guard guard(mutex_);
  const char* const old =
      "SELECT id, content FROM instance WHERE received < ? AND series_id NOT IN (SELECT series_id FROM job)";
  if (!database_.query(old, before).step()) return 0;  // without taking the right to write
  Transaction transaction(database_);
  const std::vector<std::string> unneeded = forget_instances(database_.query(old, before));
  files_.remove_instances(unneeded);
  transaction.commit();
  return static_cast<std::int64_t>(unneeded.size());
}

// The rows of instances (id, content) go; their files are the caller's.
std::vector<std::string> Store::forget_instances(Statement rows) {
  std::vector<std::int64_t> ids;
  std::vector<std::string> contents;
  while (rows.step()) {
    ids.push_back(rows.number(0));
    contents.push_back(rows.text(1));
  }
  for (const std::int64_t id : ids) {
    database_.run("DELETE FROM job_instance WHERE instance_id = ?", id);
    database_.run("DELETE FROM instance WHERE id = ?", id);
  }
  return contents;
}

}  // namespace anatomynet::service
