#include "core/input_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"

namespace anatomynet::core {
namespace {

using test::expect_refused;

TEST(InputFile, ReadsFromAnyPlace) {
  const test::TemporaryFolder folder;
  test::write_bytes(folder / "f", "0123456789");
  const InputFile file(folder / "f");
  EXPECT_EQ(file.size(), 10u);
  std::string four(4, '-');
  EXPECT_EQ(file.read_at(3, four), 4u);
  EXPECT_EQ(four, "3456");
  EXPECT_EQ(file.read_at(8, four), 2u) << "where the file ends";
  EXPECT_EQ(four, "8956");
  EXPECT_EQ(file.read_at(10, four), 0u);
  EXPECT_EQ(read_file(folder / "f", 10), "0123456789");
  expect_refused(ErrorKind::usage, {"f: ", "10 bytes", "at most 9"},
                 [&] { read_file(folder / "f", 9, ErrorKind::usage); });
}

// A pipe that nobody writes to would be waited for without end.
TEST(InputFile, RefusesWhatIsNoRegularFile) {
  const test::TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  expect_refused(ErrorKind::input, {"pipe", "not a regular file"}, [&] { InputFile(folder / "pipe"); });
  expect_refused(ErrorKind::input, {"/dev/zero", "not a regular file"}, [] { InputFile("/dev/zero"); });
  expect_refused(ErrorKind::input, {"folder"}, [&] { InputFile(folder.path()); });
  expect_refused(ErrorKind::input, {"absent", "no such file"}, [&] { InputFile(folder / "absent"); });
  expect_refused(ErrorKind::input, {"cannot open"}, [&] { InputFile(folder / std::string(300, 'a')); });
}

}  // namespace
}  // namespace anatomynet::core
