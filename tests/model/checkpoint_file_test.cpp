#include "model/checkpoint_file.h"

#include <cstring>

#include <gtest/gtest.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"
#include "core/json.h"
#include "model/model_file.h"
#include "model/network_tensors.h"
#include "model/pickle.h"

namespace anatomynet::model {
namespace {

TEST(NetworkTensors, AreThoseOfTheShippedWeights) {
  for (const char* name : {"anatomynet-openkbp", "anatomynet-phantom"}) {
    const Model model = read_model(std::string(ANATOMYNET_SOURCE_DIR "/models/") + name + ".safetensors");
    const auto classes = static_cast<std::int64_t>(model.info.organs.size()) + 1;
    const std::vector<TensorSpec> table = network_tensors(model.info.architecture, classes);
    EXPECT_EQ(table.size(), model.weights.tensors.size());
    for (const TensorSpec& spec : table) {
      const NamedTensor* tensor = model.weights.find(spec.name);
      ASSERT_TRUE(tensor) << spec.name;
      EXPECT_EQ(tensor->shape, spec.shape) << spec.name;
    }
    EXPECT_EQ(architecture_of(model.weights.tensors), model.info.architecture);
  }
}

// Names and shapes that the authors' PyTorch code gave.
TEST(NetworkTensors, AreThoseOfTheAuthorsNetworks) {
  const std::string file = ANATOMYNET_SHARED_DIR "/reference/parity/state_keys.json";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not there";
  const nlohmann::json reference = read_json(file);
  ASSERT_EQ(reference.size(), network_names().size());
  for (const std::string& name : network_names()) {
    std::map<std::string, std::vector<std::int64_t>> expected, got;
    for (const auto& [key, shape] : reference.at(name).at("state").items())
      if (!key.ends_with("num_batches_tracked")) expected[key] = shape.get<std::vector<std::int64_t>>();
    for (const TensorSpec& spec : network_tensors(name, 10)) got[spec.name] = spec.shape;
    EXPECT_EQ(got, expected) << name;
  }
}

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int v : values) text += static_cast<char>(v);
  return text;
}

pickle::Pickle read(const std::string& text) { return pickle::read_pickle(text, "here"); }

void expect_refused(const std::string& text, const std::string& why) {
  test::expect_refused(ErrorKind::model, {"here: its pickle", why}, [&] { read(text); });
}

TEST(Pickle, ReadsNumbersOfEveryWidth) {
  const auto integer = [](const std::string& text) {
    const pickle::Pickle p = read(text + ".");
    EXPECT_EQ(p[p.root].kind, pickle::Kind::integer);
    EXPECT_EQ(p.bytes, text.size() + 1);
    return p[p.root].integer;
  };
  EXPECT_EQ(integer(bytes({'K', 200})), 200);
  EXPECT_EQ(integer(bytes({'M', 1, 2})), 513);
  EXPECT_EQ(integer(bytes({'J', 255, 255, 255, 255})), -1);
  EXPECT_EQ(integer(bytes({0x8a, 1, 0xff})), -1);
  EXPECT_EQ(integer(bytes({0x8a, 2, 0xff, 0})), 255);
  EXPECT_EQ(integer(bytes({0x8a, 0})), 0);
  EXPECT_EQ(integer("I-12\n"), -12);
  EXPECT_EQ(integer("L12L\n"), 12);
}

TEST(Pickle, RefusesWhatDoesNotFitTogether) {
  expect_refused("", "truncated");
  expect_refused("N", "truncated");
  expect_refused(".", "one value");
  expect_refused("NN.", "one value");
  expect_refused("(N.", "one value");
  expect_refused("t.", "no mark");
  expect_refused("(}Nu.", "takes a value that is not there");
  expect_refused("}(Nu.", "key without a value");
  expect_refused("Na.", "not there");
  expect_refused("NNa.", "cannot be changed");
  expect_refused("h\x05.", "never had");
  expect_refused("q\x05.", "not there");
  expect_refused("N)R.", "cannot be called");
  expect_refused("cos\nsystem\n.", "os.system");
  expect_refused("c\nx\n.", ".x");
  expect_refused(bytes({0x80, 9}) + "N.", "newer protocol");
  expect_refused("(ios\nsystem\n.", "instruction 105");
  expect_refused("ccollections\nOrderedDict\nN\x85R.", "something else");
  expect_refused(bytes({'X', 255, 255, 255, 255}), "truncated");
}

// 0.5, -2 and infinity as binary16, bfloat16 and double; 7 and -3 as whole numbers of every width.
TEST(Checkpoints, HoldEveryTypeOfElement) {
  struct Case {
    const char* storage;
    std::string data;
    std::vector<float> floats;
    std::vector<std::int64_t> integers;
  };
  const std::vector<Case> cases{
      {"Half", bytes({0x00, 0x38, 0x00, 0xc0, 0x01, 0x00}), {0.5f, -2, 5.9604645e-8f}, {}},
      {"BFloat16", bytes({0x00, 0x3f, 0x00, 0xc0, 0x80, 0x7f}), {0.5f, -2, INFINITY}, {}},
      {"Double", bytes({0, 0, 0, 0, 0, 0, 0xe0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0}), {0.5f, -2}, {}},
      {"Char", bytes({7, 0xfd}), {}, {7, -3}},
      {"Byte", bytes({7, 0xfd}), {}, {7, 253}},
      {"Short", bytes({7, 0, 0xfd, 0xff}), {}, {7, -3}},
      {"Int", bytes({7, 0, 0, 0, 0xfd, 0xff, 0xff, 0xff}), {}, {7, -3}},
  };
  const test::TemporaryFolder folder;
  for (const Case& c : cases) {
    const std::size_t count = c.floats.size() + c.integers.size();
    const std::string n = bytes({'K', static_cast<int>(count)});
    const auto text = [](const std::string& s) { return bytes({'U', static_cast<int>(s.size())}) + s; };
    std::string file =
        bytes({0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.'});
    file += bytes({0x80, 2, 'M', 0xe9, 3, '.', 0x80, 2, '}', '.', 0x80, 2, '}'}) + text("w") +
            "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\n" + c.storage + "Storage\n" +
            text("0") + text("cpu") + n + "NtQK" + bytes({0}) + n + bytes({0x85, 'K', 1, 0x85, 0x89}) +
            "}tRs.";
    file += bytes({0x80, 2, ']'}) + text("0") + "a." + bytes({static_cast<int>(count), 0, 0, 0, 0, 0, 0, 0}) +
            c.data;
    test::write_bytes(folder / "c.pth", file);
    const std::vector<NamedTensor> tensors = read_pytorch_checkpoint(folder / "c.pth");
    ASSERT_EQ(tensors.size(), 1u);
    EXPECT_EQ(tensors[0].name, "w");
    EXPECT_EQ(tensors[0].shape, std::vector<std::int64_t>{static_cast<std::int64_t>(count)});
    std::vector<float> floats(c.floats.size());
    std::vector<std::int64_t> integers(c.integers.size());
    ASSERT_EQ(tensors[0].bytes.size(), floats.size() * 4 + integers.size() * 8) << c.storage;
    void* to = floats.empty() ? static_cast<void*>(integers.data()) : floats.data();
    std::memcpy(to, tensors[0].bytes.data(), tensors[0].bytes.size());
    EXPECT_EQ(floats, c.floats) << c.storage;
    EXPECT_EQ(integers, c.integers) << c.storage;

    // Every beginning of the file is refused, in words.
    for (std::size_t size = 0; size < file.size(); ++size) {
      test::write_bytes(folder / "c.pth", file.substr(0, size));
      test::expect_refused(ErrorKind::model, {"c.pth"}, [&] { read_pytorch_checkpoint(folder / "c.pth"); });
    }
  }
}

}  // namespace
}  // namespace anatomynet::model
