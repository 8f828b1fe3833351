#include "service/store/schema.h"

#include <algorithm>
#include <array>
#include <string>

namespace anatomynet::service {
namespace {

// Step n leads from version n to n + 1. A step that was released is never changed. Times are milliseconds
// since 1970.
constexpr std::array steps = {
    R"(
    CREATE TABLE series (
      id INTEGER PRIMARY KEY,
      series_uid TEXT NOT NULL UNIQUE,
      study_uid TEXT NOT NULL,
      patient_digest TEXT NOT NULL,          -- of name and ID: tells patients apart, names none
      calling_ae TEXT NOT NULL,
      mixed INTEGER NOT NULL DEFAULT 0,      -- instances of another patient or study came under its UID
      expected INTEGER NOT NULL DEFAULT 0);  -- instances that the archive says it has; 0: not said
    CREATE TABLE instance (
      id INTEGER PRIMARY KEY,
      series_id INTEGER NOT NULL REFERENCES series,
      sop_uid TEXT NOT NULL,
      sop_class TEXT NOT NULL,
      transfer_syntax TEXT NOT NULL,
      content TEXT NOT NULL,                 -- SHA-256 of UIDs and data set; names the file
      bytes INTEGER NOT NULL,
      received INTEGER NOT NULL,
      conflict INTEGER NOT NULL DEFAULT 0,   -- other bytes under a UID that was there: kept aside
      UNIQUE (sop_uid, content));
    CREATE UNIQUE INDEX instance_of_uid ON instance (sop_uid) WHERE conflict = 0;
    CREATE INDEX instance_of_series ON instance (series_id);
    CREATE INDEX instance_of_content ON instance (content);
    CREATE TABLE job (
      id INTEGER PRIMARY KEY,
      series_id INTEGER NOT NULL REFERENCES series,
      state TEXT NOT NULL,
      since INTEGER NOT NULL,
      reason TEXT NOT NULL DEFAULT '',
      rule TEXT NOT NULL DEFAULT '',
      arguments TEXT NOT NULL DEFAULT '[]',     -- JSON: of the contouring program
      destinations TEXT NOT NULL DEFAULT '[]',  -- JSON: names
      priority INTEGER NOT NULL DEFAULT 0,
      review INTEGER NOT NULL DEFAULT 0,
      attempts INTEGER NOT NULL DEFAULT 0,
      not_before INTEGER NOT NULL DEFAULT 0,
      slices INTEGER NOT NULL DEFAULT 0,
      superseded_by INTEGER REFERENCES job);
    CREATE UNIQUE INDEX growing_job ON job (series_id) WHERE state = 'received';
    CREATE INDEX job_of_state ON job (state);
    CREATE TABLE job_instance (
      job_id INTEGER NOT NULL REFERENCES job,
      instance_id INTEGER NOT NULL REFERENCES instance,
      PRIMARY KEY (job_id, instance_id)) WITHOUT ROWID;
    CREATE TABLE transition (
      id INTEGER PRIMARY KEY,
      job_id INTEGER NOT NULL REFERENCES job,
      at INTEGER NOT NULL,
      from_state TEXT NOT NULL,
      to_state TEXT NOT NULL,
      reason TEXT NOT NULL);
    CREATE INDEX transition_of_job ON transition (job_id);
    CREATE TABLE object (
      id INTEGER PRIMARY KEY,
      job_id INTEGER NOT NULL REFERENCES job,
      kind TEXT NOT NULL,                    -- RTSTRUCT or SEG
      sop_class TEXT NOT NULL,
      sop_uid TEXT NOT NULL,
      file TEXT NOT NULL,                    -- in the job's folder of results
      sha256 TEXT NOT NULL);
    CREATE TABLE delivery (
      id INTEGER PRIMARY KEY,
      job_id INTEGER NOT NULL REFERENCES job,
      object_id INTEGER NOT NULL REFERENCES object,
      destination TEXT NOT NULL,
      state TEXT NOT NULL,                   -- waiting, sent or failed
      since INTEGER NOT NULL,
      attempts INTEGER NOT NULL DEFAULT 0,
      not_before INTEGER NOT NULL DEFAULT 0,
      give_up INTEGER NOT NULL,
      reason TEXT NOT NULL DEFAULT '',
      UNIQUE (object_id, destination));
    CREATE INDEX delivery_of_state ON delivery (state, destination);
    )",
    // Storage commitment; a delivery may now be 'stored' too, which is not yet committed.
    R"(
    ALTER TABLE delivery ADD COLUMN commitment TEXT NOT NULL DEFAULT '';     -- due, asked, committed, refused, none
    ALTER TABLE delivery ADD COLUMN transaction_uid TEXT NOT NULL DEFAULT '';
    ALTER TABLE delivery ADD COLUMN commitment_at INTEGER NOT NULL DEFAULT 0;  -- ask not before, or report until
    CREATE INDEX delivery_of_commitment ON delivery (commitment, destination);
    )",
    // Jobs that ended before they were complete (no rule took them, mixed patients) hold their slices too, so
    // that a purge finds them.
    R"(
    INSERT INTO job_instance SELECT MAX(job.id), instance.id FROM job JOIN instance ON instance.series_id =
      job.series_id AND instance.conflict = 0 WHERE job.slices = 0 AND job.state IN ('cancelled', 'failed') AND
      instance.id NOT IN (SELECT instance_id FROM job_instance) AND job.series_id NOT IN (SELECT series_id FROM job
      WHERE state = 'received') GROUP BY instance.id;
    )",
};

std::int64_t version_of(Database& database) {
  Statement statement = database.query("PRAGMA user_version");
  return statement.step() ? statement.number(0) : 0;
}

}  // namespace

int schema_version() { return static_cast<int>(steps.size()); }

void migrate(Database& database, int to) {
  Transaction transaction(database);
  const std::int64_t version = version_of(database);
  if (version > schema_version())
    throw Error(ErrorKind::output, "the node's database: version " + std::to_string(version) +
                                       " comes from a newer program; this one knows versions up to " +
                                       std::to_string(schema_version()) + ": install the newer one again");
  for (auto step = static_cast<std::size_t>(version); step < static_cast<std::size_t>(to); ++step)
    database.run_script(steps[step]);
  database.run_script(
      ("PRAGMA user_version = " + std::to_string(std::max<std::int64_t>(version, to))).c_str());
  transaction.commit();
}

}  // namespace anatomynet::service
