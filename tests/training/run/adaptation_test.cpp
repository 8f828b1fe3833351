// What a run keeps of the weights that it starts from: held layers, organs drawn as before, fresh outputs.
#include <algorithm>

#include <gtest/gtest.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"
#include "network/weights.h"
#include "training/cases.h"
#include "training/run/held_layers.h"
#include "training/run/trainer.h"
#include "training/run/warm_start.h"

namespace anatomynet::training {
namespace {

using torch::Tensor;

class Adapting : public testing::Test {
 protected:
  Adapting() {
    torch::manual_seed(3);
    const auto network = network::make_network("AnatomyNet", 3);
    model::ModelInfo info;
    info.name = "source";
    info.architecture = "AnatomyNet";
    info.organs = test::small_set(1, 0).organs;
    info.spacing = Vec3{3, 3, 3};
    model::write_model(source_, info, network::weights_of(*network));
  }

  TrainOptions options() const {
    TrainOptions o;
    o.start_from = source_;
    o.missing = MissingAnnotation::marginal;
    o.augment = no_augmentation({});
    o.average = 0.9;
    o.phases = {{.optimiser = "adamw",
                 .learning_rate = 1e-3,
                 .final_learning_rate = 1e-3,
                 .epochs = 6,
                 .crop = {12, 12, 12},
                 .freeze_norm = true}};
    return o;
  }

  model::Model trained(const TrainingSet& set, const TrainOptions& o, const std::string& name) const {
    EXPECT_TRUE(train(set, o, folder_ / name, false, torch::kCPU, {}));
    return model::read_model(folder_ / name / "best.safetensors");
  }

  // Mean absolute difference of an organ's probability from the source's, over a case.
  double moved(const model::Model& after, const TrainingSet& set, std::int64_t channel) const {
    const auto old_network = network::make_network(model::read_model(source_));
    const auto network = network::make_network(after);
    const TrainingCase& c = set.training[0];
    const auto p = [&](network::Network& n) {
      return whole_logits(n, c, set.input, network::Precision::fp32, torch::kCPU).softmax(0)[channel];
    };
    return (p(*network) - p(*old_network)).abs().mean().item<double>();
  }

  test::TemporaryFolder folder_;
  std::filesystem::path source_ = folder_ / "source.safetensors";
};

TEST_F(Adapting, HeldLayersStayBitForBit) {
  TrainOptions o = options();
  o.phases[0].freeze_norm = false;  // held layers keep their statistics all the same
  o.hold = {"conv1", "bn1", "layer1", "layer2"};
  const model::Model before = model::read_model(source_);
  const model::Model after = trained(test::small_set(2, 0), o, "run");
  std::size_t held = 0, changed = 0;
  for (const model::NamedTensor& t : after.weights.tensors) {
    const std::string layer = t.name.substr(0, t.name.find('.'));
    const bool same = before.weights.find(t.name)->bytes == t.bytes;
    if (std::find(o.hold.begin(), o.hold.end(), layer) != o.hold.end()) {
      EXPECT_TRUE(same) << t.name;
      ++held;
    } else {
      changed += !same;
    }
  }
  EXPECT_GT(held, 20u);
  EXPECT_GT(changed, 20u);
}

TEST_F(Adapting, HeldLayersGiveTheOthersTheSameGradient) {
  const TrainingSet set = test::small_set(1, 0);
  const Tensor image = scale_hu(set.training[0].image, -1024, 3071).unsqueeze(0).unsqueeze(0);
  const auto gradients = [&](const std::vector<std::string>& held) {
    const auto network = network::make_network(model::read_model(source_));
    hold_layers(*network, held);
    set_training_modes(*network, true);
    network->forward(image).square().mean().backward();
    return network->named_parameters();
  };
  const auto all = gradients({}), some = gradients({"conv1", "bn1", "layer1", "layer2", "layer6"});
  std::size_t compared = 0;
  for (const auto& item : some) {
    if (!item.value().requires_grad()) {
      EXPECT_FALSE(item.value().grad().defined()) << item.key();
      continue;
    }
    EXPECT_TRUE(torch::allclose(item.value().grad(), all[item.key()].grad(), 1e-4, 1e-7)) << item.key();
    ++compared;
  }
  EXPECT_GT(compared, 40u);
}

TEST_F(Adapting, NamesALayerThatIsNotThere) {
  const auto network = network::make_network("AnatomyNet", 3);
  test::expect_refused(ErrorKind::usage, {"'layer12'", "layer11"},
                       [&] { hold_layers(*network, {"layer12"}); });
  std::vector<std::string> every;
  for (const auto& child : network->named_children()) every.push_back(child.key());
  test::expect_refused(ErrorKind::usage, {"nothing is left"}, [&] { hold_layers(*network, every); });
}

TEST_F(Adapting, KeptOrgansStayAsTheTeacherDrawsThem) {
  // Parotid_L is learnt, Parotid_R is annotated nowhere: without the term it drifts.
  TrainingSet set = test::small_set(2, 0);
  for (TrainingCase& c : set.training) c.annotated[2] = 0;
  TrainOptions o = options();
  o.phases[0].epochs = 15;
  const double without = moved(trained(set, o, "without"), set, 2);
  o.distillation = {source_, 100, {"Parotid_R"}};
  const model::Model kept = trained(set, o, "with");
  EXPECT_LT(moved(kept, set, 2), without / 2);
  EXPECT_GT(moved(kept, set, 1), moved(kept, set, 2));
}

TEST_F(Adapting, NamesAnOrganThatCannotBeKept) {
  const TrainingSet set = test::small_set(1, 0, 3);
  TrainOptions o = options();
  const auto run = [&] { train(set, o, folder_ / "refused", false, torch::kCPU, {}); };
  o.distillation = {source_, 1, {"Brainstem"}};
  test::expect_refused(ErrorKind::usage, {"Brainstem", "source.safetensors"}, run);
  o.distillation = {source_, 1, {"Larynx"}};
  test::expect_refused(ErrorKind::usage, {"Larynx", "data set"}, run);
}

TEST_F(Adapting, FreshOutputsChangeNoVoxelAtFirst) {
  const TrainingSet set = test::small_set(1, 0, 3);
  const model::Model model = model::read_model(source_);
  const auto grown = network::make_network("AnatomyNet", 4);
  start_from(*grown, set.organs, model, FreshOutputs::background);
  grown->eval();
  const auto old_network = network::make_network(model);
  const auto logits = [&](network::Network& n) {
    return whole_logits(n, set.training[0], set.input, network::Precision::fp32, torch::kCPU);
  };
  const Tensor before = logits(*old_network), after = logits(*grown);
  EXPECT_TRUE(torch::allclose(after.slice(0, 0, 3), before, 1e-5, 1e-5));
  EXPECT_TRUE(torch::allclose(after[3], before[0] - fresh_offset, 1e-5, 1e-5));
  EXPECT_TRUE(torch::equal(after.argmax(0), before.argmax(0)));
}

}  // namespace
}  // namespace anatomynet::training
