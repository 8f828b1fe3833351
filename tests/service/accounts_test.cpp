#include <fstream>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"
#include "service/accounts/accounts_file.h"

namespace {

using namespace anatomynet;
using namespace anatomynet::service;
using test::expect_refused;
using test::TemporaryFolder;

const std::string word = "correct horse battery";

const std::string& hash() {
  static const std::string made = hash_password(word);
  return made;
}

TEST(Roles, EachMayWhatThoseBeforeItMay) {
  const Role all[] = {Role::send, Role::view, Role::review, Role::administer};
  const bool expected[4][4] = {{true, false, false, false},
                               {false, true, false, false},
                               {false, true, true, false},
                               {true, true, true, true}};
  for (const Role role : all) {
    EXPECT_EQ(role_of(to_text(role)), role);
    for (const Role needed : all)
      EXPECT_EQ(may(role, needed), expected[int(role)][int(needed)])
          << to_text(role) << ' ' << to_text(needed);
  }
  EXPECT_FALSE(role_of("root"));
  EXPECT_FALSE(role_of(""));
}

TEST(Password, HashHasASaltAndACost) {
  EXPECT_TRUE(hash().starts_with("$argon2id$v=19$m=65536,t=2,p=1$")) << hash();
  EXPECT_NE(hash(), hash_password(word));
  EXPECT_TRUE(is_password_hash(hash()));
  EXPECT_TRUE(fits(hash(), word));
  for (const std::string& other : {word + "x", word.substr(1), std::string(), std::string(1 << 20, 'x')})
    EXPECT_FALSE(fits(hash(), other));
  std::string cheap = hash();
  cheap.replace(cheap.find("m=65536"), 7, "m=8");
  for (const std::string& other : {std::string("secret"), std::string("$argon2id$"), hash().substr(0, 40),
                                   std::string(), cheap, hash() + '\0'})
    EXPECT_FALSE(is_password_hash(other)) << other;
  expect_refused(ErrorKind::usage, {"12 to 1000 bytes", "has 5"}, [] { hash_password("short"); });
  expect_refused(ErrorKind::usage, {"12 to 1000"}, [] { hash_password(std::string(1001, 'x')); });
}

class AccountsTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_ / "accounts";
  Messages messages_;

  void write(const std::string& text, unsigned mode = 0600) {
    std::ofstream(file_) << text;
    std::filesystem::permissions(file_, std::filesystem::perms(mode));
  }
  std::string line(const std::string& name, const std::string& role = "view") const {
    return name + ':' + role + ':' + hash() + '\n';
  }
  void add(const std::string& name) {
    change_accounts(file_, [&](AccountList& all) { all.push_back({name, Role::review, hash()}); });
  }
};

TEST_F(AccountsTest, AreWrittenAndReadBack) {
  add("anna");
  add("b.o-b_2");
  EXPECT_EQ(std::filesystem::status(file_).permissions(), std::filesystem::perms(0600));
  const AccountList all = read_accounts(file_);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].name, "b.o-b_2");
  EXPECT_EQ(all[0].role, Role::review);
  EXPECT_TRUE(find_account(all, "anna"));
  EXPECT_FALSE(find_account(all, "Anna"));
  EXPECT_FALSE(find_account(all, ""));
}

TEST_F(AccountsTest, ManyProcessesAtOnceLoseNothing) {
  std::vector<std::thread> threads;
  for (int k = 0; k < 8; ++k) threads.emplace_back([this, k] { add("name" + std::to_string(k)); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(read_accounts(file_).size(), 8U);
}

TEST_F(AccountsTest, FaultsAreRefused) {
  const auto refused = [&](const std::string& text, std::initializer_list<std::string> parts) {
    write(text);
    expect_refused(ErrorKind::usage, parts, [&] { read_accounts(file_); });
  };
  refused(line("anna") + "anna\n", {"accounts:2", "NAME:ROLE:HASH"});
  refused(line("anna") + "\n", {"accounts:2", "NAME:ROLE:HASH"});
  refused(line("anna", "root"), {"accounts:1", "view, review, administer"});
  refused(line("a b"), {"accounts:1", "letters"});
  refused(line(std::string(33, 'a')), {"accounts:1", "1 to 32"});
  refused(line("anna") + line("anna"), {"accounts:2", "comes twice"});
  refused("anna:view:secret\n", {"accounts:1", "hash"});
  write(line("anna"), 0640);
  expect_refused(ErrorKind::usage, {"chmod 600"}, [&] { read_accounts(file_); });
  expect_refused(ErrorKind::usage, {"accounts add"}, [&] { read_accounts(folder_ / "none"); });
  expect_refused(ErrorKind::usage, {"file of accounts"}, [&] { read_accounts("/dev/null"); });
  write("");
  expect_refused(ErrorKind::usage, {"has no account"}, [&] { Accounts(file_, messages_); });
}

TEST_F(AccountsTest, ChangesCountAtOnceAndFaultsKeepEverybodyOut) {
  add("anna");
  Accounts accounts(file_, messages_);
  EXPECT_EQ(accounts.now()->size(), 1U);
  add("bob");
  EXPECT_EQ(accounts.now()->size(), 2U);
  std::filesystem::permissions(file_, std::filesystem::perms(0644));
  EXPECT_TRUE(accounts.now()->empty());
  std::filesystem::permissions(file_, std::filesystem::perms(0600));
  EXPECT_EQ(accounts.now()->size(), 2U);
  std::filesystem::remove(file_);
  EXPECT_TRUE(accounts.now()->empty());
}

}  // namespace
