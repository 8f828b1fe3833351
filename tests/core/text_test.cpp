#include "core/text.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json_text.h"

namespace anatomynet::core {
namespace {

// What a text may hold that does harm: terminals obey it, lines break at it, JSON refuses it.
const std::string hostile[] = {
    "M\xfcller",               // Latin-1
    "\xc0\xaf",                // an overlong slash
    "\xed\xa0\x80",            // half a surrogate pair
    "\xf5\x80\x80\x80",        // beyond Unicode
    "\xe2\x82",                // cut within a character
    std::string("a\0b", 3),    // zero byte
    "two\nlines\r\nand\ttab",  //
    "\x1b[31mred\x7f",         // escape sequence, DEL
    "\xc2\x9b"
    "31m",  // C1: the same sequence in one character
    "a\xe2\x80\xa8"
    "b",  // line separator
    "cod\xe2\x80\xae"
    "exe",  // right-to-left override
};

TEST(Text, IsCleanOnItsWayOut) {
  EXPECT_EQ(clean_text("M\xfcller"), "M\xEF\xBF\xBDller");
  EXPECT_EQ(clean_text("M\xc3\xbcller \xe4\xb8\xad \xf0\x9f\x99\x82"),
            "M\xc3\xbcller \xe4\xb8\xad \xf0\x9f\x99\x82");
  EXPECT_EQ(clean_text("two\nlines\ttab"), "two lines tab");
  EXPECT_EQ(clean_text("\xc0\xaf"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(clean_text("\xc2\x9b"
                       "31m a\xe2\x80\xa8z"),
            " 31m a z");
  EXPECT_EQ(clean_lines("a\x1b\nb\xfc\n"), "a \nb\xEF\xBF\xBD\n");
  for (const std::string& text : hostile) {
    const std::string clean = clean_text(text);
    EXPECT_TRUE(is_utf8(clean)) << clean;
    EXPECT_EQ(clean.find_first_of(std::string("\0\n\r\t\x1b\x7f", 6)), std::string::npos) << clean;
    EXPECT_EQ(clean_text(clean), clean);
  }
}

TEST(Text, TellsUtf8) {
  for (const char* good : {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad : {"\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                          "\xf4\x90\x80\x80", "\xfc", "a\xe2\x82"})
    EXPECT_FALSE(is_utf8(bad)) << bad;
}

TEST(Text, IsCutInTheMiddleAtWholeCharacters) {
  EXPECT_EQ(clean_text("0123456789", 10), "0123456789");
  EXPECT_EQ(clean_text("0123456789abc", 11), "012345...bc");
  std::string umlauts;
  for (int i = 0; i < 1000; ++i) umlauts += "\xc3\xbc";
  for (std::size_t most = 0; most < 40; ++most) {
    const std::string cut = clean_text(umlauts, most);
    EXPECT_TRUE(is_utf8(cut)) << most;
    EXPECT_LE(cut.size(), std::max<std::size_t>(most, 3));
  }
}

TEST(Text, OfErrorsIsOneCleanLine) {
  for (const std::string& text : hostile) {
    const std::string said = Error(ErrorKind::input, text + ": truncated").what();
    EXPECT_EQ(said, clean_text(text) + ": truncated");
  }
  const std::string said =
      Error(ErrorKind::input, "scan.dcm: " + std::string(1 << 20, 'x') + "; copy it again").what();
  EXPECT_LE(said.size(), longest_message);
  EXPECT_TRUE(said.starts_with("scan.dcm: xxx") && said.ends_with("xxx; copy it again"));
}

TEST(Text, NeverStopsJson) {
  for (const std::string& text : hostile) {
    const nlohmann::ordered_json json{{"key " + text, text}};
    for (const int indent : {-1, 2})
      EXPECT_FALSE(nlohmann::json::parse(json_text(json, indent), nullptr, false).is_discarded()) << text;
  }
}

TEST(Text, OfPathsCanBeTakenBack) {
  EXPECT_EQ(percent_encoded("/data/M\xfcller 100%/a\nb"), "/data/M%FCller 100%25/a%0Ab");
}

}  // namespace
}  // namespace anatomynet::core
