#include <random>

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include "common/refusal.h"
#include "core/memory.h"
#include "inference/make_engine.h"
#include "inference/random_model.h"
#include "inference/segmenter.h"
#include "network/weights.h"

namespace anatomynet::inference {
namespace {

using test::random_model;

CtVolume noise(const Size3& size) {
  CtVolume ct(Grid{.size = size, .spacing = {2, 2, 2}});
  std::mt19937 random(3);
  for (auto& v : ct.voxels) v = static_cast<std::int16_t>(random() % 3000 - 1000);
  return ct;
}

TEST(MakeEngine, RefusesUnknownNames) {
  for (const char* name : {"cudnn", "", "Torch"})
    test::expect_refused(ErrorKind::usage, {name, "unknown engine", "auto, onednn, torch"}, [&] {
      make_engine(random_model(), {name, 1});
    });
}

TEST(MakeEngine, RefusesWeightsThatDoNotFit) {
  model::Model model = random_model();
  model.weights.tensors.pop_back();
  for (const char* engine : {"onednn", "torch"})
    test::expect_refused(ErrorKind::model, {"layer11.0.bias", "missing"},
                         [&] { make_engine(model, {engine}); });
}

TEST(TorchEngine, GivesTheNetworksLogits) {
  const model::Model model = random_model();
  const auto engine = make_engine(model, {"torch", 1});
  EXPECT_EQ(engine->channels(), 10);
  const Size3 size{9, 11, 13};  // x y z
  const torch::Tensor image = torch::rand({1, 1, 13, 11, 9});
  const std::vector<float> logits =
      all_logits(*engine, {image.data_ptr<float>(), static_cast<std::size_t>(image.numel())}, size);
  torch::NoGradGuard no_grad;
  const torch::Tensor expected = network::forward_padded(*network::make_network(model), image).contiguous();
  ASSERT_EQ(static_cast<std::int64_t>(logits.size()), expected.numel());
  EXPECT_TRUE(std::equal(logits.begin(), logits.end(), expected.data_ptr<float>()));
}

TEST(TorchEngine, LabelsAreTheSameBitsWhateverTheThreads) {
  const int before = at::get_num_threads();
  const model::Model model = random_model();
  CtVolume ct = noise({42, 37, 26});
  ct.grid.spacing = {2.2, 1.9, 2};
  std::vector<std::vector<std::uint8_t>> labels;
  for (const int threads : {1, 2})
    labels.push_back(Segmenter(model.info, make_engine(model, {"torch", threads})).run(ct).labels.voxels);
  EXPECT_TRUE(labels[0] == labels[1]);
  EXPECT_NE(*std::max_element(labels[0].begin(), labels[0].end()), 0) << "nothing to compare";
  at::set_num_threads(before);
}

// The GPU's way through the engine, on the CPU: same logits but for the order of sums, same labels but at
// ties.
TEST(TorchEngine, MakesLabelsOnTheDevice) {
  const model::Model model = random_model();
  const std::shared_ptr<Engine> plain = make_torch_engine(model, {.threads = 2}),
                                device = make_torch_engine(model, {.threads = 2, .on_device = true});
  CtVolume ct = noise({42, 37, 26});
  for (const Vec3& spacing : {Vec3{2, 2, 2}, Vec3{2.2, 1.9, 2.6}}) {
    ct.grid.spacing = spacing;
    const auto a = Segmenter(model.info, plain).run(ct).labels.voxels;
    for (int i = 0; i < 2; ++i) {  // the second time the shape is known
      const auto b = Segmenter(model.info, device).run(ct).labels.voxels;
      std::size_t same = 0;
      for (std::size_t v = 0; v < a.size(); ++v) same += a[v] == b[v];
      EXPECT_GT(double(same), 0.999 * double(a.size()));
    }
  }
}

TEST(TorchEngine, NeedsTheMemoryThatItSays) {
  const int before = at::get_num_threads();
  const auto engine = make_engine(random_model(), {"torch", 2});
  const Size3 size{96, 80, 64};
  const std::vector<float> image(96 * 80 * 64, 0.5f);
  const std::int64_t peak = peak_memory();
  engine->run(image, size, [](auto, auto, auto) {});
  EXPECT_LT(double(peak_memory() - peak), 1.1 * double(engine->memory_needed(size)));
  at::set_num_threads(before);
}

}  // namespace
}  // namespace anatomynet::inference
