#include <gtest/gtest.h>
#include <sqlite3.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"
#include "service/store/schema.h"

namespace {

using namespace anatomynet;
using namespace anatomynet::service;

std::int64_t number(Database& database, const char* sql) {
  Statement statement = database.query(sql);
  return statement.step() ? statement.number(0) : -1;
}

TEST(StoreUpgrade, ANewStoreHasTheLatestVersion) {
  const test::TemporaryFolder folder;
  Database database(folder / "node.db");
  migrate(database);
  EXPECT_EQ(number(database, "PRAGMA user_version"), schema_version());
  EXPECT_EQ(number(database, "PRAGMA synchronous"), 2);  // FULL
  EXPECT_EQ(number(database, "PRAGMA foreign_keys"), 1);
  EXPECT_EQ(number(database, "SELECT COUNT(*) FROM job"), 0);
}

TEST(StoreUpgrade, KeepsWhatIsThere) {
  const test::TemporaryFolder folder;
  {
    Database database(folder / "node.db");
    migrate(database);
    database.run(
        "INSERT INTO series (series_uid, study_uid, patient_digest, calling_ae) VALUES ('1', '2', 'd', 'A')");
  }
  Database database(folder / "node.db");
  migrate(database);
  EXPECT_EQ(number(database, "SELECT COUNT(*) FROM series"), 1);
}

TEST(StoreUpgrade, BringsDeliveriesOfTheFirstVersionAlong) {
  const test::TemporaryFolder folder;
  {
    Database database(folder / "node.db");
    migrate(database, 1);
    EXPECT_EQ(number(database, "PRAGMA user_version"), 1);
    database.run_script(
        "INSERT INTO series (series_uid, study_uid, patient_digest, calling_ae) VALUES ('1', '2', 'd', 'A');"
        "INSERT INTO job (series_id, state, since) VALUES (1, 'sending', 0);"
        "INSERT INTO object (job_id, kind, sop_class, sop_uid, file, sha256) VALUES (1, 'SEG', 'c', 'u', "
        "'f', 's');"
        "INSERT INTO delivery (job_id, object_id, destination, state, since, give_up) VALUES (1, 1, 'd', "
        "'waiting', 0, 0);");
  }
  Database database(folder / "node.db");
  migrate(database);
  EXPECT_EQ(number(database, "PRAGMA user_version"), schema_version());
  EXPECT_EQ(number(database, "SELECT COUNT(*) FROM delivery WHERE state = 'waiting' AND commitment = ''"), 1);
}

TEST(StoreUpgrade, JobsThatNeverWereCompleteHoldTheirSlices) {
  const test::TemporaryFolder folder;
  {
    Database database(folder / "node.db");
    migrate(database, 2);
    database.run_script(
        "INSERT INTO series (series_uid, study_uid, patient_digest, calling_ae) VALUES ('1', '2', 'd', 'A'), "
        "('3', '4', 'd', 'A');"
        "INSERT INTO job (series_id, state, since, slices) VALUES (1, 'cancelled', 0, 0), (2, 'sent', 0, 1);"
        "INSERT INTO instance (series_id, sop_uid, sop_class, transfer_syntax, content, bytes, received) "
        "VALUES (1, 'a', 'c', 't', 'aa', 4, 0), (1, 'b', 'c', 't', 'bb', 4, 0), (2, 'e', 'c', 't', 'ee', 4, "
        "0);"
        "INSERT INTO job_instance VALUES (2, 3);");
  }
  Database database(folder / "node.db");
  migrate(database);
  EXPECT_EQ(number(database, "SELECT COUNT(*) FROM job_instance WHERE job_id = 1"), 2);
  EXPECT_EQ(number(database, "SELECT COUNT(*) FROM job_instance"), 3);
}

TEST(StoreUpgrade, RefusesANewerStore) {
  const test::TemporaryFolder folder;
  Database database(folder / "node.db");
  migrate(database);
  database.run_script("PRAGMA user_version = 1000");
  test::expect_refused(ErrorKind::output, {"1000", "newer program"}, [&] { migrate(database); });
}

TEST(StoreUpgrade, AFailedTransactionLeavesNothing) {
  const test::TemporaryFolder folder;
  Database database(folder / "node.db");
  migrate(database);
  {
    const Transaction transaction(database);
    database.run(
        "INSERT INTO series (series_uid, study_uid, patient_digest, calling_ae) VALUES ('1', '2', 'd', 'A')");
  }
  EXPECT_EQ(number(database, "SELECT COUNT(*) FROM series"), 0);
}

}  // namespace
