#include "inference/onednn/dnnl_engine.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "common/near.h"
#include "common/refusal.h"
#include "core/memory.h"
#include "inference/engine_check.h"
#include "inference/engine_notes.h"
#include "inference/folded_network.h"
#include "inference/onednn/quantise.h"
#include "inference/random_model.h"
#include "inference/segmenter.h"

namespace anatomynet::inference {
namespace {

struct Difference {
  double largest = 0, scale = 0;  // of logits; the largest logit
  double agreement = 0;           // share of voxels whose best class is the same
};

Difference compare(const std::vector<float>& a, const std::vector<float>& b, std::int64_t channels) {
  Difference d;
  for (std::size_t i = 0; i < a.size(); ++i) {
    d.largest = test::largest_or_nan(d.largest, double(std::abs(a[i] - b[i])));
    d.scale = test::largest_or_nan(d.scale, double(std::abs(b[i])));
  }
  const std::size_t voxels = a.size() / static_cast<std::size_t>(channels);
  const auto best = [&](const std::vector<float>& l, std::size_t v) {
    std::size_t winner = 0;
    for (std::size_t c = 1; c < static_cast<std::size_t>(channels); ++c)
      if (l[c * voxels + v] > l[winner * voxels + v]) winner = c;
    return winner;
  };
  for (std::size_t v = 0; v < voxels; ++v) d.agreement += best(a, v) == best(b, v);
  d.agreement /= double(voxels);
  return d;
}

Difference against_torch(const model::Model& model, const Size3& size,
                         Arithmetic arithmetic = Arithmetic::fp32) {
  const std::vector<float> image = test::random_image(size);
  DnnlEngine ours(model, arithmetic, 2);
  const auto torch = make_engine(model, {"torch", 2, "fp32"});
  const auto a = all_logits(ours, image, size), b = all_logits(*torch, image, size);
  EXPECT_EQ(a.size(), b.size());
  return compare(a, b, ours.channels());
}

TEST(Compare, SeesNaN) {
  const std::vector<float> good{1, 2, 3, 4}, bad{1, std::numeric_limits<float>::quiet_NaN(), 3, 4};
  EXPECT_FALSE(compare(bad, good, 2).largest < 1e9);
  EXPECT_FALSE(compare(good, bad, 2).scale < 1e9);
}

// fp32 sums in another order: eight digits less what thirty layers lose.
void expect_equal_to_torch(const model::Model& model, const Size3& size) {
  const Difference d = against_torch(model, size);
  EXPECT_LT(d.largest, 1e-5 * d.scale)
      << model.info.architecture << ' ' << size[0] << ' ' << size[1] << ' ' << size[2];
  EXPECT_GT(d.scale, 0.01);
}

TEST(DnnlEngine, ComputesTheNetworkOfTheTorchEngine) {
  const model::Model model = test::random_model();
  for (const Size3& size : {Size3{24, 20, 16}, Size3{33, 21, 37}, Size3{40, 17, 50}})
    expect_equal_to_torch(model, size);
}

TEST(DnnlEngine, TakesAxesOfOneOrTwoVoxels) {
  const model::Model model = test::random_model("AnatomyNet", 4);
  for (const Size3& size :
       {Size3{1, 1, 1}, Size3{2, 3, 1}, Size3{1, 40, 2}, Size3{35, 1, 3}, Size3{3, 2, 41}})
    expect_equal_to_torch(model, size);
}

TEST(DnnlEngine, TakesAnyNumberOfOrgans) {
  for (const int organs : {1, 2, 7})
    expect_equal_to_torch(test::random_model("AnatomyNet", organs, organs), {17, 18, 19});
}

TEST(DnnlEngine, KnowsTheResidualRelatives) {
  for (const std::string& name : foldable_architectures())
    expect_equal_to_torch(test::random_model(name, 9), {22, 27, 39});
}

TEST(DnnlEngine, Bfloat16StaysNear) {
  for (const std::string& name : foldable_architectures()) {
    const Difference d = against_torch(test::random_model(name), {33, 26, 37}, Arithmetic::bf16);
    EXPECT_LT(d.largest, 0.03 * d.scale) << name;
    EXPECT_GT(d.agreement, 0.95) << name;
  }
}

// Sizes whose slabs oneDNN 2.6's own 1 x 1 x 1 convolution of 66 channels to 32 got wrong in bf16 on a CPU
// with AMX.
TEST(DnnlEngine, Bfloat16IsRightForSizesThatOneDnnGotWrong) {
  const model::Model model = test::random_model();
  for (const Size3& size : {Size3{154, 112, 14}, Size3{212, 122, 8}, Size3{158, 48, 6}}) {
    const auto image = test::random_image(size);
    DnnlEngine exact(model, Arithmetic::fp32, 2), rounded(model, Arithmetic::bf16, 2);
    const auto expected = all_logits(exact, image, size);
    const Difference d = compare(all_logits(rounded, image, size), expected, exact.channels());
    EXPECT_LT(d.largest, 0.03 * d.scale) << size[0];
    EXPECT_GT(d.agreement, 0.95) << size[0];
  }
}

TEST(DnnlEngine, GivesTheSameBitsOnAnyNumberOfThreads) {
  const model::Model model = test::random_model();
  const Size3 size{37, 45, 41};
  const auto image = test::random_image(size);
  for (const Arithmetic a : {Arithmetic::fp32, Arithmetic::bf16}) {
    DnnlEngine one(model, a, 1);
    const auto expected = all_logits(one, image, size);
    for (const int threads : {2, 3, 5}) {
      DnnlEngine more(model, a, threads);
      EXPECT_TRUE(all_logits(more, image, size) == expected) << name_of(a) << ' ' << threads;
    }
  }
}

// In fp32 oneDNN has the logits of few classes to compute, and nothing where there are more than five.
TEST(DnnlEngine, BuildsNothingForAShapeThatItHasSeen) {
  for (const std::int64_t organs : {3, 9}) {
    DnnlEngine engine(test::random_model("AnatomyNet", organs), Arithmetic::fp32, 2);
    const Size3 size{34, 30, 50};
    const auto image = test::random_image(size);
    const auto first = all_logits(engine, image, size);
    const std::int64_t built = engine.primitives_built();
    EXPECT_EQ(built > 0, organs == 3);
    EXPECT_TRUE(all_logits(engine, image, size) == first);
    EXPECT_EQ(engine.primitives_built(), built);
  }
}

TEST(DnnlEngine, ForgetsNothingBetweenShapes) {
  const model::Model model = test::random_model();
  DnnlEngine engine(model, Arithmetic::fp32, 2);
  for (const Size3& size : {Size3{40, 30, 20}, Size3{8, 8, 8}, Size3{40, 30, 20}, Size3{21, 33, 47}}) {
    const auto image = test::random_image(size);
    DnnlEngine fresh(model, Arithmetic::fp32, 2);
    EXPECT_TRUE(all_logits(engine, image, size) == all_logits(fresh, image, size));
  }
}

TEST(DnnlEngine, GivesSlabsInOrder) {
  DnnlEngine engine(test::random_model(), Arithmetic::fp32, 2);
  const Size3 size{9, 10, 51};
  std::int64_t next = 0;
  engine.run(test::random_image(size), size,
             [&](std::span<const float> slab, std::int64_t z, std::int64_t slices) {
               EXPECT_EQ(z, next);
               EXPECT_EQ(static_cast<std::int64_t>(slab.size()), 10 * slices * 9 * 10);
               next = z + slices;
             });
  EXPECT_EQ(next, 51);
}

TEST(DnnlEngine, RefusesSizesThatAreNone) {
  DnnlEngine engine(test::random_model(), Arithmetic::fp32, 1);
  const auto refused = [&](const Size3& size) {
    test::expect_refused(ErrorKind::input, {"voxels cannot be run"},
                         [&] { engine.run({}, size, [](auto, auto, auto) {}); });
  };
  refused({0, 5, 5});
  refused({5, -1, 5});
  refused({1 << 20, 1 << 20, 1});
  refused({std::int64_t{1} << 62, 4, 4});
  test::expect_refused(ErrorKind::internal, {"image of 0 voxels"}, [&] {
    engine.run({}, {5, 5, 5}, [](auto, auto, auto) {});
  });
}

TEST(DnnlEngine, NeedsTheMemoryThatItSays) {
  const model::Model model = test::random_model();
  const Size3 size{160, 128, 96};
  const auto image = test::random_image(size);
  for (const Arithmetic a : {Arithmetic::fp32, Arithmetic::bf16}) {
    DnnlEngine engine(model, a, 2);
    const std::int64_t before = resident_memory();
    std::int64_t most = 0;
    engine.run(image, size, [&](auto, auto, auto) { most = std::max(most, resident_memory()); });
    const double used = double(most - before), said = double(engine.memory_needed(size));
    EXPECT_LT(used, 1.05 * said);
    EXPECT_GT(used, 0.5 * said) << "an estimate that refuses what would fit";
  }
}

TEST(DnnlEngine, GivesTheSameBitsInSlabs) {
  for (const std::string& name : foldable_architectures()) {
    const model::Model model = test::random_model(name);
    for (const Size3& size : {Size3{9, 10, 51}, Size3{20, 17, 30}, Size3{8, 8, 1}, Size3{6, 6, 11}}) {
      const auto image = test::random_image(size);
      for (const Arithmetic a : {Arithmetic::fp32, Arithmetic::bf16}) {
        DnnlEngine whole(model, a, 2, "whole"), slabs(model, a, 2, "slabs");
        const auto expected = all_logits(whole, image, size), got = all_logits(slabs, image, size);
        const auto same = std::mismatch(got.begin(), got.end(), expected.begin()).first - got.begin();
        EXPECT_EQ(same, std::int64_t(got.size())) << name << ' ' << size[2] << ' ' << name_of(a);
      }
    }
  }
}

TEST(DnnlEngine, SlabsNeedLessMemory) {
  const model::Model model = test::random_model();
  const Size3 large{512, 512, 400};
  const std::int64_t whole = DnnlEngine(model, Arithmetic::fp32, 1, "whole").memory_needed(large),
                     slabs = DnnlEngine(model, Arithmetic::fp32, 1, "slabs").memory_needed(large);
  EXPECT_LT(double(slabs), 0.52 * double(whole));
  EXPECT_LT(double(slabs), 4.7e9);  // leaves room for CT, image and labels in 6 GB
}

CtVolume ball() {
  CtVolume ct(Grid{.size = {38, 42, 29}, .spacing = {2, 2, 2}});
  std::mt19937 random(3);
  for (std::int64_t z = 0; z < 29; ++z)
    for (std::int64_t y = 0; y < 42; ++y)
      for (std::int64_t x = 0; x < 38; ++x) {
        const double r = std::hypot(double(x) - 18, double(y) - 20, double(z) - 14);
        ct.at(x, y, z) = static_cast<std::int16_t>((r < 9 ? 900 : r < 16 ? 40 : -1000) + int(random() % 60));
      }
  return ct;
}

TEST(Quantise, CalibratesWhatItReports) {
  if (!cpu_has(Arithmetic::int8)) GTEST_SKIP() << "this CPU has no int8: " << cpu_text();
  model::Model model = test::random_model("AnatomyNet", 4);
  test::expect_refused(ErrorKind::usage, {"not calibrated", "quantise"}, [&] {
    make_engine(model, {"onednn", 1, "int8"});
  });
  const CtVolume ct = ball();
  const QuantiseReport report = quantise(model, {ct}, {0.2, 2});
  EXPECT_EQ(report.blocks.size(), 12u);
  EXPECT_GT(report.int8_blocks(), 6u);
  EXPECT_GE(report.dice, 0.8);
  EXPECT_LT(report.dice, 1);
  EXPECT_EQ(read_notes(model).int8.size(), report.int8_blocks());
  const auto reference = std::make_shared<DnnlEngine>(model, Arithmetic::fp32, 2);
  const std::shared_ptr<Engine> whole = make_engine(model, {"onednn", 2, "int8", "whole"}),
                                slabs = make_engine(model, {"onednn", 1, "int8", "slabs"});
  EngineCheck check;
  check_engines(model.info, reference, whole, ct, check);
  EXPECT_GT(check.agreement(), 0.9);
  EXPECT_GT(check.largest_difference, 0);  // int8 did run
  const Size3 size{21, 22, 33};
  const auto image = test::random_image(size);
  EXPECT_TRUE(all_logits(*whole, image, size) == all_logits(*slabs, image, size));
}

TEST(Quantise, LeavesOutWhatLosesAccuracy) {
  if (!cpu_has(Arithmetic::int8)) GTEST_SKIP() << "this CPU has no int8: " << cpu_text();
  model::Model model = test::random_model("AnatomyNet", 4);
  test::expect_refused(ErrorKind::model, {"no block keeps its accuracy"}, [&] {
    quantise(model, {ball()}, {0.0, 1});
  });
  test::expect_refused(ErrorKind::input, {"at least one CT"}, [&] { quantise(model, {}, {}); });
}

TEST(EngineNotes, AreOfTheseWeightsAlone) {
  model::Model model = test::random_model("AnatomyNet", 4);
  EXPECT_EQ(fastest_proven(model), Arithmetic::fp32);
  EngineNotes notes;
  const bool tiles = cpu_has_tiles();
  notes.agreement[bf16_proof(!tiles)] = {0.9995, 0.996, 3};  // of other CPUs
  model.info.engines = notes_text(notes, model);
  EXPECT_EQ(fastest_proven(model), Arithmetic::fp32);
  notes.agreement[bf16_proof(tiles)] = {0.9995, 0.996, 3};
  model.info.engines = notes_text(notes, model);
  EXPECT_EQ(fastest_proven(model), Arithmetic::bf16);
  model::Model other = model;
  other.weights_id = "1";
  EXPECT_EQ(fastest_proven(other), Arithmetic::fp32);
  notes.agreement[bf16_proof(tiles)] = {0.9995, 0.994, 3};  // one organ too far off
  model.info.engines = notes_text(notes, model);
  EXPECT_EQ(fastest_proven(model), Arithmetic::fp32);
  model.info.engines = "{\"weights\": \"" + model.weights_id + "\", \"agreement\": 5}";
  test::expect_refused(ErrorKind::model, {"notes for engines are damaged"}, [&] { fastest_proven(model); });
}

TEST(DnnlEngine, RefusesAnArchitectureThatItDoesNotKnow) {
  const model::Model model = test::random_model("baseline");
  test::expect_refused(ErrorKind::usage, {"baseline", "AnatomyNet", "--engine torch"}, [&] {
    make_engine(model, {"onednn", 1});
  });
  EXPECT_EQ(make_engine(model, {"auto", 1})->name(), "torch");
  EXPECT_EQ(make_engine(test::random_model(), {"auto", 1})->name(), "onednn");
}

TEST(DnnlEngine, LabelsAreTheSameBitsWhateverTheThreads) {
  const model::Model model = test::random_model();
  CtVolume ct(Grid{.size = {42, 37, 26}, .spacing = {2.2, 1.9, 2}});
  std::mt19937 random(3);
  for (auto& v : ct.voxels) v = static_cast<std::int16_t>(random() % 3000 - 1000);
  std::vector<std::vector<std::uint8_t>> labels;
  for (const int threads : {1, 2, 3})
    labels.push_back(Segmenter(model.info, make_engine(model, {"onednn", threads})).run(ct).labels.voxels);
  EXPECT_TRUE(labels[0] == labels[1] && labels[0] == labels[2]);
  EXPECT_NE(*std::max_element(labels[0].begin(), labels[0].end()), 0) << "nothing to compare";
}

}  // namespace
}  // namespace anatomynet::inference
