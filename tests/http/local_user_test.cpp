#include "http/local_user.h"

#include <gtest/gtest.h>

namespace {

using namespace anatomynet;
using namespace anatomynet::http;

TEST(LocalUser, IsWhoHoldsTheOtherEnd) {
  const std::string head =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n";
  const auto row = [](const std::string& ends, const std::string& state, const std::string& user_inode) {
    return "   0: " + ends + ' ' + state + " 00000000:00000000 00:00000000 00000000 " + user_inode +
           " 1 0000000000000000\n";
  };
  const std::string other = row("0100007F:1F90 0100007F:C001", "01", "  104        0 777");
  const std::string mine = row("0100007F:C001 0100007F:1F90", "01", " 1000        0 778");
  EXPECT_EQ(user_id_in(head + other + mine, "127.0.0.1", 0xC001, "127.0.0.1", 8080), 1000);
  EXPECT_EQ(user_id_in(head + other, "127.0.0.1", 0xC001, "127.0.0.1", 8080), -1);
  EXPECT_EQ(user_id_in(head + mine, "127.0.0.2", 0xC001, "127.0.0.1", 8080), -1);
  // What a process closed at once is shown as root's.
  const std::string closed = row("0100007F:C001 0100007F:1F90", "05", "    0        0 0");
  EXPECT_EQ(user_id_in(head + closed, "127.0.0.1", 0xC001, "127.0.0.1", 8080), -1);
  const std::string orphan = row("0100007F:C001 0100007F:1F90", "01", "    0        0 0");
  EXPECT_EQ(user_id_in(head + orphan, "127.0.0.1", 0xC001, "127.0.0.1", 8080), -1);
  EXPECT_EQ(user_id_in("", "127.0.0.1", 1, "127.0.0.1", 2), -1);
  EXPECT_EQ(user_id_in(head + mine, "no address", 0xC001, "127.0.0.1", 8080), -1);
}

}  // namespace
