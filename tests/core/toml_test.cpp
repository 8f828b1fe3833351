#include "core/toml.h"

#include <gtest/gtest.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"

namespace anatomynet::core {
namespace {

using test::expect_refused;

std::string repeated(const std::string& part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += part;
  return text;
}

void refused(const std::string& text, const std::string& part) {
  expect_refused(ErrorKind::usage, {"file.toml:", part}, [&] { parse_toml(text, "file.toml"); });
}

TEST(Toml, ReadsWhatIsValid) {
  const toml::table t = parse_toml(
      "# a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r [[[[\n[a.b]\nx = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, "
      "1.0, 1.1,"
      " 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8]\ny = 'its' # it's\nz = \"\"\"a \\\"\"\" . . . . . . . . . . . . . "
      ". . . . "
      "[[[[\n\"\"\"\"\"\nw = '''[.'''\n\"quoted.key\" = {p = 1, q.r = 2}\n",
      "file.toml");
  EXPECT_EQ(t["a"]["b"]["x"].as_array()->size(), 18u);
  EXPECT_EQ(t["a"]["b"]["quoted.key"]["q"]["r"].value_or(0), 2);
  EXPECT_EQ(t["a"]["b"]["w"].value_or(std::string()), "[.");
}

TEST(Toml, RefusesKeysOfManyPartsAndDeepValues) {
  refused(repeated("a.", 60'000) + "a = 1", "parts");
  refused("x = 1\n[" + repeated("a.", 60'000) + "a]", "file.toml:2");
  refused(repeated("\"a\" . 'b' . ", 30'000) + "a = 1", "parts");
  refused("x = {" + repeated("a.", 60'000) + "a = 1}", "parts");
  refused("x = " + repeated("[", 60'000), "nested");
  refused(repeated("x = {y = ", 1) + repeated("{a = ", 60'000), "nested");
  refused("a = \"\"\"\n\n\"\"\"\n" + repeated("a.", 60'000) + "a = 1", "file.toml:4");
}

TEST(Toml, TakesLettersBeyondAsciiInQuotesAndCommentsAlone) {
  const std::string turkish = "\xc5\x9f";
  const toml::table t = parse_toml("\xef\xbb\xbf# " + turkish + "\r\na = '" + turkish + "'\r\n\"" + turkish +
                                       "\" = \"\"\"\n" + turkish + "\"\"\"\n",
                                   "file.toml");
  EXPECT_EQ(t["a"].value_or(std::string()), turkish);
  EXPECT_EQ(t[turkish].value_or(std::string()), turkish);
  refused("a = 1\nb = " + turkish + "\n", "file.toml:2");
  refused(turkish + " = 1\n", "quotes");
  refused("a = [1,\n2, " + turkish + "]\n", "file.toml:2");
}

TEST(Toml, RefusesControlCharactersEverywhere) {
  for (int code = 0; code < 0x20; ++code) {
    if (code == '\t' || code == '\n') continue;
    const std::string c(1, static_cast<char>(code));
    for (const std::string& text :
         {"a = 1\nb = " + c + "1\n", "a = 1\nb = '" + c + "'\n", "a = 1\n# " + c + " b\n", "a = 1\nb" + c})
      refused(text, "file.toml:2");
  }
  refused("a = '\x7f'\n", "code 127");
}

TEST(Toml, SaysWhereTextIsInvalid) {
  refused("a = 1\nb = \n", "file.toml:2");
  refused("a = 1\na = 2\n", "file.toml:2");
  refused("a = \"\xff\"\n", "file.toml:1");
  refused("a = 'x\nb = 2\n", "file.toml:1");
  expect_refused(ErrorKind::usage, {"expected a study"}, [] { parse_toml("a", "file.toml", "a study"); });
}

TEST(Toml, ReadsRegularFilesThatAreNotEmpty) {
  const test::TemporaryFolder folder;
  test::write_bytes(folder / "a.toml", "a = 1\n");
  EXPECT_EQ(read_toml(folder / "a.toml", "a study")["a"].value_or(0), 1);
  test::write_bytes(folder / "empty.toml", "");
  expect_refused(ErrorKind::usage, {"empty.toml", "a study"},
                 [&] { read_toml(folder / "empty.toml", "a study"); });
  expect_refused(ErrorKind::usage, {"/dev/zero", "regular"}, [&] { read_toml("/dev/zero", "a study"); });
}

}  // namespace
}  // namespace anatomynet::core
