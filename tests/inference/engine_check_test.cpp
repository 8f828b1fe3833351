#include "inference/engine_check.h"

#include <limits>

#include <gtest/gtest.h>

#include "common/refusal.h"

namespace anatomynet::inference {
namespace {

constexpr Size3 size{12, 10, 9};
constexpr std::int64_t voxels = 12 * 10 * 9;

// Class 1 where the image is bright; `change` may spoil the logits.
class Bright : public Engine {
 public:
  explicit Bright(std::function<void(std::vector<float>&)> change = {}) : change_(std::move(change)) {}
  std::string name() const override { return "bright"; }
  std::int64_t channels() const override { return 2; }
  Arithmetic arithmetic() const override { return Arithmetic::fp32; }
  std::int64_t memory_needed(const Size3&) const override { return 0; }
  void run(std::span<const float> image, const Size3& of, const LogitsSink& sink) override {
    std::vector<float> logits(2 * image.size());
    for (std::size_t i = 0; i < image.size(); ++i) logits[image.size() + i] = image[i] - 0.5f;
    if (change_) change_(logits);
    sink(logits, 0, of[2]);
  }

 private:
  std::function<void(std::vector<float>&)> change_;
};

CtVolume ct() {
  CtVolume volume(Grid{.size = size, .spacing = {2, 2, 2}});
  for (std::size_t i = 0; i < volume.voxels.size(); ++i)
    volume.voxels[i] = static_cast<std::int16_t>(i % 7 < 2 ? 2500 : -900);
  return volume;
}

EngineCheck checked(std::function<void(std::vector<float>&)> reference,
                    std::function<void(std::vector<float>&)> other) {
  model::ModelInfo info{.name = "test", .organs = standard_organs()};
  info.organs.resize(1);
  EngineCheck check;
  check_engines(info, std::make_shared<Bright>(std::move(reference)),
                std::make_shared<Bright>(std::move(other)), ct(), check);
  return check;
}

TEST(EngineCheck, FindsEqualEnginesEqual) {
  EngineCheck check = checked({}, {});
  EXPECT_EQ(check.largest_difference, 0);
  EXPECT_GT(check.largest_logit, 0.4);
  EXPECT_EQ(check.voxels, voxels);
  EXPECT_EQ(check.same, voxels);
  EXPECT_EQ(check.least_dice(), 1);
  ASSERT_FALSE(check.organs.empty());
  check.organs.front().dice = 0.5;
  EXPECT_EQ(check.least_dice(), 0.5);
  check.by_shape.insert(check.organs.front().id);  // the network's voxels of it go
  EXPECT_EQ(check.least_dice(), 1);
  ASSERT_EQ(check.organs.size(), 1u);
  EXPECT_GT(check.organs[0].truth, 0);
}

TEST(EngineCheck, FindsTheLargestDifference) {
  const EngineCheck check = checked({}, [](std::vector<float>& logits) { logits[voxels + 5] += 2.5f; });
  EXPECT_FLOAT_EQ(static_cast<float>(check.largest_difference), 2.5f);
  EXPECT_EQ(check.same, voxels - 1);
}

TEST(EngineCheck, FailsWhereALogitIsNoNumber) {
  for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    for (const std::size_t at : {std::size_t{0}, std::size_t{3}, std::size_t{2 * voxels - 1}}) {
      const auto spoil = [&](std::vector<float>& logits) { logits[at] = value; };
      test::expect_refused(ErrorKind::model, {"bright", "fp32", "no finite numbers"},
                           [&] { checked({}, spoil); });
      test::expect_refused(ErrorKind::model, {"bright", "fp32", "no finite numbers"},
                           [&] { checked(spoil, {}); });
      test::expect_refused(ErrorKind::model, {"no finite numbers"}, [&] { checked(spoil, spoil); });
    }
}

}  // namespace
}  // namespace anatomynet::inference
