#include "dataset/packed_file.h"

#include <cstring>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/refusal.h"
#include "common/temporary_folder.h"
#include "core/memory.h"
#include "dataset/ct_codec.h"
#include "model/tensor_file.h"

namespace anatomynet::dataset {
namespace {

PackedDescription two_organs() {
  return {{standard_organs()[0], standard_organs()[5]}, {-200, 1400, {3, 2.5, 2}}, "set", "nobody"};
}

PreparedCase small_case(const std::string& id, const Size3& size = {7, 6, 5}) {
  const Grid grid{.size = size, .spacing = {3, 2.5, 2}, .origin = {1.0 / 3, -2, 7}};
  PreparedCase c{id, CtVolume(grid), LabelVolume(grid), {0, 1.5f, 0}, LabelVolume(grid), {1}};
  for (std::size_t i = 0; i < c.image.voxels.size(); ++i) {
    c.image.voxels[i] = static_cast<std::int16_t>(int(i * 7919 % 400) - 200 + int(id.size()));
    c.labels.voxels[i] = c.truth.voxels[i] = i % 11 == 0 ? 1 + i % 2 : 0;
  }
  return c;
}

class PackedFiles : public testing::Test {
 protected:
  void write() {
    PackedWriter writer(two_organs());
    writer.add(small_case("a"), false);
    writer.add(small_case("bb", {3, 9, 2}), false);
    writer.add(small_case("ccc"), true);
    writer.write(path_);
  }
  void refused(std::initializer_list<std::string> parts) {
    test::expect_refused(ErrorKind::input, {path_.string()}, [&] { PackedFile{path_}; });
    test::expect_refused(ErrorKind::input, parts, [&] { PackedFile{path_}; });
  }
  // Changes the description and makes its checksum right again.
  template <class Spoil>
  void expect_damaged(std::initializer_list<std::string> parts, Spoil spoil) {
    write();
    model::TensorFile file = model::read_tensor_file(path_);
    nlohmann::json j = nlohmann::json::parse(file.metadata.at("anatomynet_set"));
    spoil(file, j);
    file.metadata["anatomynet_set"] = j.dump();
    file.metadata["anatomynet_set_crc32"] = crc(j.dump());
    model::write_tensor_file(path_, file);
    refused(parts);
  }
  // CRC-32 of ISO 3309, bit by bit: an oracle for zlib's.
  static std::string crc(const std::string& bytes) {
    std::uint32_t c = 0xffffffff;
    for (const char b : bytes) {
      c ^= static_cast<unsigned char>(b);
      for (int k = 0; k < 8; ++k) c = c & 1 ? c >> 1 ^ 0xedb88320 : c >> 1;
    }
    char text[12];
    std::snprintf(text, sizeof text, "%08x", c ^ 0xffffffff);
    return text;
  }
  static void put(model::TensorFile& file, nlohmann::json& c, const std::string& part,
                  const std::string& bytes) {
    const std::string name = c["id"].get<std::string>() + "/" + part;
    for (model::NamedTensor& t : file.tensors)
      if (t.name == name) {
        t.shape = {static_cast<std::int64_t>(bytes.size())};
        t.bytes.resize(bytes.size());
        std::memcpy(t.bytes.data(), bytes.data(), bytes.size());
      }
    c["crc32"][part] = crc(bytes);
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "set.safetensors";
};

TEST_F(PackedFiles, ComeBackAsTheyWere) {
  write();
  const PackedFile file(path_);
  EXPECT_EQ(file.ids(false), (std::vector<std::string>{"a", "bb"}));
  EXPECT_EQ(file.ids(true), (std::vector<std::string>{"ccc"}));
  EXPECT_EQ(file.about().description, "set");
  for (int again = 0; again < 2; ++again) {
    const PreparedCase c = file.read(false, 1), out = small_case("bb", {3, 9, 2});
    EXPECT_EQ(c.id, "bb");
    EXPECT_EQ(c.image.voxels, out.image.voxels);
    EXPECT_EQ(c.labels.voxels, out.labels.voxels);
    EXPECT_EQ(c.truth.voxels, out.truth.voxels);
    EXPECT_EQ(c.annotated, out.annotated);
    EXPECT_EQ(c.partial_extent, std::vector<std::uint8_t>{1});
    EXPECT_TRUE(same_grid(c.image.grid, out.image.grid, 0));
    EXPECT_EQ(c.image.grid.origin, out.image.grid.origin);
  }
}

TEST_F(PackedFiles, TakeEachIdOnce) {
  PackedWriter writer(two_organs());
  writer.add(small_case("a"), false);
  test::expect_refused(ErrorKind::input, {"case a"}, [&] { writer.add(small_case("a"), true); });
}

TEST_F(PackedFiles, RefuseEveryCut) {
  write();
  const std::string good = test::read_bytes(path_);
  for (std::size_t n = 0; n < good.size(); n += n < good.size() - 40 ? 13 : 1) {
    test::write_bytes(path_, good.substr(0, n));
    refused({});
  }
  test::write_bytes(path_, good + "x");
  refused({"too long"});
}

TEST_F(PackedFiles, RefuseEveryChangedBit) {
  write();
  const std::string good = test::read_bytes(path_);
  std::uint64_t header = 0;
  std::memcpy(&header, good.data(), sizeof header);
  const std::size_t data = 8 + header, padding = good.find_last_not_of(' ', data - 1) + 1;
  ASSERT_LT(data - padding, 8u);
  for (std::size_t i = 0; i < good.size() * 8; i += 5) {
    std::string bad = good;
    bad[i / 8] = static_cast<char>(bad[i / 8] ^ (1 << i % 8));
    test::write_bytes(path_, bad);
  }
}

TEST_F(PackedFiles, RefuseWhatDoesNotFit) {
  using nlohmann::json;
  expect_damaged({"format 4"}, [](model::TensorFile&, json& j) { j["format"] = 4; });
  expect_damaged({"format 0"}, [](model::TensorFile&, json& j) { j["format"] = 0; });
  expect_damaged({"damaged"}, [](model::TensorFile&, json& j) { j["format"] = "two"; });
  expect_damaged({"damaged"}, [](model::TensorFile&, json& j) { j.erase("organs"); });
  expect_damaged({"damaged"}, [](model::TensorFile&, json& j) { j["training"][0].erase("crc32"); });
  expect_damaged({"case a", "labels", "checksum"},
                 [](model::TensorFile&, json& j) { j["training"][0]["crc32"].erase("labels"); });
  expect_damaged({"a", "twice"},
                 [](model::TensorFile&, json& j) { j["validation"].push_back(j["training"][0]); });
  expect_damaged({"case zz", "no image"}, [](model::TensorFile&, json& j) { j["training"][0]["id"] = "zz"; });
  expect_damaged({"case a", "annotated"}, [](model::TensorFile&, json& j) {
    j["training"][0]["annotated"] = {1, 1};
  });
  expect_damaged({"case a", "annotated"}, [](model::TensorFile&, json& j) {
    j["training"][0]["annotated"] = {0, 1, -0.5};
  });
  expect_damaged({"case a", "annotated"}, [](model::TensorFile&, json& j) {
    j["training"][0]["annotated"] = {0, 1, 1e9};
  });
  expect_damaged({"case a", "annotated"}, [](model::TensorFile&, json& j) {  // weights are new in format 3
    j["format"] = 2;
    j["training"][0]["annotated"] = {0, 1, 0.5};
  });
  for (const json& classes : {json{0}, json{3}})
    expect_damaged({"case a", "partial_extent"},
                   [&](model::TensorFile&, json& j) { j["training"][0]["partial_extent"] = classes; });
  expect_damaged({"damaged"},
                 [](model::TensorFile&, json& j) { j["training"][0]["partial_extent"] = {"left"}; });
  expect_damaged({"case a"}, [](model::TensorFile&, json& j) {
    j["training"][0]["grid"]["size"] = {7, 6, 6};
  });
  expect_damaged({"case a", "-7"}, [](model::TensorFile&, json& j) {
    j["training"][0]["grid"]["size"] = {-7, 6, -5};
  });
  expect_damaged({"case a"}, [](model::TensorFile&, json& j) {
    j["training"][0]["grid"]["size"] = {1ull << 40, 1ull << 40, 1ull << 40};
  });
  expect_damaged({"case a", "spacing"}, [](model::TensorFile&, json& j) {
    j["training"][0]["grid"]["spacing"] = {3, 0, 2};
  });
  expect_damaged({"case ccc", "truth"}, [](model::TensorFile& f, json& j) {
    put(f, j["validation"][0], "truth", compress_bytes(std::vector<std::uint8_t>(7 * 6 * 5, 3)));
  });
  expect_damaged({"case a", "image"}, [](model::TensorFile& f, json&) {
    f.tensors[0].shape = {1, f.tensors[0].count()};
  });
}

// A file of a few kB that says it holds a case of many GB, and one whose stream is far longer than its case.
TEST_F(PackedFiles, RefuseBombs) {
  using nlohmann::json;
  const std::string zeros = compress_bytes(std::vector<std::uint8_t>(64 << 20));
  const std::int64_t before = peak_memory();
  for (const char* part : {"image", "labels"})
    expect_damaged({"case a"}, [&](model::TensorFile& f, json& j) { put(f, j["training"][0], part, zeros); });
  expect_damaged({"case a"}, [&](model::TensorFile& f, json& j) {
    put(f, j["training"][0], "image", zeros);
    j["training"][0]["grid"]["size"] = {4096, 4096, 4096};
  });
  EXPECT_LT(peak_memory() - before, 32 << 20);
}

TEST_F(PackedFiles, RefuseWhatIsNoFile) {
  test::expect_refused(ErrorKind::input, {path_.string(), "opened"}, [&] { PackedFile{path_}; });
  test::expect_refused(ErrorKind::input, {folder_.path().string(), "no file"},
                       [&] { PackedFile{folder_.path()}; });
  test::write_bytes(path_, "");
  refused({"0 bytes"});
}

}  // namespace
}  // namespace anatomynet::dataset
