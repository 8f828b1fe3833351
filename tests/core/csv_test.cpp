#include "core/csv.h"

#include <cmath>

#include <gtest/gtest.h>

namespace anatomynet::core {
namespace {

TEST(Csv, QuotesAsRfc4180) {
  EXPECT_EQ(csv_line({"plain", "", "a,b", "say \"no\"", "a;b", " blank"}),
            "plain,,\"a,b\",\"say \"\"no\"\"\",\"a;b\",\" blank\"\n");
}

TEST(Csv, LetsNoSpreadsheetRunACell) {
  for (const std::string cell : {"=1+1", "=HYPERLINK(\"http://x\")", "+1+1", "-1+1", "@SUM(A1)", "-", "+",
                                 "\t=1", "\r=1", "\n=1", "  =1", "-nan", "-inf", "+0x10",
                                 "\xEF\xBC\x9D"
                                 "1"}) {
    const std::string line = csv_line({cell});
    EXPECT_EQ(line[line[0] == '"' ? 1 : 0], '\'') << line;
  }
  EXPECT_EQ(csv_line({"a=b", "1-2", "x@y"}), "a=b,1-2,x@y\n");
}

TEST(Csv, LeavesNumbersNumbers) {
  EXPECT_EQ(csv_line({"-12.5", "+3", "-1e-9", "0", csv_number(-0.125), csv_number(NAN)}),
            "-12.5,+3,-1e-9,0,-0.125,\n");
}

TEST(Csv, IsOneLineOfUtf8) {
  EXPECT_EQ(csv_line({"two\r\nlines", "M\xfcller"}), "two  lines,M\xEF\xBF\xBDller\n");
}

TEST(Csv, ReadsBackWhatItWrote) {
  for (const std::string cell : {"", "plain", "a,b", "\"", "a\"b\"", "=1", "'=1", "''=1", "'", "' =", " '=1",
                                 "-5", "'-5", "-5 mm", "'quoted'", "+", "a;b", " both ",
                                 "\xEF\xBC\x8B"
                                 "1"}) {
    const CsvRow row{cell, "between", cell};
    std::string line = csv_line(row);
    line.pop_back();
    EXPECT_EQ(csv_cells(line), row) << line;
  }
}

}  // namespace
}  // namespace anatomynet::core
