#include "report/records/event_file.h"

#include <cstdio>

#include <gtest/gtest.h>

#include "common/temporary_folder.h"
#include "core/error.h"

namespace anatomynet::report {
namespace {

// What an independent reader in Python makes of a file.
std::string read_by_python(const std::filesystem::path& file) {
  const std::string command =
      "python3 " ANATOMYNET_SOURCE_DIR "/tests/report/records/read_events.py " + file.string() + " 2>&1";
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  for (int c = 0; pipe && (c = std::fgetc(pipe)) != EOF;) out += static_cast<char>(c);
  if (pipe) ::pclose(pipe);
  return out;
}

TEST(Crc32c, OfTheVectorsOfRfc3720) {
  std::string up, down;
  for (int i = 0; i < 32; ++i) {
    up += static_cast<char>(i);
    down += static_cast<char>(31 - i);
  }
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(crc32c(up), 0x46dd794eu);
  EXPECT_EQ(crc32c(down), 0x113fdb5cu);
}

TEST(EventFile, IsReadRecordByRecordAndTornOnlyAtItsEnd) {
  const test::TemporaryFolder folder;
  std::filesystem::path first;
  {
    EventFile file(folder.path(), 1000.5);
    first = file.path();
    EXPECT_EQ(first.filename(), "events.out.tfevents.1000.anatomynet");
    file.scalar(1001.25, 300, "loss", 0.125f);
    file.image(1002, 70000, "picture", 640, 200, std::string("123456789"));
  }
  const std::string whole =
      "1000.500 | 0 | version brain.Event:2\n1001.250 | 300 | loss | 0.125\n"
      "1002.000 | 70000 | picture | 640x200 3 crc cbf43926\n";
  EXPECT_EQ(read_by_python(first), whole);
  const EventFile resumed(folder.path(), 1000.9, 301);  // within the same second
  EXPECT_NE(resumed.path(), first);
  EXPECT_EQ(read_by_python(resumed.path()),
            "1000.900 | 0 | version brain.Event:2\n1000.900 | 301 | session 1\n");

  const std::string bytes = test::read_bytes(first);
  test::write_bytes(first, bytes.substr(0, bytes.size() - 3));  // killed within the last record
  EXPECT_EQ(read_by_python(first), whole.substr(0, whole.rfind("1002")) + "torn\n");
  EXPECT_THROW(EventFile(folder / "absent", 1), Error);
}

}  // namespace
}  // namespace anatomynet::report
