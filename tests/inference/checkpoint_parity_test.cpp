#include <cstring>

#include <gtest/gtest.h>

#include "common/near.h"
#include "inference/onednn/dnnl_engine.h"
#include "model/checkpoint_file.h"
#include "model/network_tensors.h"

// Checkpoints that the authors' PyTorch code wrote, through the engine, against the logits in them.
namespace anatomynet::inference {
namespace {

std::vector<float> floats_of(const model::NamedTensor& tensor) {
  std::vector<float> values(static_cast<std::size_t>(tensor.count()));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

class CheckpointParity : public testing::TestWithParam<const char*> {};

TEST_P(CheckpointParity, LogitsAreThoseOfPyTorch) {
  const std::string architecture = GetParam();
  const std::string file = ANATOMYNET_SHARED_DIR "/reference/parity/" + architecture + ".pt";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not there";
  std::vector<model::NamedTensor> state;
  model::NamedTensor input, expected;
  for (model::NamedTensor& tensor : model::read_pytorch_checkpoint(file)) {
    if (tensor.name == "input") input = tensor;
    if (tensor.name == "eval_logits") expected = tensor;
    if (!tensor.name.starts_with("state/")) continue;
    tensor.name.erase(0, 6);
    state.push_back(std::move(tensor));
  }
  model::Model model;
  model.info.name = "reference";
  model.info.architecture = architecture;
  model.info.organs = standard_organs();
  model.weights.tensors = model::fit_to_network(std::move(state), architecture, 10, file);
  ASSERT_EQ(input.shape, (std::vector<std::int64_t>{1, 1, 16, 32, 16}));
  ASSERT_EQ(expected.shape, (std::vector<std::int64_t>{1, 10, 16, 32, 16}));
  DnnlEngine engine(model, Arithmetic::fp32, 2, "whole");
  const std::vector<float> wanted = floats_of(expected),
                           got = all_logits(engine, floats_of(input), {16, 32, 16});
  double largest = 0;
  for (const float v : wanted) largest = test::largest_or_nan(largest, std::abs(double(v)));
  EXPECT_TRUE(test::all_near(got, wanted, 1e-4 * largest));  // as docs/parity.md
}

INSTANTIATE_TEST_SUITE_P(Files, CheckpointParity,
                         testing::Values("AnatomyNet", "baselineSERes18Conc", "baselineSERes18Sum",
                                         "baselineRes18Conc", "baselineRes18Sum"),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace anatomynet::inference
