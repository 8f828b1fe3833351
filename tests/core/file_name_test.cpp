#include "core/file_name.h"

#include <set>

#include <gtest/gtest.h>

namespace anatomynet::core {
namespace {

const std::string good[] = {"Parotid_L",
                            "SpinalCord PRV05",
                            "Lung_L+R",
                            "A~B^C",
                            "R\xC3\xBC"
                            "ckenmark",
                            "\xE8\x84\x91\xE5\xB9\xB9",
                            "1.2.840.113619.2.5",
                            "a",
                            std::string(120, 'x'),
                            "com",
                            "Console"};
const std::string bad[] = {"",
                           ".",
                           "..",
                           "../../../stolen",
                           "/etc/passwd",
                           "a/b",
                           "a\\b",
                           ".hidden",
                           "-rf",
                           " a",
                           "a ",
                           "a.",
                           "a:b",
                           "a*",
                           "a?",
                           "\"a\"",
                           "<a>",
                           "a|b",
                           std::string("a\0b", 3),
                           "a\nb",
                           "a\x7F",
                           "\xFF",
                           "a\xC3",
                           "\xC0\xAF",
                           "\xED\xA0\x80",
                           "\xF4\x90\x80\x80",
                           "a\xE2\x80\xAE"
                           "b",
                           "a\xEF\xBB\xBF",
                           "a\xE3\x85\xA4",  // U+3164, a filler
                           "\xE1\x85\x9F",   // U+115F, a filler
                           "a\xE2\xA0\x80",  // U+2800, Braille without a dot
                           "a\xEF\xB8\x8F",  // U+FE0F, a variation selector
                           "\xC2\x85",
                           "CON",
                           "nul.nii",
                           "Lpt1",
                           std::string(121, 'x')};

TEST(FileName, LettersOfAnyScriptPassPathsAndWhatDoesNotShowFail) {
  for (const std::string& name : good) EXPECT_EQ(wrong_with_file_name(name), "") << name;
  for (const std::string& name : bad) EXPECT_NE(wrong_with_file_name(name), "") << name;
}

TEST(FileName, MadeSafeIsSafeAndStaysDifferent) {
  std::set<std::string> made;
  for (const std::string& name : good) EXPECT_EQ(safe_file_name(name), name);
  for (const std::string& name : bad) {
    const std::string safe = safe_file_name(name);
    EXPECT_EQ(wrong_with_file_name(safe), "") << name << " became " << safe;
    EXPECT_TRUE(made.insert(safe).second) << safe;
  }
  EXPECT_NE(safe_file_name("a/b"), safe_file_name("a:b"));
  // Cut between letters, never within one.
  std::string umlauts;
  for (int i = 0; i < 100; ++i) umlauts += "\xC3\xA4";
  for (int shift = 0; shift < 4; ++shift)
    EXPECT_TRUE(is_file_name(safe_file_name(std::string(shift, 'x') + umlauts)));
}

TEST(FileName, PathsThatLeaveAreSeen) {
  for (const char* path : {"a", "masks/a", "a/b/c", "..a", "a..b/c"}) EXPECT_TRUE(stays_inside(path)) << path;
  for (const char* path : {"", ".", "..", "../a", "a/../b", "a/..", "/a", "a/./b", "a/"})
    EXPECT_FALSE(stays_inside(path)) << path;
}

}  // namespace
}  // namespace anatomynet::core
