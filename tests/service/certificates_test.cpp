#include "service/certificates/certificates.h"

#include <fstream>

#include <gtest/gtest.h>

#include "common/temporary_folder.h"

namespace {

using namespace anatomynet;
using namespace anatomynet::service;
namespace fs = std::filesystem;

struct Recorded : Messages {
  std::vector<std::string> errors;
  void error(const std::string& text) override { errors.push_back(text); }
};

class CertificatesTest : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  NodeConfig config_ = [this] {
    for (const char* name : {"certificate", "key", "authorities"}) write(name, "first");
    NodeConfig config;
    config.dicom.tls = {folder_ / "certificate", folder_ / "key", folder_ / "authorities"};
    return config;
  }();
  Recorded messages_;
  Certificates certificates_{config_, messages_};
  int renewed_ = 0;
  bool serves_ = true;

  void SetUp() override {
    certificates_.on_change("dicom.tls", [this] {
      if (!serves_) throw Error(ErrorKind::usage, "certificate: is none");
      ++renewed_;
    });
  }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
};

TEST_F(CertificatesTest, FilesAreReadAgainOnceTheyStayAsTheyAre) {
  EXPECT_TRUE(certificates_.look(100).empty());
  write("certificate", "second");
  EXPECT_TRUE(certificates_.look(101).empty());
  write("key", "second");
  EXPECT_TRUE(certificates_.look(102).empty());  // two seconds begin anew
  EXPECT_TRUE(certificates_.look(103.9).empty());
  EXPECT_EQ(renewed_, 0);
  EXPECT_EQ(certificates_.look(104.1), std::vector<std::string>{"dicom.tls"});
  EXPECT_EQ(renewed_, 1);
  EXPECT_TRUE(certificates_.look(200).empty());
  EXPECT_EQ(renewed_, 1);
}

TEST_F(CertificatesTest, WhatDoesNotServeIsSaidAndNotUsed) {
  serves_ = false;
  fs::remove(folder_ / "key");
  certificates_.look(100);
  EXPECT_TRUE(certificates_.look(103).empty());
  ASSERT_EQ(certificates_.states().size(), 1U);
  EXPECT_FALSE(certificates_.states()[0].latest);
  ASSERT_EQ(messages_.errors.size(), 1U);
  EXPECT_NE(messages_.errors[0].find("the ones from before are used: certificate: is none"),
            std::string::npos);
  certificates_.look(110);
  EXPECT_EQ(messages_.errors.size(), 1U) << "said once";

  serves_ = true;
  write("key", "second");
  certificates_.look(120);
  EXPECT_EQ(certificates_.look(123).size(), 1U);
  EXPECT_TRUE(certificates_.states()[0].latest);
}

TEST_F(CertificatesTest, LinksAreFollowed) {
  write("first", "1");
  write("second", "2");
  fs::create_symlink("first", folder_ / "link");
  config_.dicom.tls.certificate = folder_ / "link";
  Certificates certificates(config_, messages_);
  fs::remove(folder_ / "link");
  fs::create_symlink("second", folder_ / "link");
  certificates.look(100);
  EXPECT_EQ(certificates.look(103).size(), 1U);
}

TEST_F(CertificatesTest, WithoutTlsThereIsNothing) {
  Certificates none(NodeConfig{}, messages_);
  EXPECT_TRUE(none.states().empty());
  EXPECT_TRUE(none.look(100).empty());
}

}  // namespace
