#include "model/model_file.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/refusal.h"
#include "common/temporary_folder.h"
#include "model/organ_json.h"

namespace anatomynet::model {
namespace {

using nlohmann::json;

NamedTensor floats(const std::string& name, const std::vector<float>& values) {
  NamedTensor t{name, ElementType::float32, {static_cast<std::int64_t>(values.size())}, {}};
  t.bytes.resize(values.size() * sizeof(float));
  std::memcpy(t.bytes.data(), values.data(), t.bytes.size());
  return t;
}

ModelInfo sample_info() {
  ModelInfo info;
  info.name = "two-organs";
  info.architecture = "AnatomyNet";
  info.organs = {*find_organ(standard_organs(), 9), {.id = 77, .name = "Larynx", .colour = {1, 2, 3}}};
  info.hu_low = -200.5;
  info.hu_high = 1200;
  info.spacing = Vec3{2, 2.5, 3};
  info.phantom_only = true;
  info.training_data = "3 phantoms";
  info.attribution = "nobody, CC0";
  info.metrics = R"({"validation_dice":{"Larynx":0.5}})";
  info.code_version = "0.1.0";
  return info;
}

class ModelFiles : public testing::Test {
 protected:
  // The sample with its description changed by `spoil`, as a damaged or foreign file.
  template <class Spoil>
  void expect_refused(std::initializer_list<std::string> parts, Spoil spoil) {
    write_model(path_, sample_info(), {floats("w", {1, 2})});
    TensorFile file = read_tensor_file(path_);
    json description = json::parse(file.metadata.at("anatomynet"));
    spoil(description, file);
    if (!description.is_null()) file.metadata["anatomynet"] = description.dump();
    write_tensor_file(path_, file);
    test::expect_refused(ErrorKind::model, {path_.string()}, [&] { read_model(path_); });
    test::expect_refused(ErrorKind::model, parts, [&] { read_model(path_); });
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "m.safetensors";
};

TEST_F(ModelFiles, ComeBackAsTheyWere) {
  const ModelInfo out = sample_info();
  write_model(path_, out, {floats("b", {1, 2}), floats("a", {3})});
  const Model model = read_model(path_);
  EXPECT_EQ(model.info.name, out.name);
  EXPECT_EQ(model.info.architecture, out.architecture);
  EXPECT_EQ(model.info.organs, out.organs);
  EXPECT_EQ(model.info.hu_low, out.hu_low);
  EXPECT_EQ(model.info.hu_high, out.hu_high);
  EXPECT_EQ(model.info.spacing, out.spacing);
  EXPECT_EQ(model.info.phantom_only, out.phantom_only);
  EXPECT_EQ(model.info.training_data, out.training_data);
  EXPECT_EQ(model.info.attribution, out.attribution);
  EXPECT_EQ(model.info.metrics, out.metrics);
  EXPECT_EQ(model.info.code_version, out.code_version);
  ASSERT_EQ(model.weights.tensors.size(), 2u);
  EXPECT_EQ(model.weights.tensors[0].name, "b");
}

TEST_F(ModelFiles, WithoutSpacingTakeTheCtsOwn) {
  ModelInfo info = sample_info();
  info.spacing.reset();
  write_model(path_, info, {floats("w", {1})});
  EXPECT_FALSE(read_model(path_).info.spacing);
}

TEST_F(ModelFiles, HaveAnIdThatFollowsTheWeights) {
  const auto id = [&](const std::vector<float>& w) {
    write_model(path_, sample_info(), {floats("w", w)});
    return read_model(path_).id;
  };
  EXPECT_EQ(id({1, 2, 3}), id({1, 2, 3}));
  EXPECT_NE(id({1, 2, 3}), id({1, 2, 3.0000002f}));
  EXPECT_EQ(id({1, 2, 3}).find("two-organs-"), 0u);
}

// Whatever changes contours, or what is said of them, changes the id; the weights' own checksum it does not.
TEST_F(ModelFiles, HaveAnIdThatFollowsAllThatTheySay) {
  std::set<std::string> ids, weights;
  const auto with = [&](auto change) {
    ModelInfo info = sample_info();
    change(info);
    write_model(path_, info, {floats("w", {1, 2, 3})});
    const Model model = read_model(path_);
    EXPECT_TRUE(ids.insert(model.id).second) << model.id;
    weights.insert(model.weights_id);
  };
  with([](ModelInfo&) {});
  with([](ModelInfo& i) { i.organs[1].name = "Pharynx"; });
  with([](ModelInfo& i) { i.organs[1].id = 78; });
  with([](ModelInfo& i) { std::swap(i.organs[0], i.organs[1]); });
  with([](ModelInfo& i) { i.organs[0].laterality = Laterality::left; });
  with([](ModelInfo& i) { i.hu_low -= 1e-9; });
  with([](ModelInfo& i) { i.hu_high += 1; });
  with([](ModelInfo& i) { i.spacing = Vec3{2, 2.5, 3.0000001}; });
  with([](ModelInfo& i) { i.spacing.reset(); });
  with([](ModelInfo& i) { i.phantom_only = false; });
  with([](ModelInfo& i) { i.engines = R"({"int8":{"layer1.0":{"input":0.5,"middle":1}}})"; });
  with([](ModelInfo& i) { i.training_data = "4 phantoms"; });
  with([](ModelInfo& i) { i.name = "others"; });
  EXPECT_EQ(weights.size(), 1u);
}

// The notes of a shipped file are of the weights in it, by the checksum that they were recorded under.
TEST(ShippedModels, AreKnownByTheWeightsInTheirNotes) {
  for (const char* name : {"openkbp", "phantom"}) {
    const std::filesystem::path path =
        std::string(ANATOMYNET_SOURCE_DIR "/models/anatomynet-") + name + ".safetensors";
    if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not in this checkout";
    const Model model = read_model(path);
    if (!model.info.engines.empty()) {
      EXPECT_EQ(json::parse(model.info.engines).at("weights"), model.weights_id) << path;
    }
  }
}

TEST_F(ModelFiles, RefuseWeightsThatAreNotFinite) {
  for (const float bad :
       {std::nanf(""), std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()}) {
    test::expect_refused(ErrorKind::model,
                         {path_.string(), "weight 2", "tensor layer1.0.conv1.weight", "not finite"}, [&] {
                           write_model(path_, sample_info(),
                                       {floats("ok", {1}), floats("layer1.0.conv1.weight", {0, 1, bad})});
                         });
    EXPECT_FALSE(std::filesystem::exists(path_));
    expect_refused({"weight 1 of tensor w is not finite"},
                   [&](json&, TensorFile& file) { std::memcpy(file.tensors[0].bytes.data() + 4, &bad, 4); });
    std::filesystem::remove(path_);
  }
}

TEST_F(ModelFiles, RefuseOtherVersions) {
  expect_refused({"version 2", "reads version 1"}, [](json& j, TensorFile&) { j["format_version"] = 2; });
  expect_refused({"damaged or incomplete"}, [](json& j, TensorFile&) { j["format_version"] = "1"; });
}

TEST_F(ModelFiles, RefuseIncompleteDescriptions) {
  for (const char* key : {"format_version", "name", "architecture", "organs", "hu_low", "hu_high",
                          "spacing_mm", "phantom_only", "training_data", "attribution"}) {
    expect_refused({"damaged or incomplete", key}, [&](json& j, TensorFile&) { j.erase(key); });
    expect_refused({"damaged or incomplete", key}, [&](json& j, TensorFile&) {
      j[key] = json{{"not", "this"}};
    });
  }
  expect_refused({"damaged"}, [](json& j, TensorFile& f) {
    f.metadata["anatomynet"].pop_back();
    j = nullptr;
  });
  expect_refused({"not an AnatomyNet model"}, [](json& j, TensorFile& f) {
    f.metadata.erase("anatomynet");
    j = nullptr;
  });
}

TEST_F(ModelFiles, RefuseWhatCannotSegment) {
  const auto spoilt = [&](std::initializer_list<std::string> parts, auto change) {
    expect_refused(parts, [&](json& j, TensorFile&) { change(j); });
  };
  spoilt({"id 9 is listed twice"}, [](json& j) { j["organs"][1]["id"] = 9; });
  spoilt({"Glnd_Submand_R is listed twice"}, [](json& j) { j["organs"][1]["name"] = "Glnd_Submand_R"; });
  spoilt({"id 300"}, [](json& j) { j["organs"][1]["id"] = 300; });
  spoilt({"id 0"}, [](json& j) { j["organs"][0]["id"] = 0; });
  spoilt({"organ list is empty"}, [](json& j) { j["organs"] = json::array(); });
  for (const char* name : {"../../../stolen", "/tmp/stolen", "a/b", "..", "a\nb", "-o", ""})
    spoilt({"organ 77"}, [&](json& j) { j["organs"][1]["name"] = name; });
  for (const char* name : {"a\nb", "", "\xE2\x80\xAE"})
    spoilt({"its name"}, [&](json& j) { j["name"] = name; });
  spoilt({"HU window"}, [](json& j) { j["hu_high"] = j["hu_low"]; });
  spoilt({"HU window"}, [](json& j) { j["hu_high"] = -5000; });
  spoilt({"spacing"}, [](json& j) { j["spacing_mm"] = {1, 0, 1}; });
  spoilt({"spacing"}, [](json& j) { j["spacing_mm"] = {1, 1, 1e9}; });
  spoilt({"damaged"}, [](json& j) { j["spacing_mm"] = {1, 1}; });
  spoilt({"damaged"}, [](json& j) { j["organs"][0]["colour"] = {1, 2}; });
}

TEST_F(ModelFiles, RefuseToWriteWhatTheyWouldNotRead) {
  ModelInfo info = sample_info();
  info.organs[1].id = 9;
  test::expect_refused(ErrorKind::model, {path_.string(), "listed twice"},
                       [&] { write_model(path_, info, {}); });
  info = sample_info();
  info.hu_high = std::nan("");
  test::expect_refused(ErrorKind::model, {"HU window"}, [&] { write_model(path_, info, {}); });
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST(OrganJson, ComesBackAsItWas) {
  EXPECT_EQ(organs_from_json(json::parse(organs_to_json(standard_organs()).dump())), standard_organs());
}

}  // namespace
}  // namespace anatomynet::model
