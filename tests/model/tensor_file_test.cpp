#include "model/tensor_file.h"

#include <cstring>
#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/refusal.h"
#include "common/temporary_folder.h"
#include "core/memory.h"

namespace anatomynet::model {
namespace {

using nlohmann::json;

template <class T>
NamedTensor tensor(const std::string& name, ElementType type, std::vector<std::int64_t> shape,
                   std::vector<T> values) {
  NamedTensor t{name, type, std::move(shape), {}};
  t.bytes.resize(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(t.bytes.data(), values.data(), t.bytes.size());
  return t;
}

TensorFile sample() {
  TensorFile file;
  file.metadata = {{"format", "pt"}, {"note", "\"quoted\"\nJunge, Männer, 中"}};
  file.tensors = {
      tensor<float>("z.weight", ElementType::float32, {2, 1, 3}, {1.5f, -2, 0, 1e-40f, 3e38f, -0.0f}),
      tensor<std::int64_t>("a/count", ElementType::int64, {}, {-7}),
      tensor<double>("doubles", ElementType::float64, {1}, {1.0 / 3}),
      tensor<std::int16_t>("shorts", ElementType::int16, {3}, {-32768, 0, 32767}),
      tensor<std::uint8_t>("bytes", ElementType::uint8, {5}, {0, 1, 2, 254, 255})};
  return file;
}

// A file from its parts, as another program would write it.
std::string assembled(const std::string& header, const std::string& data) {
  const std::uint64_t size = header.size();
  return std::string(reinterpret_cast<const char*>(&size), 8) + header + data;
}

json entry(const std::string& dtype, json shape, json offsets) {
  return {{"dtype", dtype}, {"shape", std::move(shape)}, {"data_offsets", std::move(offsets)}};
}

class TensorFiles : public testing::Test {
 protected:
  void expect_damaged(const std::string& bytes, const std::string& part) {
    test::write_bytes(path_, bytes);
    test::expect_refused(ErrorKind::model, {path_.string() + ": ", part}, [&] { read_tensor_file(path_); });
  }
  void expect_damaged(const json& header, const std::string& data, const std::string& part) {
    expect_damaged(assembled(header.dump(), data), part);
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "weights.safetensors";
};

TEST_F(TensorFiles, ComeBackAsTheyWere) {
  const TensorFile out = sample();
  write_tensor_file(path_, out);
  const TensorFile in = read_tensor_file(path_);
  EXPECT_EQ(in.metadata, out.metadata);
  ASSERT_EQ(in.tensors.size(), out.tensors.size());
  for (std::size_t i = 0; i < in.tensors.size(); ++i) {
    EXPECT_EQ(in.tensors[i].name, out.tensors[i].name);
    EXPECT_EQ(in.tensors[i].type, out.tensors[i].type);
    EXPECT_EQ(in.tensors[i].shape, out.tensors[i].shape);
    EXPECT_EQ(in.tensors[i].bytes, out.tensors[i].bytes);
  }
  EXPECT_EQ(in.find("a/count")->count(), 1);
  EXPECT_EQ(in.find("a/coun"), nullptr);
}

TEST_F(TensorFiles, EmptyTensorsAndNoTensors) {
  TensorFile file;
  file.tensors = {tensor<float>("b", ElementType::float32, {0, 4}, {}),
                  tensor<float>("a", ElementType::float32, {1}, {2}),
                  tensor<float>("z", ElementType::float32, {3, 0}, {}),
                  tensor<float>("c", ElementType::float32, {1}, {3})};
  write_tensor_file(path_, file);
  EXPECT_EQ(read_tensor_file(path_).find("z")->shape, (std::vector<std::int64_t>{3, 0}));
  EXPECT_EQ(read_tensor_file(path_).tensors.size(), 4u);
  write_tensor_file(path_, {});
  EXPECT_TRUE(read_tensor_file(path_).tensors.empty());
}

// Python's json and struct modules know nothing of our writer.
TEST_F(TensorFiles, AreReadAlikeByAnIndependentReader) {
  if (std::system("python3 -c '' 2>/dev/null") != 0)
    GTEST_SKIP() << "python3 is not installed: nothing to compare with";
  write_tensor_file(path_, sample());
  test::write_bytes(folder_ / "read.py", R"(
import json, struct, sys
data = open(sys.argv[1], 'rb').read()
(n,) = struct.unpack_from('<Q', data)
assert n % 8 == 0, n
header = json.loads(data[8:8 + n])
body = data[8 + n:]
print(json.dumps(header.pop('__metadata__'), sort_keys=True))
codes = {'F32': 'f', 'F64': 'd', 'I16': 'h', 'I64': 'q', 'U8': 'B'}
end = 0
for name, e in header.items():
    assert e['data_offsets'][0] == end, name
    end = e['data_offsets'][1]
    code = codes[e['dtype']]
    count = (end - e['data_offsets'][0]) // struct.calcsize(code)
    print(name, e['shape'], struct.unpack_from('<%d%s' % (count, code), body, e['data_offsets'][0]))
assert end == len(body)
)");
  const auto printed = folder_ / "printed";
  ASSERT_EQ(std::system(("python3 " + (folder_ / "read.py").string() + " " + path_.string() + " > " +
                         printed.string())
                            .c_str()),
            0);
  EXPECT_EQ(test::read_bytes(printed),
            "{\"format\": \"pt\", \"note\": \"\\\"quoted\\\"\\nJunge, M\\u00e4nner, \\u4e2d\"}\n"
            "z.weight [2, 1, 3] (1.5, -2.0, 0.0, 9.99994610111476e-41, 3.0000000054977558e+38, -0.0)\n"
            "a/count [] (-7,)\n"
            "doubles [1] (0.3333333333333333,)\n"
            "shorts [3] (-32768, 0, 32767)\n"
            "bytes [5] (0, 1, 2, 254, 255)\n");
}

TEST_F(TensorFiles, AreRefusedTruncatedAnywhere) {
  write_tensor_file(path_, sample());
  const std::string whole = test::read_bytes(path_);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    test::write_bytes(path_, whole.substr(0, n));
    test::expect_refused(ErrorKind::model, {path_.string() + ": "}, [&] { read_tensor_file(path_); });
    ASSERT_FALSE(HasFailure()) << n << " of " << whole.size() << " bytes";
  }
}

TEST_F(TensorFiles, NeverCrashOnADamagedByte) {
  write_tensor_file(path_, sample());
  const std::string whole = test::read_bytes(path_);
  const std::size_t header = whole.size() - 24 - 8 - 8 - 6 - 5;
  int accepted = 0;
  for (std::size_t i = 0; i < header; ++i) {
    std::string bytes = whole;
    bytes[i] = static_cast<char>(bytes[i] ^ (1 << i % 8));
    test::write_bytes(path_, bytes);
    try {
      read_tensor_file(path_);  // a changed name is a valid file
      ++accepted;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::model);
    }
  }
  EXPECT_LT(accepted, static_cast<int>(header));
}

TEST_F(TensorFiles, HeaderLengthsThatLie) {
  write_tensor_file(path_, sample());
  const std::string whole = test::read_bytes(path_);
  std::uint64_t size = 0;
  std::memcpy(&size, whole.data(), 8);
  for (const std::uint64_t lie :
       {std::uint64_t{0}, std::uint64_t{1}, size - 1, size + 1, size + 8, std::uint64_t{1} << 26,
        std::uint64_t{1} << 40, std::numeric_limits<std::uint64_t>::max(),
        std::numeric_limits<std::uint64_t>::max() - 7}) {
    std::string bytes = whole;
    std::memcpy(bytes.data(), &lie, 8);
    expect_damaged(bytes, "");
    ASSERT_FALSE(HasFailure()) << lie;
  }
}

TEST_F(TensorFiles, BytesThatBelongToNoTensor) {
  write_tensor_file(path_, sample());
  expect_damaged(test::read_bytes(path_) + "x", "1 bytes too long");
  const std::string data(16, 'd');
  expect_damaged({{"a", entry("F32", {2}, {0, 8})}}, data, "8 bytes too long");
  expect_damaged({{"a", entry("F32", {2}, {8, 16})}}, data, "tensor a overlaps another or leaves a gap");
  expect_damaged({{"a", entry("F32", {2}, {0, 8})}, {"b", entry("F32", {1}, {12, 16})}}, data, "tensor b");
  expect_damaged({{"a", entry("F32", {2}, {0, 8})}, {"b", entry("F32", {3}, {4, 16})}}, data, "tensor b");
  expect_damaged({{"a", entry("F32", {4}, {0, 16})}, {"b", entry("F32", {4}, {0, 16})}}, data, "tensor b");
}

TEST_F(TensorFiles, EntriesThatCannotBe) {
  const std::string data(16, 'd');
  expect_damaged({{"layer1", entry("BF16", {8}, {0, 16})}}, data, "tensor layer1 has element type BF16");
  expect_damaged({{"a", entry("F32", {3}, {0, 16})}}, data, "its shape does not fit");
  expect_damaged({{"a", entry("F32", {4}, {16, 0})}}, data, "damaged offsets");
  expect_damaged({{"a", entry("F32", {4}, {0, 16, 32})}}, data, "damaged offsets");
  expect_damaged({{"a", entry("F32", {4}, json::array())}}, data, "damaged offsets");
  expect_damaged({{"a", entry("F32", {5}, {0, 20})}}, data, "truncated: tensor a ends at byte 20");
  expect_damaged({{"a", entry("F32", {-4}, {0, 16})}}, data, "tensor a: shape holds -4");
  expect_damaged({{"a", entry("F32", {-2, -2}, {0, 16})}}, data, "tensor a: shape holds -2");
  expect_damaged({{"a", entry("F32", {4.5}, {0, 16})}}, data, "tensor a: shape holds 4.5");
  expect_damaged({{"a", entry("F32", {4}, {0, -16})}}, data, "tensor a: data_offsets holds -16");
  expect_damaged({{"a", entry("F32", {4}, {0, 1e300})}}, data, "tensor a: data_offsets holds");
  expect_damaged({{"a", entry("F32", 4, {0, 16})}}, data, "tensor a: shape is no list");
  // 2^62 * 4 * 4 wraps to 0, (2^32 + 1)^2 * 4 to 2^33 + 4.
  const std::int64_t huge = std::int64_t{1} << 62;
  expect_damaged({{"a", entry("F32", {huge, 4}, {0, 0})}}, "", "impossible shape");
  expect_damaged({{"a", entry("U8", {0xffffffffffffffffull}, {0, 16})}}, data, "impossible shape");
  expect_damaged({{"a", entry("F32", {(1ll << 32) + 1, (1ll << 32) + 1}, {0, 16})}}, data,
                 "impossible shape");
  for (const char* key : {"dtype", "shape", "data_offsets"}) {
    json e = entry("F32", {4}, {0, 16});
    e.erase(key);
    expect_damaged({{"a", e}}, data, "header is damaged");
  }
  expect_damaged({{"a", "text"}}, data, "header is damaged");
  expect_damaged({{"__metadata__", {{"n", 1}}}}, "", "header is damaged");
}

// Entries that all claim the whole file must not be given memory before they are found to overlap.
TEST_F(TensorFiles, OverlapsTakeNoMemory) {
  json header;
  for (int i = 0; i < 2000; ++i) header["tensor" + std::to_string(i)] = entry("U8", {1 << 20}, {0, 1 << 20});
  const std::int64_t before = peak_memory();
  expect_damaged(header, std::string(1 << 20, 'd'), "overlaps");  // 2 GB if it did
  EXPECT_LT(peak_memory() - before, 200 << 20);
}

TEST_F(TensorFiles, WhatIsNoJson) {
  for (const char* header :
       {"not json", "{\"a\":", "[1,2]", "[]", "12", "null", "\"text\"", "{} {}", "\xff\xfe{}"})
    expect_damaged(assembled(header, ""), "");
  expect_damaged(assembled("{\"a\xff\": {}}", ""), "header is damaged");
  expect_damaged(assembled(std::string(100000, '['), ""), "header is damaged");
}

TEST_F(TensorFiles, WhatIsNoFile) {
  test::expect_refused(ErrorKind::model, {path_.string(), "cannot be opened"},
                       [&] { read_tensor_file(path_); });
  test::expect_refused(ErrorKind::model, {folder_.path().string(), "is a folder"},
                       [&] { read_tensor_file(folder_.path()); });
  expect_damaged("", "holds 0 bytes");
}

TEST_F(TensorFiles, AppearWholeOrNotAtAll) {
  write_tensor_file(path_, sample());
  const std::string before = test::read_bytes(path_);
  test::expect_refused(ErrorKind::output, {"absent"},
                       [&] { write_tensor_file(folder_ / "absent/weights", sample()); });
  // A reader that has the old file open keeps it: the new one is another file under the same name.
  std::ifstream reader(path_, std::ios::binary);
  write_tensor_file(path_, {});
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(reader), {}), before);
  EXPECT_NE(test::read_bytes(path_), before);
  int files = 0;
  for (const auto& found : std::filesystem::directory_iterator(folder_.path()))
    files += found.is_regular_file();
  EXPECT_EQ(files, 1);
}

}  // namespace
}  // namespace anatomynet::model
