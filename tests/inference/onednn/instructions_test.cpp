#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "common/near.h"
#include "inference/cpu.h"
#include "inference/engine_notes.h"
#include "inference/kernels/isa.h"
#include "inference/onednn/dnnl_engine.h"

// The oneDNN engine with shipped weights under one instruction set: the build's tests run this once for each,
// by ANATOMYNET_MAX_ISA.
namespace anatomynet::inference {
namespace {

const model::Model& model() {
  static const model::Model read =
      model::read_model(std::string(ANATOMYNET_SOURCE_DIR) + "/models/anatomynet-openkbp.safetensors");
  return read;
}

std::vector<float> image_of(const Size3& size) {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> value(0, 1);
  std::vector<float> image(static_cast<std::size_t>(size[0] * size[1] * size[2]));
  for (float& v : image) v = value(random);
  return image;
}

std::vector<float> logits(Arithmetic arithmetic, const Size3& size, int threads = 2,
                          const std::string& memory = "whole",
                          DnnlEngine::Tiles tiles = DnnlEngine::Tiles::fitting) {
  DnnlEngine engine(model(), arithmetic, threads, memory, 0, tiles);
  return all_logits(engine, image_of(size), size);
}

double largest(const std::vector<float>& values) {
  double most = 0;
  for (const float v : values) most = test::largest_or_nan(most, std::abs(double(v)));
  return most;
}

// Root mean square of the differences, of that of `expected`.
double error_of(const std::vector<float>& got, const std::vector<float>& expected) {
  double error = 0, all = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    error += std::pow(double(got[i]) - double(expected[i]), 2);
    all += std::pow(double(expected[i]), 2);
  }
  return std::sqrt(error / all);
}

// The instruction set that was asked for, or the test says that it cannot run.
class Instructions : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* asked = std::getenv("ANATOMYNET_MAX_ISA");
    if (asked && std::string(asked) != name_of(max_isa()))
      GTEST_SKIP() << "this CPU has no " << asked << ": " << cpu_text();
  }
  static constexpr Size3 size_{16, 19, 11};
};

TEST_F(Instructions, AreWhatTheEngineSays) {
  EXPECT_EQ(DnnlEngine(model(), Arithmetic::fp32, 1).instructions(), name_of(max_isa()));
}

// bf16 and int8 against fp32: by tiles under amx, int8 by them under generic and by oneDNN between.
TEST_F(Instructions, RoundedPrecisionsStayNear) {
  const auto expected = logits(Arithmetic::fp32, size_);
  const double scale = largest(expected);
  ASSERT_TRUE(scale > 1 && std::isfinite(scale)) << scale;
  for (const Arithmetic a : {Arithmetic::bf16, Arithmetic::int8}) {
    if (!cpu_has(a) || (a == Arithmetic::int8 && read_notes(model()).int8.empty())) continue;
    const auto got = logits(a, size_);
    EXPECT_TRUE(test::all_near(got, expected, 0.1 * scale)) << name_of(a);
    EXPECT_NE(got, expected) << name_of(a) << " was not rounded";
    EXPECT_EQ(got, logits(a, size_, 3)) << name_of(a) << " depends on the number of threads";
    EXPECT_EQ(got, logits(a, size_, 2, "slabs")) << name_of(a) << " depends on the slabs";
  }
}

// A value loses half a unit of 8 bits each time that it is stored, 2^-9 of it at most and about 2^-10.5 as a
// root mean square, thirty times on its way: (0.0007 x sqrt 30 = 0.004) of what the logits are made of, which
// cancels in part.
TEST_F(Instructions, StoredBfloat16LosesWhatItsRoundingCosts) {
  if (max_isa() == Isa::amx) GTEST_SKIP() << "with AMX bf16 is multiplied too";
  for (const Size3& size : {Size3{16, 19, 11}, Size3{33, 7, 22}, Size3{1, 40, 2}}) {
    const double error = error_of(logits(Arithmetic::bf16, size), logits(Arithmetic::fp32, size));
    EXPECT_LT(error, 0.02) << size[0];
    EXPECT_GT(error, 0.0005) << size[0] << ": nothing was rounded";
  }
}

// The whole engine in AMX tiles, on every CPU.
TEST_F(Instructions, AmxTilesInPlainCppStayNearToo) {
  if (max_isa() == Isa::amx) GTEST_SKIP() << "with AMX bf16 runs through them anyway";
  constexpr auto amx = DnnlEngine::Tiles::amx;
  const auto expected = logits(Arithmetic::fp32, size_),
             got = logits(Arithmetic::bf16, size_, 2, "whole", amx);
  EXPECT_LT(error_of(got, expected), 0.03);
  EXPECT_NE(got, logits(Arithmetic::bf16, size_)) << "both are the same arithmetic";
  EXPECT_EQ(got, logits(Arithmetic::bf16, size_, 3, "whole", amx));
  EXPECT_EQ(got, logits(Arithmetic::bf16, size_, 2, "slabs", amx));
}

// Each arithmetic is proven for itself: AMX multiplies bf16, other CPUs store it alone.
TEST_F(Instructions, ProofsAreOfTheArithmetic) {
  EXPECT_EQ(DnnlEngine(model(), Arithmetic::fp32, 1).proof(), "fp32");
  EXPECT_EQ(DnnlEngine(model(), Arithmetic::bf16, 1).proof(), max_isa() == Isa::amx ? "bf16" : "bf16-stored");
  EXPECT_EQ(DnnlEngine(model(), Arithmetic::bf16, 1, "auto", 0, DnnlEngine::Tiles::amx).proof(), "bf16");
}

TEST_F(Instructions, Bfloat16TakesHalfOfTheMemory) {
  constexpr std::int64_t fixed = 64 << 20;  // beside the plan, in each
  for (const std::string memory : {"whole", "slabs"}) {
    const Size3 large{178, 302, 225};
    const std::int64_t floats = DnnlEngine(model(), Arithmetic::fp32, 1, memory).memory_needed(large) - fixed,
                       halves = DnnlEngine(model(), Arithmetic::bf16, 1, memory).memory_needed(large) - fixed;
    EXPECT_LT(double(halves), 0.56 * double(floats)) << memory;  // logits stay floats
    EXPECT_GT(double(halves), 0.45 * double(floats)) << memory;
  }
}

TEST_F(Instructions, GiveTheSameBitsInSlabsAndOnAnyNumberOfThreads) {
  const auto expected = logits(Arithmetic::fp32, size_);
  EXPECT_EQ(expected, logits(Arithmetic::fp32, size_, 3));
  EXPECT_EQ(expected, logits(Arithmetic::fp32, size_, 1, "slabs"));
}

// All is built and taken before the first slab comes out, and a second run of the shape takes nothing more.
TEST_F(Instructions, NothingIsBuiltWhileTheNetworkRuns) {
  for (const Arithmetic a : {Arithmetic::fp32, Arithmetic::bf16}) {
    DnnlEngine engine(model(), a, 2);
    const auto image = image_of(size_);
    std::int64_t built = -1;
    for (int run = 0; run < 2; ++run)
      engine.run(image, size_, [&](auto, auto, auto) {
        if (built < 0) built = engine.primitives_built();
        EXPECT_EQ(engine.primitives_built(), built);
      });
    engine.release();
    EXPECT_EQ(all_logits(engine, image, size_), logits(a, size_));
  }
}

// One voxel that is no number spoils what its receptive field reaches, and a check sees it.
TEST_F(Instructions, NaNComesOutAndFailsTheCheck) {
  for (const Arithmetic a : {Arithmetic::fp32, Arithmetic::bf16}) {
    DnnlEngine engine(model(), a, 2);
    auto image = image_of(size_);
    const auto expected = all_logits(engine, image, size_);
    image[image.size() / 2] = std::numeric_limits<float>::quiet_NaN();
    const auto damaged = all_logits(engine, image, size_);
    EXPECT_TRUE(std::isnan(largest(damaged))) << name_of(a);
    EXPECT_FALSE(test::all_near(damaged, expected, 1e9)) << name_of(a);
  }
}

}  // namespace
}  // namespace anatomynet::inference
