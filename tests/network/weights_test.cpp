#include "network/weights.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"

namespace anatomynet::network {
namespace {

model::ModelInfo info_of(const std::string& architecture) {
  model::ModelInfo info;
  info.name = "small";
  info.architecture = architecture;
  info.organs = {*find_organ(standard_organs(), 3), *find_organ(standard_organs(), 6)};
  return info;
}

model::Model model_of(const std::string& architecture) {
  torch::manual_seed(5);
  model::Model model{info_of(architecture), {}, "id"};
  model.weights.tensors = weights_of(*make_network(architecture, 3));
  return model;
}

class EveryModel : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Architectures, EveryModel,
                         testing::Values("AnatomyNet", "baseline", "baselineRes18Sum", "baselineSERes18Sum"),
                         [](const auto& test) { return test.param; });

TEST_P(EveryModel, GivesTheSameLogitsAfterItsFile) {
  const test::TemporaryFolder folder;
  torch::manual_seed(5);
  const auto trained = make_network(GetParam(), 3);
  const torch::Tensor image = torch::rand({1, 1, 8, 12, 10});
  trained->forward(image);  // moves the running statistics
  trained->eval();
  model::write_model(folder / "m", info_of(GetParam()), weights_of(*trained));
  const auto loaded = make_network(model::read_model(folder / "m"));
  EXPECT_FALSE(loaded->is_training());
  torch::NoGradGuard no_grad;
  EXPECT_TRUE(torch::equal(loaded->forward(image), trained->forward(image)));
}

TEST(LoadWeights, NamesATensorThatIsMissing) {
  for (const std::size_t which : {std::size_t{0}, std::size_t{17}}) {
    model::Model model = model_of("AnatomyNet");
    const std::string name = model.weights.tensors[which].name;
    model.weights.tensors.erase(model.weights.tensors.begin() + static_cast<std::ptrdiff_t>(which));
    test::expect_refused(ErrorKind::model, {"small", "AnatomyNet", "tensor " + name + " is missing"},
                         [&] { make_network(model); });
  }
}

TEST(LoadWeights, NamesATensorOfAnotherShapeOrType) {
  model::Model model = model_of("AnatomyNet");
  model::NamedTensor& bias = model.weights.tensors.back();
  ASSERT_EQ(bias.name, "layer11.0.bias");
  bias = to_named(bias.name, torch::zeros({4}));
  test::expect_refused(ErrorKind::model, {"tensor layer11.0.bias", "[4]", "expected float32 [3]"},
                       [&] { make_network(model); });
  bias = to_named(bias.name, torch::zeros({3, 1}));  // as many values
  test::expect_refused(ErrorKind::model, {"tensor layer11.0.bias", "[3, 1]"}, [&] { make_network(model); });
  bias = to_named(bias.name, torch::zeros({3}, torch::kDouble));
  test::expect_refused(ErrorKind::model, {"tensor layer11.0.bias", "float32"}, [&] { make_network(model); });
}

TEST(LoadWeights, NamesATensorLeftOver) {
  model::Model model = model_of("AnatomyNet");
  model.weights.tensors.push_back(to_named("layer12.weight", torch::zeros({3})));
  test::expect_refused(ErrorKind::model, {"tensor layer12.weight does not belong"},
                       [&] { make_network(model); });
}

TEST(LoadWeights, RefusesAnotherNetworksWeights) {
  for (const char* other : {"baseline", "baselineRes18Conc", "baselineSERes18Sum", "baseline2Pool"}) {
    model::Model model = model_of(other);
    model.info.architecture = "AnatomyNet";
    test::expect_refused(ErrorKind::model, {"AnatomyNet"}, [&] { make_network(model); });
    model = model_of("AnatomyNet");
    model.info.architecture = other;
    test::expect_refused(ErrorKind::model, {other}, [&] { make_network(model); });
  }
  model::Model model = model_of("AnatomyNet");
  model.info.organs.pop_back();
  test::expect_refused(ErrorKind::model, {"layer11.0"}, [&] { make_network(model); });
  model.info.architecture = "AnatomyNet2";
  test::expect_refused(ErrorKind::model, {"AnatomyNet2", "known are"}, [&] { make_network(model); });
}

TEST(NamedTensors, KeepEveryTypeAndLayout) {
  const torch::Tensor values = torch::arange(24).view({2, 3, 4});
  for (const auto type : {torch::kFloat, torch::kDouble, torch::kShort, torch::kLong, torch::kByte}) {
    const torch::Tensor strided = values.to(type).transpose(0, 2);
    EXPECT_TRUE(torch::equal(to_torch(to_named("t", strided)), strided));
  }
  EXPECT_EQ(to_torch(to_named("t", torch::tensor(3.5f))).dim(), 0);
  EXPECT_EQ(to_torch(to_named("t", torch::zeros({0, 4}))).sizes().vec(), (std::vector<std::int64_t>{0, 4}));
  test::expect_refused(ErrorKind::internal, {"element type"},
                       [] { to_named("t", torch::zeros({1}, torch::kBool)); });
}

}  // namespace
}  // namespace anatomynet::network
