#include "model/refinement.h"

#include <cstring>
#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/refusal.h"
#include "common/temporary_folder.h"
#include "core/known_organs.h"
#include "model/model_file.h"

namespace anatomynet::model {
namespace {

using nlohmann::json;

NamedTensor weight(const std::string& name, float value) {
  NamedTensor t{name, ElementType::float32, {1}, std::vector<std::byte>(4)};
  std::memcpy(t.bytes.data(), &value, 4);
  return t;
}

Refinement sample() {
  Refinement r;
  r.organs = {{"Glnd_Submand_L", false, {{-100, 50.5}, {-2, 0.75}}}, {"Glnd_Submand_R", true, {}}};
  r.architecture = "AnatomyNet";
  r.size = {48, 40, 36};
  r.spacing = {1.5, 1.5, 2};
  r.hu_low = -250;
  r.hu_high = 450;
  r.source = "two scans";
  r.attribution = "nobody, CC0";
  r.weights = {weight("conv1.weight", 3), weight("bn1.bias", 4)};
  return r;
}

ModelInfo sample_info() {
  ModelInfo info;
  info.name = "with-a-refinement";
  info.architecture = "AnatomyNet";
  for (const char* name : {"Glnd_Submand_L", "Glnd_Submand_R", "Eye_L"})
    info.organs.push_back(*find_organ(known_organs(), name));
  info.refinements = {sample()};
  return info;
}

class Refinements : public testing::Test {
 protected:
  void write(const ModelInfo& info) { write_model(path_, info, {weight("conv1.weight", 1)}); }

  template <class Spoil>
  void expect_refused(const std::string& part, Spoil spoil) {
    write(sample_info());
    TensorFile file = read_tensor_file(path_);
    json description = json::parse(file.metadata.at("anatomynet"));
    spoil(description.at("refinements"), file);
    file.metadata["anatomynet"] = description.dump();
    write_tensor_file(path_, file);
    test::expect_refused(ErrorKind::model, {path_.string(), part}, [&] { read_model(path_); });
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "m.safetensors";
};

TEST_F(Refinements, SurviveTheFileBesideTheWeights) {
  ModelInfo info = sample_info();
  Refinement eye = sample();
  eye.organs = {{"Eye_L", false, {}}};
  eye.weights = {weight("conv1.weight", 5)};
  info.refinements.push_back(eye);
  write(info);
  const Model model = read_model(path_);
  ASSERT_EQ(model.weights.tensors.size(), 1u) << "the second network's weights are not the first one's";
  ASSERT_EQ(model.info.refinements.size(), 2u);
  const Refinement &r = model.info.refinements[0], expected = sample();
  ASSERT_EQ(r.organs.size(), 2u);
  EXPECT_EQ(r.organs[1].organ, "Glnd_Submand_R");
  EXPECT_FALSE(r.organs[0].mirrored);
  EXPECT_TRUE(r.organs[1].mirrored);
  EXPECT_EQ(r.size, expected.size);
  EXPECT_EQ(r.spacing, expected.spacing);
  EXPECT_EQ(r.hu_low, expected.hu_low);
  EXPECT_EQ(r.hu_high, expected.hu_high);
  EXPECT_EQ(r.organs[0].curve.hu, expected.organs[0].curve.hu);
  EXPECT_EQ(r.organs[0].curve.logits, expected.organs[0].curve.logits);
  EXPECT_TRUE(r.organs[1].curve.hu.empty());
  EXPECT_EQ(r.architecture + r.source + r.attribution,
            expected.architecture + expected.source + expected.attribution);
  ASSERT_EQ(r.weights.size(), 2u);
  EXPECT_EQ(r.weights[0].name, "conv1.weight");
  EXPECT_EQ(r.weights[0].bytes, expected.weights[0].bytes);
  EXPECT_EQ(r.weights[1].name, "bn1.bias");
  EXPECT_EQ(model.info.refinements[1].weights.at(0).bytes, eye.weights[0].bytes);
}

TEST_F(Refinements, ArePartOfTheModelsIdAndNotOfItsWeights) {
  write(sample_info());
  const Model model = read_model(path_);
  ModelInfo info = sample_info();
  info.refinements[0].weights[0] = weight("conv1.weight", 3.5F);
  std::filesystem::remove(path_);
  write(info);
  const Model other = read_model(path_);
  EXPECT_NE(model.id, other.id) << "other contours";
  EXPECT_EQ(model.weights_id, other.weights_id) << "proofs of precisions are of the first network";
}

TEST_F(Refinements, RefusesWhatCannotBeUsed) {
  expect_refused("'Glnd_Submand_L, Brainstem' is of an organ that the weights do not have",
                 [](json& list, TensorFile&) { list[0]["organs"][1]["organ"] = "Brainstem"; });
  expect_refused("has an organ that is refined twice",
                 [](json& list, TensorFile&) { list[0]["organs"][1]["organ"] = "Glnd_Submand_L"; });
  expect_refused("is of no organ", [](json& list, TensorFile&) { list[0]["organs"] = json::array(); });
  expect_refused("16 to 160 voxels", [](json& list, TensorFile&) { list[0]["size"][2] = 8; });
  expect_refused("0.2 to 10 mm", [](json& list, TensorFile&) { list[0]["spacing_mm"][0] = 0; });
  expect_refused("HU window", [](json& list, TensorFile&) { list[0]["hu"][1] = -250; });
  expect_refused("'Glnd_Submand_L, Glnd_Submand_R' has a HU curve that needs as many logits as knots",
                 [](json& list, TensorFile&) {
                   list[0]["organs"][0]["hu_curve"]["logits"] = {1, 2, 3};
                 });
  expect_refused("needs as many logits as knots", [](json& list, TensorFile&) {
    list[0]["organs"][1]["hu_curve"] = {{"hu", json::array()}, {"logits", {1}}};
  });
  expect_refused("knots that do not ascend",
                 [](json& list, TensorFile&) { list[0]["organs"][0]["hu_curve"]["hu"][1] = -100; });
  expect_refused("description is damaged",
                 [](json& list, TensorFile&) { list[0]["organs"][0]["hu_curve"].erase("hu"); });
  expect_refused("description is damaged", [](json& list, TensorFile&) { list[0].erase("source"); });
  expect_refused("has no weights", [](json&, TensorFile& file) {
    std::erase_if(file.tensors, [](const NamedTensor& t) { return t.name.starts_with("refinement."); });
  });
  expect_refused("refinement.1.conv1.weight is of no refinement", [](json&, TensorFile& file) {
    file.tensors.push_back(weight("refinement.1.conv1.weight", 1));
  });
  expect_refused("is not finite", [](json&, TensorFile& file) {
    for (NamedTensor& t : file.tensors)
      if (t.name == "refinement.0.bn1.bias") t = weight(t.name, std::numeric_limits<float>::quiet_NaN());
  });
}

}  // namespace
}  // namespace anatomynet::model
