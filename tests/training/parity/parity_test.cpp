#include "training/parity/parity.h"

#include <cmath>
#include <set>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"
#include "network/network.h"
#include "training/parity/reference_file.h"

namespace anatomynet::training {
namespace {

namespace fs = std::filesystem;
using torch::Tensor;
using Tensors = std::map<std::string, Tensor>;

const std::string golden = ANATOMYNET_SOURCE_DIR "/tests/golden/";

void expect_parity(const fs::path& file, std::size_t entries) {
  const ParityReport report = check_parity(file);
  EXPECT_TRUE(report.passed());
  EXPECT_EQ(report.entries.size(), entries);
  EXPECT_TRUE(report.not_compared.empty());
  for (const ParityEntry& e : report.entries)
    EXPECT_TRUE(e.passed()) << e.name << ": relative " << e.max_relative << " over " << e.tolerance;
}

void save(const fs::path& path, const Tensors& tensors) {
  c10::Dict<std::string, Tensor> dictionary;
  for (const auto& [key, tensor] : tensors) dictionary.insert(key, tensor);
  const std::vector<char> bytes = torch::pickle_save(dictionary);
  test::write_bytes(path, {bytes.begin(), bytes.end()});
}

Tensors load(const std::string& name) { return ReferenceFile(golden + name).tensors(); }

// Written by tests/golden/make_reference.py, which works in double and shares no code with ours.
TEST(Parity, HoldsForTheSmallAnatomyNet) { expect_parity(golden + "AnatomyNet-small.pt", 353); }
TEST(Parity, HoldsForTheSmallPlainUNet) { expect_parity(golden + "baseline-small.pt", 122); }

class AuthorsTensors : public testing::TestWithParam<std::pair<const char*, std::size_t>> {};
INSTANTIATE_TEST_SUITE_P(Files, AuthorsTensors,
                         testing::Values(std::pair{"AnatomyNet", 419}, std::pair{"baseline", 2},
                                         std::pair{"baseline2Pool", 2}, std::pair{"baseline3Pool", 2},
                                         std::pair{"baseline4Pool", 2}, std::pair{"baselineRes18Conc", 2},
                                         std::pair{"baselineRes18Sum", 2},
                                         std::pair{"baselineSERes18Conc", 2},
                                         std::pair{"baselineSERes18Sum", 2}),
                         [](const auto& test) { return std::string(test.param.first); });

TEST_P(AuthorsTensors, AreOurs) {
  const std::string file = ANATOMYNET_SHARED_DIR "/reference/parity/" + std::string(GetParam().first) + ".pt";
  if (!fs::exists(file))
    GTEST_SKIP() << "NOT TESTED: " << file << " is absent; nothing was compared with the authors'";
  expect_parity(file, GetParam().second);
}

// Nothing may slip through: a change in any kind of tensor is seen, and only there.
TEST(Parity, SeesEverySmallDamage) {
  const test::TemporaryFolder folder;
  const struct {
    const char* key;
    double relative;
  } damages[] = {{"eval_logits", 1e-3},
                 {"eval_softmax", 1e-3},
                 {"train_softmax", 1e-3},
                 {"loss/dice_masked", 1e-4},
                 {"loss/focal_masked", 1e-4},
                 {"loss/focal_dice_masked", 1e-4},
                 {"loss/cross_entropy_masked", 1e-4},
                 {"loss/exp_log_masked", 1e-4},
                 {"loss/generalised_dice_masked", 1e-4},
                 {"grad_of_dice/layer10.bn1.weight", 1e-2},
                 {"after_one_rmsprop_step/bn1.running_var", 1e-2},
                 {"after_one_rmsprop_step/layer11.0.bias", 1e-2}};
  Tensors tensors = load("AnatomyNet-small.pt");
  for (const auto& [key, relative] : damages) {
    const Tensor whole = tensors.at(key), damaged = whole.clone();
    // The largest element: surely one that the comparison of the step counts.
    damaged.flatten()[whole.abs().flatten().argmax()] *= 1 + relative;
    tensors[key] = damaged;
    save(folder / "AnatomyNet.pt", tensors);
    std::set<std::string> failed;
    for (const ParityEntry& e : check_parity(folder / "AnatomyNet.pt").entries)
      if (!e.passed()) failed.insert(e.name);
    EXPECT_EQ(failed, std::set<std::string>{key});
    tensors[key] = whole;
  }
}

TEST(Parity, FailsOnNanAndOnOtherShapes) {
  const test::TemporaryFolder folder;
  Tensors tensors = load("baseline-small.pt");
  const Tensor logits = tensors["eval_logits"].clone();
  tensors["eval_logits"][0][3][1][1][1] = std::nan("");
  save(folder / "baseline.pt", tensors);
  EXPECT_FALSE(check_parity(folder / "baseline.pt").passed());
  tensors["eval_logits"] = logits.transpose(2, 3).contiguous();  // as many values
  save(folder / "baseline.pt", tensors);
  EXPECT_FALSE(check_parity(folder / "baseline.pt").passed());
}

TEST(Parity, ComparesWhatIsThere) {
  const test::TemporaryFolder folder;
  const Tensors all = load("baseline-small.pt");
  save(folder / "baseline.pt",
       {{"input", all.at("input")}, {"train_softmax", all.at("train_softmax")}, {"remark", torch::ones(1)}});
  const ParityReport report = check_parity(folder / "baseline.pt");
  EXPECT_TRUE(report.passed());
  EXPECT_EQ(report.entries.size(), 1u);
  EXPECT_EQ(report.not_compared, std::vector<std::string>{"remark"});
}

TEST(Parity, RefusesIncompleteFiles) {
  const test::TemporaryFolder folder;
  const Tensors all = load("baseline-small.pt");
  const auto refused = [&](std::initializer_list<std::string> parts, auto spoil) {
    Tensors tensors = all;
    spoil(tensors);
    save(folder / "baseline.pt", tensors);
    test::expect_refused(ErrorKind::input, parts, [&] { check_parity(folder / "baseline.pt"); });
  };
  for (const char* key : {"input", "labels", "flags", "class_weights"})
    refused({"baseline.pt", key, "is missing"}, [&](Tensors& t) { t.erase(key); });
  refused({"no output"}, [](Tensors& t) { t = {{"input", t["input"]}}; });
  refused({"input is not"}, [](Tensors& t) { t["input"] = t["input"][0]; });
  refused({"10 classes"}, [](Tensors& t) { t["flags"] = torch::ones({1, 9}); });
  refused({"labels", "0..9"}, [](Tensors& t) { t["labels"] = t["labels"] + 1; });
  refused({"do not fit together"}, [](Tensors& t) { t["labels"] = t["labels"][0]; });
  refused({"do not fit together"}, [](Tensors& t) { t["input"] = torch::zeros({1, 1, 3, 3, 3}); });
  refused({"layer1.weight", "baseline does not have"},
          [](Tensors& t) { t["grad_of_dice/layer1.weight"] = torch::ones(1); });
  refused({"'state/down1.mpconv.0.conv.0.weight' is missing"},
          [](Tensors& t) { t["state/a"] = torch::ones(1); });
}

TEST(Parity, RefusesWhatIsNoDictionaryOfTensors) {
  const test::TemporaryFolder folder;
  const fs::path path = folder / "AnatomyNet.pt";
  const auto refused = [&](const std::string& bytes) {
    test::write_bytes(path, bytes);
    test::expect_refused(ErrorKind::input, {path.string()}, [&] { check_parity(path); });
  };
  refused("");
  refused("garbage");
  refused(std::string(100000, '\0'));
  const std::string whole = test::read_bytes(golden + "baseline-small.pt");
  for (std::size_t n = 1; n < whole.size(); n += 4999) refused(whole.substr(0, n));
  for (std::size_t n = 0; n < 20; ++n) refused(whole.substr(0, whole.size() - 1 - n));
  const auto pickled = [](const c10::IValue& value) {
    const auto bytes = torch::pickle_save(value);
    return std::string(bytes.begin(), bytes.end());
  };
  refused(pickled(torch::ones(3)));
  c10::Dict<std::string, std::int64_t> numbers;
  numbers.insert("input", 3);
  refused(pickled(numbers));
  c10::Dict<std::int64_t, Tensor> numbered;
  numbered.insert(3, torch::ones(3));
  refused(pickled(numbered));
  test::expect_refused(ErrorKind::input, {"cannot be opened"}, [&] { check_parity(folder / "absent.pt"); });
  test::expect_refused(ErrorKind::input, {"cannot be opened"}, [&] { check_parity(folder.path()); });
}

TEST(Parity, TakesTheArchitectureFromTheName) {
  const test::TemporaryFolder folder;
  const Tensors all = load("baseline-small.pt");
  const Tensors tensors{{"input", torch::zeros({1, 1, 16, 16, 16})},
                        {"eval_logits", torch::zeros({1, 3, 16, 16, 16})}};
  const std::pair<const char*, const char*> names[] = {{"baseline", "baseline"},
                                                       {"baseline.2", "baseline"},
                                                       {"baseline-x", "baseline"},
                                                       {"baseline2Pool", "baseline2Pool"},
                                                       {"baseline2Pool_b", "baseline2Pool"},
                                                       {"AnatomyNet copy", "AnatomyNet"}};
  for (const auto& [stem, architecture] : names) {
    const fs::path path = folder / (std::string(stem) + ".pt");
    save(path, tensors);
    EXPECT_EQ(check_parity(path).architecture, architecture) << stem;
  }
  for (const char* stem : {"baseline5Pool", "anatomynet", "AnatomyNetwork", "x-AnatomyNet", "tensors"}) {
    const fs::path path = folder / (std::string(stem) + ".pt");
    save(path, tensors);
    test::expect_refused(ErrorKind::input, {path.string(), "AnatomyNet", "baselineSERes18Sum", "no weights"},
                         [&] { check_parity(path); });
  }
}

// A network under the authors' names, as it comes in a file of any name.
Tensors stored(const std::string& architecture) {
  torch::manual_seed(2);
  const auto network = network::make_network(architecture, 4);
  Tensors tensors{{"input", torch::rand({1, 1, 4, 6, 8})}};
  for (const auto& [name, tensor] : network::state_of(*network))
    tensors["state/" + name] = tensor.detach().clone();
  network->eval();
  tensors["eval_logits"] = network->forward(tensors["input"]).detach();
  return tensors;
}

TEST(Parity, TakesTheArchitectureFromTheStoredWeights) {
  const test::TemporaryFolder folder;
  const fs::path path = folder / "tensors.pt";
  // AnatomyNet and baselineSERes18Conc differ in the activation alone: the logits decide.
  for (const char* name : {"AnatomyNet", "baselineSERes18Conc", "baselineRes18Sum", "baseline"}) {
    Tensors tensors = stored(name);
    save(path, tensors);
    const ParityReport report = check_parity(path);
    EXPECT_EQ(report.architecture, name);
    EXPECT_TRUE(report.passed());
  }
  Tensors tensors = stored("AnatomyNet");
  tensors["state/conv1.weight"] = torch::zeros({28, 1, 5, 5, 5});
  save(path, tensors);
  test::expect_refused(ErrorKind::input, {path.string(), "weights of none"}, [&] { check_parity(path); });
  save(folder / "AnatomyNet-2.pt", tensors);
  test::expect_refused(ErrorKind::input, {"state/conv1.weight has another shape"},
                       [&] { check_parity(folder / "AnatomyNet-2.pt"); });
  save(folder / "baseline.pt", stored("AnatomyNet"));
  test::expect_refused(ErrorKind::input, {"state/down1"}, [&] { check_parity(folder / "baseline.pt"); });
}

}  // namespace
}  // namespace anatomynet::training
