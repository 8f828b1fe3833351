#include "report/records/csv_log.h"

#include <gtest/gtest.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"
#include "core/error.h"

namespace anatomynet::report {
namespace {

using Row = CsvLog::Row;
using Rows = std::vector<Row>;

bool all(const Row&) { return true; }

TEST(CsvLog, GrowsByWholeLinesAndReadsBackWhatItWrote) {
  const test::TemporaryFolder folder;
  const Rows rows = {{"1", "a,b"}, {"2", "say \"no\", twice"}, {"3", ""}, {"4", "=1+1"}};
  {
    CsvLog log(folder / "t.csv", {"n", "text, if any"});
    EXPECT_TRUE(log.resume(all).empty());
    for (const Row& row : rows) log.append(row);
  }
  EXPECT_EQ(test::read_bytes(folder / "t.csv"),
            "n,\"text, if any\"\n1,\"a,b\"\n2,\"say \"\"no\"\", twice\"\n3,\n4,'=1+1\n");
  CsvLog again(folder / "t.csv", {"n", "text, if any"});
  EXPECT_EQ(again.resume(all), rows);
  again.append({"5", "two\nlines\tno"});
  EXPECT_EQ(again.resume([](const Row& row) { return row[0] == "5"; }), (Rows{{"5", "two lines no"}}));
  again.append({"6", "x"});
  EXPECT_EQ(test::read_bytes(folder / "t.csv"), "n,\"text, if any\"\n5,two lines no\n6,x\n");
}

TEST(CsvLog, CutsATornLineAndLinesOfAnotherLength) {
  const test::TemporaryFolder folder;
  CsvLog log(folder / "t.csv", {"a", "b"});
  for (const char* torn : {"", "a", "a,b"}) {  // killed within the heading
    test::write_bytes(folder / "t.csv", torn);
    EXPECT_TRUE(log.resume(all).empty());
    EXPECT_EQ(test::read_bytes(folder / "t.csv"), "a,b\n");
  }
  test::write_bytes(folder / "t.csv", "a,b\n1,2\n3\n\n4,5,6\n7,8\n9,1");
  EXPECT_EQ(log.resume(all), (Rows{{"1", "2"}, {"7", "8"}}));
  log.append({"9", "10"});
  EXPECT_EQ(test::read_bytes(folder / "t.csv"), "a,b\n1,2\n7,8\n9,10\n");
}

TEST(CsvLog, LeavesAnotherTableAloneAndSaysWhereItCannotWrite) {
  const test::TemporaryFolder folder;
  test::write_bytes(folder / "t.csv", "x,y\n1,2\n");
  CsvLog log(folder / "t.csv", {"a", "b"});
  test::expect_refused(ErrorKind::input, {"t.csv", "columns", "(a,b)"}, [&] { log.resume(all); });
  EXPECT_EQ(test::read_bytes(folder / "t.csv"), "x,y\n1,2\n");
  CsvLog nowhere(folder / "absent" / "t.csv", {"a"});
  test::expect_refused(ErrorKind::output, {"absent"}, [&] { nowhere.resume(all); });
}

}  // namespace
}  // namespace anatomynet::report
