#include "core/manifest.h"

#include <gtest/gtest.h>

#include "common/temporary_folder.h"
#include "core/output.h"
#include "core/sha256.h"

namespace anatomynet::core {
namespace {

namespace fs = std::filesystem;
using test::write_bytes;
using Names = std::vector<std::string>;

std::string sha256(const std::string& text) {
  Sha256 hash;
  hash.add(text);
  return hash.hex();
}

// FIPS 180-4's examples, as NIST publishes them.
TEST(Sha256, GivesTheStandardsExamples) {
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PartsAreTheWholeAndFieldsAreKeptApart) {
  Sha256 parts, fields, other;
  parts.add("a");
  parts.add("bc");
  EXPECT_EQ(parts.hex(), sha256("abc"));
  fields.add_field("a");
  fields.add_field("bc");
  other.add_field("ab");
  other.add_field("c");
  EXPECT_NE(fields.hex(), other.hex());
}

TEST(Sha256, FilesThatCannotBeReadHaveNone) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(digest_of(folder / "absent"), FileDigest{});
  EXPECT_EQ(digest_of(folder.path()).sha256, "");
  write_bytes(folder / "abc", "abc");
  EXPECT_EQ(digest_of(folder / "abc"), (FileDigest{3, sha256("abc")}));
}

class Manifests : public testing::Test {
 protected:
  void SetUp() override {
    OutputFolder out(path_);
    write_bytes(out.stage("labels"), "labels");
    write_bytes(out.stage("masks/Parotid_L"), "mask");
    out.commit({"model-1", "key"});
  }
  ManifestChanges changes() const { return changes_since(path_, read_manifest(path_).value()); }
  test::TemporaryFolder folder_;
  fs::path path_ = folder_ / "out";
};

TEST_F(Manifests, NameWhatWasWritten) {
  const Manifest manifest = read_manifest(path_).value();
  EXPECT_EQ(manifest.facts.model, "model-1");
  EXPECT_EQ(manifest.facts.key, "key");
  ASSERT_EQ(manifest.files.size(), 2u);
  EXPECT_EQ(manifest.files.at("masks/Parotid_L"), (FileDigest{4, sha256("mask")}));
  EXPECT_TRUE(changes().none());
}

TEST_F(Manifests, SeeFilesThatAreGoneOrChanged) {
  write_bytes(path_ / "theirs", "not ours");
  EXPECT_TRUE(changes().none());
  write_bytes(path_ / "labels", "Labels");  // as long as before
  EXPECT_EQ(changes().changed, Names{"labels"});
  write_bytes(path_ / "labels", "label");
  EXPECT_EQ(changes().changed, Names{"labels"});
  fs::remove(path_ / "labels");
  EXPECT_EQ(changes().missing, Names{"labels"});
  fs::create_directory(path_ / "labels");
  EXPECT_EQ(changes().changed, Names{"labels"});
  fs::remove_all(path_ / "masks");
  EXPECT_EQ(changes().missing, Names{"masks/Parotid_L"});
}

TEST_F(Manifests, ThatAreDamagedCountForNothing) {
  const std::string whole = test::read_bytes(path_ / "manifest.json");
  for (const std::string& text :
       {std::string(), whole.substr(0, whole.size() / 2), std::string("[]"), std::string("{}"),
        std::string("7"), std::string(R"({"files": {"../../x": {"bytes": 1, "sha256": ""}}})"),
        std::string(R"({"files": {"a": {"bytes": -1, "sha256": 5}}})"),
        std::string(R"({"files": 3, "key": 4})")}) {
    write_bytes(path_ / "manifest.json", text);
    EXPECT_FALSE(read_manifest(path_)) << text;
  }
  fs::remove(path_ / "manifest.json");
  EXPECT_FALSE(read_manifest(path_));
}

}  // namespace
}  // namespace anatomynet::core
