#include "service/accounts/sessions.h"

#include <gtest/gtest.h>

#include "service/accounts/sign_in_limits.h"

namespace {

using namespace anatomynet::service;

const Account anna{"anna", Role::review, "hash"};
const AccountList accounts{anna};

TEST(SessionsTest, BelongToTheirSecret) {
  Sessions sessions(1800, 43200);
  const std::string secret = sessions.begin(anna, 0);
  EXPECT_EQ(secret.size(), 64U);
  const auto found = sessions.find(secret, accounts, 10);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "anna");
  EXPECT_EQ(found->role, Role::review);
  EXPECT_EQ(found->token.size(), 64U);
  EXPECT_NE(found->token, secret);
  for (const std::string& other : {secret + "0", secret.substr(1), std::string()})
    EXPECT_FALSE(sessions.find(other, accounts, 10)) << other;
  const std::string second = sessions.begin(anna, 0);
  EXPECT_NE(second, secret);
  EXPECT_NE(sessions.find(second, accounts, 10)->token, found->token);
  sessions.end(second);
  EXPECT_FALSE(sessions.find(second, accounts, 10));
  EXPECT_TRUE(sessions.find(secret, accounts, 10));
}

TEST(SessionsTest, EndWhenIdleAndWhenOld) {
  Sessions sessions(1800, 43200);
  const std::string idle = sessions.begin(anna, 0);
  EXPECT_TRUE(sessions.find(idle, accounts, 1799));
  EXPECT_TRUE(sessions.find(idle, accounts, 1799 + 1799));
  EXPECT_FALSE(sessions.find(idle, accounts, 1799 + 1799 + 1801));
  EXPECT_FALSE(sessions.find(idle, accounts, 1799 + 1799)) << "it is forgotten";
  const std::string polled = sessions.begin(anna, 0);
  EXPECT_TRUE(sessions.find(polled, accounts, 1799, true));
  EXPECT_FALSE(sessions.find(polled, accounts, 1801, true)) << "looking again by itself lengthens nothing";
  const std::string old = sessions.begin(anna, 0);
  for (double now = 0; now <= 43200; now += 900) EXPECT_TRUE(sessions.find(old, accounts, now)) << now;
  EXPECT_FALSE(sessions.find(old, accounts, 43201));
}

TEST(SessionsTest, FollowTheirAccount) {
  Sessions sessions(1800, 43200);
  const auto session_with = [&](const AccountList& present) {
    return sessions.find(sessions.begin(anna, 0), present, 1);
  };
  EXPECT_EQ(session_with({{"anna", Role::view, "hash"}})->role, Role::view);
  EXPECT_FALSE(session_with({{"anna", Role::review, "another"}}));
  EXPECT_FALSE(session_with({{"bob", Role::review, "hash"}}));
  EXPECT_FALSE(session_with({}));
}

TEST(SessionsTest, ManyPushOutTheOneThatIsIdleLongest) {
  Sessions sessions(1800, 43200);
  const std::string first = sessions.begin(anna, 0), second = sessions.begin(anna, 1);
  for (int k = 0; k < 999; ++k) sessions.begin(anna, 2);
  EXPECT_FALSE(sessions.find(first, accounts, 3));
  EXPECT_TRUE(sessions.find(second, accounts, 3));
}

TEST(SignInLimitsTest, ANameWaitsAfterFiveWrongPasswords) {
  SignInLimits limits;
  for (int k = 0; k < 4; ++k) limits.failed("anna", "10.0.0.1", 100);
  EXPECT_FALSE(limits.is_paused("anna", "10.0.0.1", 100));
  limits.failed("anna", "10.0.0.1", 100);
  EXPECT_TRUE(limits.is_paused("anna", "10.0.0.1", 100.9));
  EXPECT_TRUE(limits.is_paused("anna", "10.0.0.2", 100.9)) << "from elsewhere too";
  EXPECT_FALSE(limits.is_paused("bob", "10.0.0.1", 100.9));
  EXPECT_FALSE(limits.is_paused("anna", "10.0.0.1", 101.1));
  limits.failed("anna", "10.0.0.1", 102);
  EXPECT_TRUE(limits.is_paused("anna", "10.0.0.1", 103.9)) << "twice as long";
  for (int k = 0; k < 50; ++k) limits.failed("anna", "10.0.0." + std::to_string(k + 10), 200);
  EXPECT_TRUE(limits.is_paused("anna", "10.0.1.1", 259));
  EXPECT_FALSE(limits.is_paused("anna", "10.0.1.1", 261)) << "nobody keeps anna out for longer";
  limits.succeeded("anna", "10.0.1.1");
  limits.failed("anna", "10.0.1.1", 262);
  EXPECT_FALSE(limits.is_paused("anna", "10.0.1.1", 262)) << "counted anew";
}

TEST(SignInLimitsTest, AnAddressWaitsAfterTwenty) {
  SignInLimits limits;
  for (int k = 0; k < 20; ++k) {
    EXPECT_FALSE(limits.is_paused("x", "10.0.0.9", 100)) << k;
    limits.failed("name " + std::to_string(k), "10.0.0.9", 100);
  }
  EXPECT_TRUE(limits.is_paused("bob", "10.0.0.9", 100.5));
  EXPECT_FALSE(limits.is_paused("bob", "10.0.0.8", 100.5));
  for (int k = 0; k < 40; ++k) limits.failed("other " + std::to_string(k), "10.0.0.9", 100);
  EXPECT_TRUE(limits.is_paused("bob", "10.0.0.9", 999));
  EXPECT_FALSE(limits.is_paused("bob", "10.0.0.9", 1001));
}

TEST(SignInLimitsTest, AFloodOfNamesForgetsNoPause) {
  SignInLimits limits;
  for (int k = 0; k < 30; ++k) limits.failed("anna", "10.0.0.1", 100);
  for (int k = 0; k < 30000; ++k)
    limits.failed("name " + std::to_string(k),
                  "10.1." + std::to_string(k / 250) + '.' + std::to_string(k % 250), 101);
  EXPECT_TRUE(limits.is_paused("anna", "10.0.0.2", 130));
}

}  // namespace
