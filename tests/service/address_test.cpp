#include <gtest/gtest.h>

#include "service/node_config.h"

namespace {

using namespace anatomynet::service;

TEST(Address, IsOneOrLiesInANetwork) {
  EXPECT_TRUE(address_matches("10.1.2.3", "10.1.2.3"));
  EXPECT_FALSE(address_matches("10.1.2.4", "10.1.2.3"));
  EXPECT_TRUE(address_matches("10.1.255.3", "10.1.0.0/16"));
  EXPECT_TRUE(address_matches("10.1.255.3", "10.1.7.7/16"));
  EXPECT_FALSE(address_matches("10.2.0.1", "10.1.0.0/16"));
  EXPECT_TRUE(address_matches("203.0.113.9", "0.0.0.0/0"));
  EXPECT_FALSE(address_matches("10.1.2.3", "10.1.2.2/32"));
}

TEST(Address, PatternsAreChecked) {
  for (const char* good : {"127.0.0.1", "10.0.0.0/8", "0.0.0.0/0"})
    EXPECT_TRUE(is_address_pattern(good)) << good;
  for (const char* bad :
       {"", "host", "10.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x", "::1"})
    EXPECT_FALSE(is_address_pattern(bad)) << bad;
}

}  // namespace
