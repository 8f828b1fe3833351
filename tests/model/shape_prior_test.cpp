#include "model/shape_prior.h"

#include <algorithm>
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

ShapePrior sample() {
  ShapePrior prior;
  prior.organ = "OpticChiasm";
  prior.landmarks = {{"Brainstem", LandmarkPart::top, 8, 80, {0, 49, 0}},
                     {"Eye_L", LandmarkPart::centre, 3, 20, {32, -34, 0}},
                     {"Eye_R", LandmarkPart::centre, 3, 20, {-32, -34, 0}}};
  prior.probability = Volume<float>(Grid{{3, 4, 5}, {1, 1, 1}, {-1, 18, 0}, Grid{}.direction}, 0.25f);
  prior.probability.at(1, 2, 3) = 0.75f;
  prior.threshold = 0.5;
  prior.surroundings = Volume<float>(Grid{{2, 3, 4}, {2, 2, 2}, {-24, -5, -12}, Grid{}.direction}, 40.f);
  prior.hu_low = -100;
  prior.hu_high = 300;
  prior.source = "two masks";
  prior.attribution = "nobody, CC0";
  return prior;
}

ModelInfo sample_info() {
  ModelInfo info;
  info.name = "with-a-prior";
  info.architecture = "AnatomyNet";
  for (const char* name : {"Brainstem", "OpticChiasm", "Eye_L", "Eye_R"})
    info.organs.push_back(*find_organ(known_organs(), name));
  info.shape_priors = {sample()};
  return info;
}

NamedTensor weight(float value) {
  NamedTensor t{"w", ElementType::float32, {1}, std::vector<std::byte>(4)};
  std::memcpy(t.bytes.data(), &value, 4);
  return t;
}

class ShapePriors : public testing::Test {
 protected:
  void write(const ModelInfo& info) { write_model(path_, info, {weight(1)}); }

  // The sample with its description and tensors changed by `spoil`, as a damaged or foreign file.
  template <class Spoil>
  void expect_refused(const std::string& part, Spoil spoil) {
    write(sample_info());
    TensorFile file = read_tensor_file(path_);
    json description = json::parse(file.metadata.at("anatomynet"));
    spoil(description.at("shape_priors").at(0), file);
    file.metadata["anatomynet"] = description.dump();
    write_tensor_file(path_, file);
    test::expect_refused(ErrorKind::model, {path_.string(), part}, [&] { read_model(path_); });
  }

  NamedTensor& tensor(TensorFile& file, const std::string& name) {
    return *std::find_if(file.tensors.begin(), file.tensors.end(), [&](auto& t) { return t.name == name; });
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "m.safetensors";
};

const std::string probability = "shape_prior.OpticChiasm.probability";

TEST_F(ShapePriors, ComeBackFromAFileWithoutBecomingWeights) {
  write(sample_info());
  const Model model = read_model(path_);
  ASSERT_EQ(model.info.shape_priors.size(), 1u);
  const ShapePrior &prior = model.info.shape_priors[0], expected = sample();
  EXPECT_EQ(prior.organ, expected.organ);
  ASSERT_EQ(prior.landmarks.size(), 3u);
  EXPECT_EQ(prior.landmarks[0].part, LandmarkPart::top);
  EXPECT_EQ(prior.landmarks[1].organ, "Eye_L");
  EXPECT_EQ(prior.landmarks[1].at, (Vec3{32, -34, 0}));
  EXPECT_EQ(prior.landmarks[2].high_ml, 20);
  EXPECT_TRUE(same_grid(prior.probability.grid, expected.probability.grid));
  EXPECT_EQ(prior.probability.voxels, expected.probability.voxels);
  EXPECT_TRUE(same_grid(prior.surroundings.grid, expected.surroundings.grid));
  EXPECT_EQ(prior.surroundings.voxels, expected.surroundings.voxels);
  EXPECT_EQ(prior.source, "two masks");
  ASSERT_EQ(model.weights.tensors.size(), 1u);
  EXPECT_EQ(model.weights.tensors[0].name, "w");
}

// Notes about the engines hold for the weights; the contours are others.
TEST_F(ShapePriors, ChangeTheModelsIdAndNotThatOfItsWeights) {
  ModelInfo info = sample_info();
  write(info);
  const Model first = read_model(path_);
  info.shape_priors[0].probability.at(0, 0, 0) = 0.5f;
  write(info);
  const Model changed = read_model(path_);
  info.shape_priors.clear();
  write(info);
  const Model without = read_model(path_);
  EXPECT_NE(first.id, changed.id);
  EXPECT_NE(first.id, without.id);
  EXPECT_EQ(first.weights_id, changed.weights_id);
  EXPECT_EQ(first.weights_id, without.weights_id);
}

TEST_F(ShapePriors, OfAnotherShapeOrNumberOfTensorsAreRefused) {
  expect_refused("is missing", [&](json&, TensorFile& f) { tensor(f, probability).name = "q"; });
  expect_refused("no float32 volume", [&](json&, TensorFile& f) { tensor(f, probability).shape = {60}; });
  expect_refused("no float32 volume", [&](json&, TensorFile& f) {
    tensor(f, probability).shape = {60, 1, 1};
  });
  expect_refused("no float32 volume", [&](json&, TensorFile& f) {
    NamedTensor& t = tensor(f, probability);
    t.type = ElementType::uint8;
    t.bytes.resize(60);
  });
  expect_refused("of no shape prior", [&](json& prior, TensorFile& f) {
    f.tensors.push_back(tensor(f, probability));
    f.tensors.back().name = "shape_prior.Eye_L.probability";
    prior["source"] = "x";
  });
}

TEST_F(ShapePriors, OfSenselessFiguresAreRefused) {
  const auto set = [](float value) {
    return [value](json&, TensorFile& f) {
      for (NamedTensor& t : f.tensors)
        if (t.name == probability) std::memcpy(t.bytes.data() + 8, &value, 4);
    };
  };
  for (const float value : {-0.5f, 1.5f, std::numeric_limits<float>::infinity()})
    expect_refused("out of its range", set(value));
  expect_refused("out of its range", set(std::numeric_limits<float>::quiet_NaN()));
  expect_refused("threshold", [](json& p, TensorFile&) { p["threshold"] = 1.0; });
  expect_refused("nowhere as probable", [](json& p, TensorFile&) { p["threshold"] = 0.8; });
  expect_refused("HU window", [](json& p, TensorFile&) { p["hu"] = {300, 300}; });
  expect_refused("HU around it", [](json& p, TensorFile&) { p["hu"] = {100, 300}; });
  expect_refused("mm apart", [](json& p, TensorFile&) { p["probability"]["spacing_mm"] = {1, 0, 1}; });
  expect_refused("within 500 mm", [](json& p, TensorFile&) { p["surroundings"]["origin_mm"] = {1e9, 0, 0}; });
  expect_refused("damaged or incomplete", [](json& p, TensorFile&) { p.erase("landmarks"); });
  expect_refused("damaged or incomplete", [](json& p, TensorFile&) { p["hu"] = "bone"; });
}

TEST_F(ShapePriors, OfUnknownOrgansOrUselessLandmarksAreRefused) {
  expect_refused("do not have", [](json& p, TensorFile& f) {
    p["organ"] = "Heart";
    for (NamedTensor& t : f.tensors)
      if (t.name.starts_with("shape_prior.")) t.name.replace(12, 11, "Heart");
  });
  expect_refused("another organ", [](json& p, TensorFile&) { p["landmarks"][1]["organ"] = "Heart"; });
  expect_refused("another organ", [](json& p, TensorFile&) { p["landmarks"][1]["organ"] = "OpticChiasm"; });
  expect_refused("centre, top or placed", [](json& p, TensorFile&) { p["landmarks"][0]["part"] = "left"; });
  expect_refused("on a line", [](json& p, TensorFile&) { p["landmarks"][2]["at_mm"] = {32, -34, 1}; });
  expect_refused("no volume", [](json& p, TensorFile&) { p["landmarks"][0]["ml"] = {8, 8}; });
  expect_refused("3 or more", [](json& p, TensorFile&) { p["landmarks"].erase(0); });
}

// Between an eye and the chiasm.
ShapePrior nerve() {
  ShapePrior prior = sample();
  prior.organ = "OpticNrv_L";
  prior.landmarks = {{"Eye_L", LandmarkPart::placed, 0, 0, {32, -34, 0}, {0, 0, 0}},
                     {"OpticChiasm", LandmarkPart::placed, 0, 0, {10, 10, 0}, {10, 10, 1}}};
  prior.surroundings = {};
  return prior;
}

ModelInfo info_with_nerve() {
  ModelInfo info = sample_info();
  info.organs.push_back(*find_organ(known_organs(), "OpticNrv_L"));
  ShapePrior eye = sample();
  eye.organ = "Eye_L";
  eye.landmarks = {{"Eye_L", LandmarkPart::centre, 3, 20, {0, 0, 0}}};
  info.shape_priors = {sample(), eye, nerve()};
  return info;
}

TEST_F(ShapePriors, BetweenTwoOthersComeBack) {
  write(info_with_nerve());
  const Model model = read_model(path_);
  ASSERT_EQ(model.info.shape_priors.size(), 3u);
  const ShapePrior& prior = model.info.shape_priors[2];
  EXPECT_EQ(placing_of(prior), ShapePlacing::between);
  EXPECT_EQ(placing_of(model.info.shape_priors[1]), ShapePlacing::where_found);
  EXPECT_EQ(placing_of(model.info.shape_priors[0]), ShapePlacing::by_neighbours);
  ASSERT_EQ(prior.landmarks.size(), 2u);
  EXPECT_EQ(prior.landmarks[1].organ, "OpticChiasm");
  EXPECT_EQ(prior.landmarks[1].at, (Vec3{10, 10, 0}));
  EXPECT_EQ(prior.landmarks[1].of, (Vec3{10, 10, 1}));
  EXPECT_TRUE(prior.surroundings.voxels.empty());
  EXPECT_EQ(prior.probability.voxels, nerve().probability.voxels);
}

TEST_F(ShapePriors, BetweenOthersThatDoNotHoldThemAreRefused) {
  const auto refused = [&](const std::string& why, auto spoil) {
    ModelInfo info = info_with_nerve();
    spoil(info.shape_priors);
    test::expect_refused(ErrorKind::model, {"'OpticNrv_L'", why}, [&] { write(info); });
  };
  using Priors = std::vector<ShapePrior>;
  refused("no prior before it", [](Priors& p) { std::swap(p[1], p[2]); });
  refused("no prior before it", [](Priors& p) { p.erase(p.begin()); });
  refused("no prior before it", [](Priors& p) { p[2].landmarks[0].organ = "OpticNrv_L"; });
  refused("no prior before it", [](Priors& p) { p[2].landmarks[0].part = LandmarkPart::top; });
  refused("expected 2", [](Priors& p) { p[2].landmarks.pop_back(); });
  refused("within 500 mm",
          [](Priors& p) { p[2].landmarks[1].of[0] = std::numeric_limits<double>::quiet_NaN(); });
  refused("straight up", [](Priors& p) { p[2].landmarks[1].at = {32, -34, 40}; });
  refused("less than 10 mm", [](Priors& p) { p[2].landmarks[1].at = {32, -30, 0}; });
  refused("has surroundings", [](Priors& p) { p[2].surroundings = sample().surroundings; });
}

TEST_F(ShapePriors, WithoutSurroundingsAreRefusedUnlessTheyLieBetween) {
  ModelInfo info = sample_info();
  info.shape_priors[0].surroundings = {};
  test::expect_refused(ErrorKind::model, {"has no surroundings"}, [&] { write(info); });
}

TEST_F(ShapePriors, AreOnePerOrgan) {
  ModelInfo info = sample_info();
  info.shape_priors.push_back(sample());
  test::expect_refused(ErrorKind::model, {"two shape priors"}, [&] { write(info); });
}

}  // namespace
}  // namespace anatomynet::model
