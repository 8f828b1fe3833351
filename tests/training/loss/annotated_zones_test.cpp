#include <gtest/gtest.h>

#include "training/augmentation/augment.h"
#include "training/cases.h"

// Where annotations of part of an organ end (training/data/case.h), and that samples carry it with them.
namespace anatomynet::training {
namespace {

using torch::Tensor;

Sample sample_of(const TrainingCase& c, const AugmentOptions& options, std::uint64_t seed) {
  OrganTable sides = test::three_organs();
  sides.resize(2);
  std::mt19937_64 random(seed);
  return augmented_crop(c, options, mirror_classes(sides), random);
}

// Zones follow the slices that they came from; what is known of one side is known of the other after a flip.
TEST(Augment, MovesZonesWithTheImage) {
  TrainingCase c = test::lopsided_case("a", {20, 18, 40}, 2);
  c.labels.zero_();
  c.labels.slice(0, 14, 25).slice(1, 8, 10).slice(2, 9, 11).fill_(1);
  c.image = (torch::arange(40) * 10).to(torch::kShort).view({40, 1, 1}).expand({40, 18, 20}).contiguous();
  c.annotated = torch::tensor({0.0f, 0.5f, 0.0f});
  c.partial_extent = {1};
  c.zones = annotated_zones(c.labels, c.partial_extent, 3);
  AugmentOptions options = no_augmentation({8, 8, 14});  // within the case however it is turned
  options.flip = true;
  options.organ_centred = 1;
  for (const double rotation : {0.0, 20.0}) {
    options.rotation = rotation;
    int flipped = 0;
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
      const Sample s = sample_of(c, options, seed);
      const bool left = s.annotated[1].item<float>() == 0.5f;
      flipped += !left;
      ASSERT_EQ(s.annotated[left ? 2 : 1].item<float>(), 0);
      const Tensor unknown = s.known.index({s.zones.to(torch::kLong)}).select(3, left ? 1 : 2).logical_not();
      const Tensor beyond = (s.image < 134) | (s.image > 246), within = (s.image > 136) & (s.image < 244);
      EXPECT_FALSE((unknown & within).any().item<bool>());
      EXPECT_FALSE((unknown.logical_not() & beyond).any().item<bool>());
      EXPECT_TRUE(within.any().item<bool>() && beyond.any().item<bool>());
    }
    EXPECT_GT(flipped, 0);
    EXPECT_LT(flipped, 12);
  }
  const Sample around = sample_of(c, no_augmentation({24, 22, 44}), 1);
  EXPECT_TRUE((around.zones.masked_select(around.image < -900) == 0).all().item<bool>());  // air is known
}

TEST(AnnotatedZones, FollowFirstAndLastSlices) {
  Tensor labels = torch::zeros({6, 2, 2}, torch::kByte);
  labels[1][0][0] = 1;
  labels[3][1][1] = 1;
  labels[2][0][1] = 2;
  labels[5][0][1] = 2;
  EXPECT_FALSE(annotated_zones(labels, {}, 4).of_slice.defined());
  const AnnotatedZones zones = annotated_zones(labels, {1, 2, 3}, 4);  // class 3 has no voxel: known nowhere
  for (std::int64_t z = 0; z < 6; ++z) {
    const Tensor known = zones.known[zones.of_slice[z].item<int>()];
    EXPECT_TRUE(known[0].item<bool>());
    EXPECT_EQ(known[1].item<bool>(), z >= 1 && z <= 3) << z;
    EXPECT_EQ(known[2].item<bool>(), z >= 2) << z;
    EXPECT_FALSE(known[3].item<bool>()) << z;
  }
  EXPECT_TRUE(zones.known[0].all().item<bool>());  // what lies outside the volume
}

}  // namespace
}  // namespace anatomynet::training
