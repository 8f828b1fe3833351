#include "service/store/store.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <system_error>

#include "service/store/schema.h"

namespace anatomynet::service {

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Store::Store(const std::filesystem::path& folder)
    : files_(folder), audit_(files_.audit_log()), database_(files_.database()) {
  migrate(database_);
}

Recovery Store::recover(const ReadKept& read) {
  std::vector<std::string> unrecorded;
  Recovery found = mend(unrecorded);
  std::vector<ReceivedInstance> whole;
  for (const std::string& content : unrecorded) {
    std::optional<ReceivedInstance> kept = read(files_.instance(content));
    if (kept && kept->content == content) {
      whole.push_back(std::move(*kept));
    } else {
      files_.remove_instance(content);
      ++found.unrecorded_files;
    }
  }
  // In the order in which they came: of several under one UID the first counts.
  std::sort(whole.begin(), whole.end(),
            [](const ReceivedInstance& a, const ReceivedInstance& b) { return a.received < b.received; });
  for (const ReceivedInstance& instance : whole) record(instance);
  found.recorded_files = static_cast<std::int64_t>(whole.size());
  return found;
}

Recovery Store::mend(std::vector<std::string>& unrecorded) {
  const std::lock_guard guard(mutex_);
  Recovery found;
  files_.remove_unfinished();
  const std::vector<std::string> lying = files_.contents();
  std::set<std::string> left(lying.begin(), lying.end());
  struct Row {
    std::int64_t id, series;
  };
  std::vector<Row> lost;
  Statement rows = database_.query("SELECT id, series_id, content, bytes FROM instance");
  while (rows.step()) {
    const std::string content = rows.text(2);
    std::error_code error;
    const auto size = std::filesystem::file_size(files_.instance(content), error);
    if (error || static_cast<std::int64_t>(size) != rows.number(3))
      lost.push_back({rows.number(0), rows.number(1)});
    else
      left.erase(content);
  }
  for (const Row& row : lost) lose(row.id, row.series);
  found.lost_files = static_cast<std::int64_t>(lost.size());
  unrecorded.assign(left.begin(), left.end());
  Transaction transaction(database_);
  std::vector<Job> running =
      read_jobs(database_.query("SELECT * FROM job WHERE state = ?", to_text(JobState::running)));
  for (const Job& job : running) {
    move_locked(job.id, JobState::running, JobState::complete, "the node was ended while it ran");
    ++found.interrupted_jobs;
  }
  transaction.commit();
  for (const std::int64_t job : files_.jobs_with_results()) {
    Statement made = database_.query("SELECT 1 FROM object WHERE job_id = ? LIMIT 1", job);
    if (made.step()) continue;
    files_.remove_results(job);
    ++found.unrecorded_results;
  }
  return found;
}

// A file that was there is not there any more, or not whole. Forgetting it lets a sender bring it again.
void Store::lose(std::int64_t instance, std::int64_t series) {
  Transaction transaction(database_);
  for (const Job& job : read_jobs(database_.query("SELECT * FROM job WHERE series_id = ?", series)))
    if (job.state == JobState::complete || job.state == JobState::running)
      move_locked(job.id, job.state, JobState::failed, "slices are gone from the store; send the CT again");
  database_.run("DELETE FROM job_instance WHERE instance_id = ?", instance);
  database_.run("DELETE FROM instance WHERE id = ?", instance);
  transaction.commit();
}

Recorded Store::record(const ReceivedInstance& i) {
  const std::lock_guard guard(mutex_);
  Transaction transaction(database_, OnDisk::later);
  // A purge of the same bytes, which has the right to write until it is done, may have taken the file away.
  if (!std::filesystem::exists(files_.instance(i.content)))
    throw Error(ErrorKind::output, "an instance was purged while it came in; send it again");
  Recorded result;
  Statement series =
      database_.query("SELECT id, study_uid, patient_digest FROM series WHERE series_uid = ?", i.series_uid);
  if (series.step()) {
    result.series = series.number(0);
    if (!database_.query("SELECT 1 FROM instance WHERE series_id = ? LIMIT 1", result.series).step())
      database_.run(  // all was purged, so what was wrong with it counts no more
          "UPDATE series SET study_uid = ?, patient_digest = ?, calling_ae = ?, mixed = 0, expected = 0 "
          "WHERE "
          "id = ?",
          i.study_uid, i.patient_digest, i.calling_ae, result.series);
    else if (series.text(1) != i.study_uid || series.text(2) != i.patient_digest)
      database_.run("UPDATE series SET mixed = 1 WHERE id = ?", result.series);
  } else {
    database_.run(
        "INSERT INTO series (series_uid, study_uid, patient_digest, calling_ae) VALUES (?, ?, ?, ?)",
        i.series_uid, i.study_uid, i.patient_digest, i.calling_ae);
    result.series = database_.last_id();
  }
  if (i.expected > 0) database_.run("UPDATE series SET expected = ? WHERE id = ?", i.expected, result.series);

  Statement same = database_.query("SELECT content FROM instance WHERE sop_uid = ?", i.sop_uid);
  while (same.step() && result.kind != Recorded::Kind::duplicate)
    result.kind = same.text(0) == i.content ? Recorded::Kind::duplicate : Recorded::Kind::conflict;
  if (result.kind != Recorded::Kind::duplicate)
    database_.run(
        "INSERT INTO instance (series_id, sop_uid, sop_class, transfer_syntax, content, bytes, received, "
        "conflict) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        result.series, i.sop_uid, i.sop_class, i.transfer_syntax, i.content, i.bytes,
        i.received > 0 ? i.received : now_ms(), int{result.kind == Recorded::Kind::conflict});
  if (i.is_ct) {
    Statement growing = database_.query("SELECT id FROM job WHERE series_id = ? AND state = ?", result.series,
                                        to_text(JobState::received));
    if (growing.step()) {
      result.job = growing.number(0);
    } else if (result.kind == Recorded::Kind::added) {
      result.job = new_job(result.series);
      result.new_job = true;
    }
  }
  Statement count = database_.query(
      "SELECT expected > 0 AND expected <= (SELECT COUNT(*) FROM instance WHERE series_id = series.id AND "
      "conflict = 0) FROM series WHERE id = ?",
      result.series);
  result.whole = count.step() && count.number(0) != 0;
  transaction.commit();
  return result;
}

std::int64_t Store::new_job(std::int64_t series) {
  const std::vector<Job> earlier =
      read_jobs(database_.query("SELECT * FROM job WHERE series_id = ? AND superseded_by IS NULL", series));
  database_.run("INSERT INTO job (series_id, state, since) VALUES (?, ?, ?)", series,
                to_text(JobState::received), now_ms());
  const std::int64_t id = database_.last_id();
  note(id, "", JobState::received, "a first slice came");
  for (const Job& job : earlier) {
    database_.run("UPDATE job SET superseded_by = ? WHERE id = ?", id, job.id);
    if (may_follow(job.state, JobState::superseded))
      move_locked(job.id, job.state, JobState::superseded, "more slices came: job " + std::to_string(id));
    database_.run("DELETE FROM delivery WHERE job_id = ? AND state = 'waiting'", job.id);
  }
  return id;
}

}  // namespace anatomynet::service
