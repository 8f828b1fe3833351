#include "http/secrets.h"

#include <set>

#include <gtest/gtest.h>

#include "http/form.h"
#include "http/requests.h"

namespace {

using namespace anatomynet::http;
using anatomynet::test::web_request;

TEST(Secrets, AreLongAndDiffer) {
  std::set<std::string> all;
  for (int k = 0; k < 100; ++k) all.insert(random_text());
  EXPECT_EQ(all.size(), 100U);
  for (const std::string& one : all) {
    EXPECT_EQ(one.size(), 64U);
    EXPECT_EQ(one.find_first_not_of("0123456789abcdef"), std::string::npos) << one;
  }
  EXPECT_TRUE(same_secret("abc", "abc"));
  for (const char* other : {"", "ab", "abcd", "abd", "Abc"}) EXPECT_FALSE(same_secret("abc", other)) << other;
}

TEST(Cookies, AreFoundByTheirWholeName) {
  const auto cookie = [](const std::string& header) {
    return cookie_of(web_request("GET", "/", {{"Cookie", header}}), "name_80");
  };
  EXPECT_EQ(cookie("name_80=value"), "value");
  EXPECT_EQ(cookie("a=1; name_80=v=w; b=2"), "v=w");
  for (const char* other : {"", "name_80", "name_80=", "xname_80=v", "name_8080=v", "name_8=v", "a=name_80=v",
                            "name_80=v; name_80=w"})
    EXPECT_EQ(cookie(other), "") << other;
  EXPECT_EQ(cookie_of(web_request("GET", "/", {{"Cookie", "a=1"}, {"Cookie", "a=2"}}), "a"), "");
}

TEST(Forms, AreDecoded) {
  auto fields = form_fields("name=a+b&password=%26%3d%25+%C3%A9%00&empty=&bare&name=second&%zz=%4");
  EXPECT_EQ(fields["name"], "a b");
  EXPECT_EQ(fields["password"], std::string("&=% \xC3\xA9\0", 7));
  EXPECT_EQ(fields["empty"], "");
  EXPECT_TRUE(fields.contains("bare"));
  EXPECT_EQ(fields["%zz"], "%4");
  EXPECT_TRUE(form_fields("").empty());
}

}  // namespace
