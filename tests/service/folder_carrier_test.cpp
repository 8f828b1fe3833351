#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/temporary_folder.h"
#include "service/sender/sender.h"

namespace {

using namespace anatomynet;
using namespace anatomynet::service;
namespace fs = std::filesystem;

class FolderCarrierTest : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  StoreFiles files_{folder_ / "store"};
  const DicomTls tls_{TlsConfig{}};
  Destination destination_;
  Delivery delivery_;

  void SetUp() override {
    fs::create_directories(folder_ / "out");
    destination_.kind = "folder";
    destination_.folder = folder_ / "out";
    delivery_.job = 1;
    delivery_.object = {"RTSTRUCT", "1.2.840.10008.5.1.4.1.1.481.3", "2.25.1", "s", "rtstruct.dcm"};
    fs::create_directories(files_.results(1));
    std::ofstream(files_.results(1) / "rtstruct.dcm") << "bytes";
    fs::permissions(files_.results(1) / "rtstruct.dcm", fs::perms(0600));
  }
  SendOutcome send() { return make_carrier(destination_, tls_, files_)->send({delivery_}).at(0); }
};

TEST_F(FolderCarrierTest, AFileIsReadByThoseWhoReadTheFolder) {
  for (const auto& [of_folder, of_file] : {std::pair{0700U, 0600U}, {0750U, 0640U}, {0775U, 0644U}}) {
    fs::permissions(folder_ / "out", fs::perms(of_folder));
    ASSERT_EQ(send(), "");
    struct stat info {};
    ASSERT_EQ(::stat((folder_ / "out" / "RTSTRUCT.2.25.1.dcm").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, of_file);
  }
}

TEST_F(FolderCarrierTest, NothingIsLeftOfAFileThatDoesNotArrive) {
  fs::remove(files_.results(1) / "rtstruct.dcm");
  EXPECT_NE(send(), "");
  EXPECT_TRUE(fs::is_empty(folder_ / "out"));
  fs::remove(folder_ / "out");
  EXPECT_EQ(make_carrier(destination_, tls_, files_)->probe(), "there is no such folder");
}

}  // namespace
