#include "service/node_config.h"

#include <gtest/gtest.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"

namespace {

using namespace anatomynet;
using namespace anatomynet::service;
using test::expect_refused;

NodeConfig read(const std::string& text) {
  const test::TemporaryFolder folder;
  test::write_bytes(folder / "node.toml", text);
  return read_node_config(folder / "node.toml");
}

const std::string least = "[store]\nfolder = \"kept\"\n[[dicom.peer]]\nae_title = \"SCANNER\"\n";

TEST(NodeConfig, LeastOneHasDefaults) {
  const NodeConfig config = read(least);
  EXPECT_EQ(config.store.filename(), "kept");
  EXPECT_TRUE(config.store.is_absolute());
  EXPECT_EQ(config.dicom.port, 11112);
  EXPECT_EQ(config.dicom.associations, 50);
  EXPECT_FALSE(config.dicom.store_other);
  ASSERT_EQ(config.dicom.peers.size(), 1U);
  EXPECT_EQ(config.dicom.peers[0].ae_title, "SCANNER");
  EXPECT_TRUE(config.destinations.empty());
}

TEST(NodeConfig, AllTablesAreRead) {
  const NodeConfig config = read(
      "[store]\nfolder = \"/var/x\"\nmin_free_mb = 100\n[dicom]\nae_title = \"AN\"\nport = "
      "104\nother_classes = "
      "\"store\"\n[[dicom.peer]]\nae_title = \"S 1\"\naddresses = [\"10.0.0.0/8\"]\n[complete]\nquiet_s = "
      "2.5\n[contour]\nprocesses = 2\nmemory_mb = 8000\n[[destination]]\nname = \"tps\"\nhost = "
      "\"tps\"\nae_title = "
      "\"TPS\"\nsend = [\"RTSTRUCT\", \"SEG\"]\n[[destination]]\nname = \"share\"\nkind = \"folder\"\nfolder "
      "= "
      "\"out\"\n");
  EXPECT_EQ(config.store, "/var/x");
  EXPECT_EQ(config.quiet_s, 2.5);
  EXPECT_EQ(config.processes, 2);
  EXPECT_TRUE(config.dicom.store_other);
  ASSERT_EQ(config.destinations.size(), 2U);
  EXPECT_EQ(config.destinations[0].calling_ae, "AN");
  EXPECT_EQ(config.destinations[0].port, 104);
  EXPECT_EQ(config.destinations[1].kind, "folder");
}

TEST(NodeConfig, HttpIsServedWhereItIsAskedForAndOnThisMachineAlone) {
  EXPECT_FALSE(read(least).has_http);
  const NodeConfig config = read(least + "[http]\n");
  EXPECT_TRUE(config.has_http);
  EXPECT_EQ(config.http.address, "127.0.0.1");
  EXPECT_EQ(config.http.port, 8080);
  EXPECT_TRUE(config.http.users.empty());
  EXPECT_EQ(read(least + "[http]\nhosts = [\"node.hospital:8443\"]\n").http.hosts,
            std::vector<std::string>{"node.hospital:8443"});
}

TEST(NodeConfig, OtherMachinesNeedAccountsAndTls) {
  const NodeConfig config =
      read(least +
           "[http]\naddress = \"10.0.0.1\"\naccounts = \"kept/accounts\"\nsession_s = 60\n"
           "[http.tls]\ncertificate = \"node.pem\"\nkey = \"node.key\"\n");
  EXPECT_TRUE(config.http.uses_tls());
  EXPECT_EQ(config.accounts.filename(), "accounts");
  EXPECT_TRUE(config.accounts.is_absolute());
  EXPECT_EQ(config.session_s, 60);
  EXPECT_EQ(config.session_idle_s, 1800);
  EXPECT_FALSE(read(least + "[http]\n").http.uses_tls());
  EXPECT_TRUE(read(least + "[http]\n").accounts.empty());
}

TEST(NodeConfig, StorageCommitmentIsAskedOfDestinationsThatMayReport) {
  const auto commitment = [](const std::string& peer, const std::string& more) {
    return read("[store]\nfolder = \"kept\"\n[[dicom.peer]]\nae_title = \"" + peer +
                "\"\n[[destination]]\nname = \"a\"\nhost = \"h\"\nae_title = \"PACS\"\n" + more)
        .destinations[0]
        .commitment;
  };
  EXPECT_EQ(commitment("SCANNER", ""), Commitment::no);
  EXPECT_EQ(commitment("PACS", ""), Commitment::offered);
  EXPECT_EQ(commitment("PACS", "storage_commitment = \"no\"\n"), Commitment::no);
  EXPECT_EQ(commitment("PACS", "storage_commitment = \"required\"\n"), Commitment::required);
  expect_refused(ErrorKind::usage, {"node.toml:9", "[[dicom.peer]]", "PACS"},
                 [&] { commitment("SCANNER", "storage_commitment = \"required\"\n"); });
}

TEST(NodeConfig, FaultsNameFileLineAndWhatWasExpected) {
  const auto refused = [](const std::string& more, std::initializer_list<std::string> parts) {
    expect_refused(ErrorKind::usage, parts, [&] { read(more); });
  };
  refused("[store]\nfolder = \"x\"\n", {"node.toml", "no peer may send", "[[dicom.peer]]"});
  refused("[dicom]\nany_peer = true\n", {"node.toml:1", "[store] needs folder"});
  refused("[store]\nfolder = \"x\"\n[dicom]\nport = 70000\nany_peer = true\n",
          {"node.toml:4", "dicom.port", "between 1 and 65535", "70000"});
  refused("[store]\nfolder = \"x\"\n[dicom]\nae_titel = \"A\"\n", {"node.toml:4", "ae_titel", "ae_title?"});
  refused("[store]\nfolder = \"x\"\n[dicom]\nae_title = \"A TITLE THAT IS TOO LONG\"\n",
          {"node.toml:4", "1 to 16 printable"});
  refused("[store]\nfolder = \"x\"\n[dicom]\nother_classes = \"keep\"\n",
          {"node.toml:4", "refuse, store", "keep"});
  refused("[store]\nfolder = \"x\"\n[[dicom.peer]]\nae_title = \"A\"\naddresses = [\"scanner\"]\n",
          {"node.toml:5", "addresses", "10.1.0.0/16", "scanner"});
  refused(least + "[[destination]]\nhost = \"h\"\n", {"node.toml:5", "needs name"});
  refused(least + "[[destination]]\nname = \"a\"\n", {"node.toml:5", "needs host"});
  refused(least + "[[destination]]\nname = \"a\"\nkind = \"folder\"\n", {"node.toml:5", "needs folder"});
  refused(least + "[[destination]]\nname = \"a\"\nhost = \"h\"\nae_title = \"A\"\ntls = true\n",
          {"node.toml:9", "needs [dicom.tls]"});
  refused(least + "[[destination]]\nname = \"a\"\nhost = \"h\"\nae_title = \"A\"\nsend = [\"CT\"]\n",
          {"node.toml:9", "RTSTRUCT or SEG", "CT"});
  const std::string stow = least + "[[destination]]\nname = \"a\"\nkind = \"stow\"\n";
  refused(stow, {"node.toml:5", "needs url"});
  refused(stow + "url = \"pacs\"\n", {"node.toml:8", "http:// or https://"});
  refused(stow + "url = \"https://pacs\"\nuser = \"u\"\n", {"node.toml:9", "go together"});
  refused(stow + "url = \"https://pacs\"\nuser = \"u\"\npassword_file = \"none\"\n",
          {"node.toml:10", "first line is the password"});
  refused(least + "[dicom.tls]\ncertificate = \"c.pem\"\n", {"needs certificate, key and authorities"});
  refused(least + "[http]\naddress = \"0.0.0.0\"\n",
          {"node.toml:6", "http.address", "127.0.0.0/8", "0.0.0.0", "accounts", "[http.tls]", "ssh -L"});
  refused(least + "[http]\naddress = \"127.0.0.1/8\"\n", {"node.toml:6", "IPv4"});
  refused(least + "[http]\naddress = \"localhost\"\n", {"node.toml:6", "IPv4"});
  refused(least + "[http]\nhosts = [\"Node.Hospital\"]\n", {"node.toml:6", "hosts", "Node.Hospital"});
  refused(least + "[http]\nport = 0\n", {"node.toml:6", "http.port", "between 1 and 65535"});
  refused(least + "[http.tls]\ncertificate = \"c.pem\"\n", {"[http.tls] needs certificate and key"});
  const std::string tls = "[http.tls]\ncertificate = \"c\"\nkey = \"k\"\n";
  refused(least + "[http]\naccounts = \"a\"\n", {"node.toml:6", "http.accounts", "[http.tls]"});
  refused(least + "[http]\naddress = \"10.0.0.1\"\n" + tls, {"node.toml:6", "accounts"});
  refused(least + "[http]\naddress = \"10.0.0.1\"\naccounts = \"a\"\n", {"node.toml:7", "[http.tls]"});
  refused(least + "[http]\naddress = \"0.0.0.0\"\naccounts = \"a\"\n" + tls, {"node.toml:6", "needs hosts"});
  refused(least + "[http]\naccounts = \"a\"\nusers = [\"root\"]\n" + tls,
          {"node.toml:7", "http.users", "do not go with accounts"});
  refused(least + "[http]\nsession_idle_s = 0\n", {"node.toml:6", "http.session_idle_s"});
  refused(least + "[watch]\nfirst = 14\n", {"node.toml:6", "watch.first", "between 15 and"});
  refused(least + "[watch]\nbaselin = \"a\"\n", {"node.toml:6", "baselin", "baseline?"});
  refused("destination = 3\n" + least, {"node.toml:1", "[[destination]]"});
}

}  // namespace
