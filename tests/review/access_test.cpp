#include "review/access.h"

#include <thread>

#include <gtest/gtest.h>

#include "http/requests.h"

namespace {

using namespace anatomynet;
using namespace anatomynet::review;
using test::web_request;

http::Request with_token(const std::string& token) { return web_request("GET", "/", {}, {{"token", token}}); }
http::Request with_cookie(const std::string& cookie) { return web_request("GET", "/", {{"Cookie", cookie}}); }

TEST(Access, ATokenServesOnce) {
  Access access(60, 8080);
  EXPECT_EQ(access.token().size(), 64u);
  EXPECT_NE(access.token(), Access(60, 8080).token());
  for (const std::string& wrong : {std::string(), access.token().substr(1), std::string(64, '0')})
    EXPECT_EQ(access.redeem(with_token(wrong)), "");
  EXPECT_EQ(access.redeem(web_request("GET", "/")), "");
  EXPECT_EQ(access.redeem(web_request("GET", "/", {}, {{"token", access.token()}, {"token", "x"}})), "");
  EXPECT_FALSE(access.admits(with_cookie("anatomynet_review_8080=")));
  const std::string cookie = access.redeem(with_token(access.token()));
  ASSERT_NE(cookie, "");
  EXPECT_NE(cookie.find("; HttpOnly"), std::string::npos);
  EXPECT_NE(cookie.find("; SameSite=Strict"), std::string::npos);
  EXPECT_EQ(access.redeem(with_token(access.token())), "");
  const std::string value = cookie.substr(0, cookie.find(';'));
  EXPECT_TRUE(access.admits(with_cookie(value)));
  EXPECT_TRUE(access.admits(with_cookie("other=1; " + value + "; third=2")));
  EXPECT_FALSE(access.admits(with_cookie(value + "0")));
  EXPECT_FALSE(access.admits(with_cookie("x" + value)));
  EXPECT_FALSE(access.admits(with_cookie("anatomynet_review_8080=" + access.token())));
  EXPECT_FALSE(access.admits(web_request("GET", "/")));
}

TEST(Access, TwoServersDoNotTakeEachOthersCookies) {
  Access one(60, 8080), other(60, 8081);
  const std::string first = one.redeem(with_token(one.token())),
                    second = other.redeem(with_token(other.token()));
  EXPECT_NE(first.substr(0, first.find('=')), second.substr(0, second.find('=')));
  const http::Request both =
      with_cookie(first.substr(0, first.find(';')) + "; " + second.substr(0, second.find(';')));
  EXPECT_TRUE(one.admits(both));
  EXPECT_TRUE(other.admits(both));
  EXPECT_FALSE(one.admits(with_cookie(second.substr(0, second.find(';')))));
}

TEST(Access, TokensExpire) {
  Access access(0.01, 8080);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  EXPECT_EQ(access.redeem(with_token(access.token())), "");
  EXPECT_TRUE(access.is_over());
}

TEST(Access, EndsSomeSecondsAfterThePageLeft) {
  Access access(60, 8080);
  EXPECT_FALSE(access.is_over());
  access.redeem(with_token(access.token()));
  EXPECT_FALSE(access.is_over());
  access.left();
  EXPECT_FALSE(access.is_over());  // it may be loaded anew
  access.seen();
  std::this_thread::sleep_for(std::chrono::duration<double>(Access::after_left_s + 0.1));
  EXPECT_FALSE(access.is_over());
  access.left();
  std::this_thread::sleep_for(std::chrono::duration<double>(Access::after_left_s + 0.1));
  EXPECT_TRUE(access.is_over());
}

}  // namespace
