#include "inference/refiner.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "common/grids.h"
#include "common/refusal.h"
#include "core/error.h"
#include "core/known_organs.h"
#include "inference/segmenter.h"

namespace anatomynet::inference {
namespace {

constexpr std::uint8_t other_id = 200;
constexpr double radius = 11;
constexpr std::int16_t gland_hu = 500, fat_hu = -100;

OrganTable both_glands() {
  return {*find_organ(known_organs(), "Glnd_Submand_L"), *find_organ(known_organs(), "Glnd_Submand_R")};
}

// The second network: what is bright is the organ, by a margin that is linear in the image, so that it
// survives interpolation.
class Bright : public Engine {
 public:
  std::string name() const override { return "bright"; }
  Arithmetic arithmetic() const override { return Arithmetic::fp32; }
  std::int64_t channels() const override { return 2; }
  void run(std::span<const float> image, const Size3& size, const LogitsSink& sink) override {
    seen.emplace_back(image.begin(), image.end());
    seen_size = size;
    const std::int64_t plane = size[0] * size[1];
    for (std::int64_t z = 0; z < size[2]; ++z) {
      std::vector<float> logits(static_cast<std::size_t>(2 * plane));
      for (std::int64_t i = 0; i < plane; ++i) {
        const float v = image[static_cast<std::size_t>(z * plane + i)] - 0.5F + offset;
        logits[static_cast<std::size_t>(i)] = -4 * v;
        logits[static_cast<std::size_t>(plane + i)] = 4 * v;
      }
      sink(logits, z, 1);
    }
  }
  std::int64_t memory_needed(const Size3&) const override { return 1000; }
  void release() override { ++released; }

  float offset = 0;
  int released = 0;
  Size3 seen_size{};
  std::vector<std::vector<float>> seen;
};

model::Refinement of_glands() {
  model::Refinement r;
  r.organs = {{"Glnd_Submand_L", false, {}}, {"Glnd_Submand_R", true, {}}};
  r.architecture = "AnatomyNet";
  r.size = {32, 32, 24};
  r.spacing = {1.5, 1.5, 2};
  r.hu_low = fat_hu;
  r.hu_high = gland_hu;
  r.weights.resize(1);
  return r;
}

class Refiners : public testing::Test {
 protected:
  // A bright ball on the left and one on the right, in fat; smooth at the border, so that half is the radius.
  void make(const Grid& grid, const AxisPositions* uneven = nullptr) {
    ct_ = CtVolume(grid);
    labels_ = LabelVolume(grid);
    for (std::int64_t z = 0; z < grid.size[2]; ++z)
      for (std::int64_t y = 0; y < grid.size[1]; ++y)
        for (std::int64_t x = 0; x < grid.size[0]; ++x) {
          const Vec3 p = place(x, y, z, uneven);
          const double inside =
              std::max(radius - test::distance(p, left_), radius - test::distance(p, right_));
          const double share = std::clamp(0.5 + inside / 6, 0.0, 1.0);
          ct_.at(x, y, z) = static_cast<std::int16_t>(std::lround(fat_hu + share * (gland_hu - fat_hu)));
        }
  }

  Vec3 place(std::int64_t x, std::int64_t y, std::int64_t z, const AxisPositions* uneven) const {
    const double at = uneven ? uneven->mm_of(double(z)) / ct_.grid.spacing[2] : double(z);
    return ct_.grid.to_world({double(x), double(y), at});
  }

  // What the first network drew: a cube that is too small and off by some mm.
  void draw(std::uint8_t id, const Vec3& about, const AxisPositions* uneven = nullptr) {
    for (std::int64_t z = 0; z < ct_.grid.size[2]; ++z)
      for (std::int64_t y = 0; y < ct_.grid.size[1]; ++y)
        for (std::int64_t x = 0; x < ct_.grid.size[0]; ++x) {
          const Vec3 p = place(x, y, z, uneven);
          if (std::abs(p[0] - about[0] - 3) < 7 && std::abs(p[1] - about[1] + 2) < 7 &&
              std::abs(p[2] - about[2]) < 7)
            labels_.at(x, y, z) = id;
        }
  }

  std::shared_ptr<Refiner> refiner(const model::Refinement& refinement = of_glands()) {
    return std::make_shared<Refiner>(std::vector{refinement}, both_glands(), [&](const model::Model& model) {
      made_of_ = model;
      return engine_;
    });
  }

  // Dice of a label with the ball about `centre`.
  double dice(std::uint8_t id, const Vec3& centre, const AxisPositions* uneven = nullptr) const {
    double both = 0, sum = 0;
    for (std::int64_t z = 0; z < ct_.grid.size[2]; ++z)
      for (std::int64_t y = 0; y < ct_.grid.size[1]; ++y)
        for (std::int64_t x = 0; x < ct_.grid.size[0]; ++x) {
          const bool is = labels_.at(x, y, z) == id,
                     truth = test::distance(place(x, y, z, uneven), centre) < radius;
          both += is && truth;
          sum += is + truth;
        }
    return 2 * both / sum;
  }

  const std::uint8_t left_id_ = static_cast<std::uint8_t>(both_glands()[0].id),
                     right_id_ = static_cast<std::uint8_t>(both_glands()[1].id);
  const Vec3 left_{32, -4, 5}, right_{-31, 6, -3};
  const Grid grid_{{60, 40, 36}, {2.2, 2.2, 2.5}, {-65, -43, -44}};
  std::shared_ptr<Bright> engine_ = std::make_shared<Bright>();
  model::Model made_of_;
  CtVolume ct_;
  LabelVolume labels_;
  Confidence none_;
};

TEST_F(Refiners, DrawTheOrganAnewOnTheCtsOwnVoxels) {
  make(grid_);
  draw(left_id_, left_);
  draw(right_id_, right_);
  EXPECT_LT(dice(left_id_, left_), 0.7);
  const LabelVolume first = labels_;
  const std::vector<Redrawn> redrawn = refiner()->refine(ct_, nullptr, labels_, none_);
  EXPECT_GT(dice(left_id_, left_), 0.97);
  EXPECT_GT(dice(right_id_, right_), 0.97);
  ASSERT_EQ(redrawn.size(), 2u);
  EXPECT_EQ(redrawn[0].id, left_id_);
  EXPECT_FALSE(redrawn[0].kept);
  double both = 0, sum = 0;
  for (std::size_t i = 0; i < first.voxels.size(); ++i) {
    both += first.voxels[i] == left_id_ && labels_.voxels[i] == left_id_;
    sum += (first.voxels[i] == left_id_) + (labels_.voxels[i] == left_id_);
  }
  EXPECT_NEAR(redrawn[0].agreement, 2 * both / sum, 1e-9);
  EXPECT_EQ(engine_->seen_size, (Size3{32, 32, 24}));
  EXPECT_EQ(engine_->seen.size(), 2u) << "a box an organ";
  EXPECT_EQ(engine_->released, 1) << "no memory is kept";
  EXPECT_EQ(made_of_.info.organs.size(), 1u);
}

TEST_F(Refiners, ShowTheOtherSideMirrored) {
  make(grid_);
  draw(left_id_, left_);
  draw(right_id_, right_);
  refiner()->refine(ct_, nullptr, labels_, none_);
  // The cubes lie 3 mm too far left of their balls: in its box the left ball lies to the right of the middle,
  // and the right one, mirrored, to the left.
  const auto middle = [&](const std::vector<float>& box) {
    double sum = 0, weight = 0;
    for (std::size_t i = 0; i < box.size(); ++i) {
      weight += box[i];
      sum += box[i] * double(i % 32);
    }
    return sum / weight - 15.5;
  };
  EXPECT_NEAR(middle(engine_->seen[0]) * 1.5, -3, 0.8);
  EXPECT_NEAR(middle(engine_->seen[1]) * 1.5, 3, 0.8);
}

TEST_F(Refiners, LeaveOtherOrgansAndTakeAwayWhatLiesElsewhere) {
  make(grid_);
  draw(left_id_, left_);
  labels_.at(2, 2, 2) = left_id_;  // a speck far away
  std::int64_t others = 0;
  for (std::int64_t z = 0; z < grid_.size[2]; ++z)
    for (std::int64_t y = 0; y < grid_.size[1]; ++y)
      for (std::int64_t x = 0; x < grid_.size[0]; ++x)
        if (place(x, y, z, nullptr)[2] > left_[2] + 4 && labels_.at(x, y, z) == 0) {
          labels_.at(x, y, z) = other_id;
          ++others;
        }
  refiner()->refine(ct_, nullptr, labels_, none_);
  EXPECT_EQ(labels_.at(2, 2, 2), 0);
  EXPECT_EQ(std::count(labels_.voxels.begin(), labels_.voxels.end(), other_id), others);
  EXPECT_EQ(std::count(labels_.voxels.begin(), labels_.voxels.end(), right_id_), 0)
      << "not drawn, not refined";
}

TEST_F(Refiners, KeepTheFirstContourWhereTheSecondNetworkFindsTheOrganElsewhere) {
  make(grid_);
  draw(left_id_, {left_[0], left_[1] - 19, left_[2]});  // beside the ball, which lies in the box
  const std::vector<std::uint8_t> before = labels_.voxels;
  const std::vector<Redrawn> redrawn = refiner()->refine(ct_, nullptr, labels_, none_);
  ASSERT_EQ(redrawn.size(), 1u);
  EXPECT_TRUE(redrawn[0].kept);
  EXPECT_LT(redrawn[0].agreement, 0.3);
  EXPECT_EQ(labels_.voxels, before);
}

TEST_F(Refiners, KeepTheFirstContourWhereTheSecondNetworkFindsNothing) {
  make(grid_);
  draw(left_id_, left_);
  const std::vector<std::uint8_t> before = labels_.voxels;
  engine_->offset = -2;
  refiner()->refine(ct_, nullptr, labels_, none_);
  EXPECT_EQ(labels_.voxels, before);
}

TEST_F(Refiners, LetTheHuOfTheCtSpeakWithTheNetwork) {
  make(grid_);
  draw(left_id_, left_);
  const LabelVolume first = labels_;
  refiner()->refine(ct_, nullptr, labels_, none_);
  const auto plain = std::count(labels_.voxels.begin(), labels_.voxels.end(), left_id_);
  model::Refinement bright = of_glands();
  bright.organs[0].curve = {{0, 400}, {-8, 0}};  // against what is dark, as fat beside the ball is
  labels_ = first;
  refiner(bright)->refine(ct_, nullptr, labels_, none_);
  const auto drawn = std::count(labels_.voxels.begin(), labels_.voxels.end(), left_id_);
  EXPECT_LT(drawn, plain);
  EXPECT_GT(drawn, plain / 2);
  for (std::size_t i = 0; i < labels_.voxels.size(); ++i)
    if (labels_.voxels[i] == left_id_) {
      EXPECT_GT(ct_.voxels[i], 200) << "where the network's margin of 4 at most does not outweigh it";
    }
}

TEST_F(Refiners, TakeOtherCurvesAndLeaveTheirOwn) {
  make(grid_);
  draw(left_id_, left_);
  const auto plain = refiner();
  std::vector<model::Refinement> brighter{of_glands()};
  brighter[0].organs[0].curve = {{0}, {-1}};
  Refiner other = plain->with_curves(brighter);
  const auto a = plain->look(ct_, nullptr, labels_), b = other.look(ct_, nullptr, labels_);
  ASSERT_EQ(a.size(), 1u);
  ASSERT_EQ(b.size(), 1u);
  for (std::size_t i = 0; i < a[0].margins.size(); ++i)
    ASSERT_NEAR(a[0].margins[i] - 1, b[0].margins[i], 1e-5);
}

TEST_F(Refiners, ShowWhatTheyDecideBy) {
  make(grid_);
  draw(left_id_, left_);
  const LabelVolume first = labels_;
  const std::vector<OrganMargins> seen = refiner()->look(ct_, nullptr, first);
  ASSERT_EQ(seen.size(), 1u) << "of what the first network drew";
  EXPECT_EQ(seen[0].id, left_id_);
  refiner()->refine(ct_, nullptr, labels_, none_);
  auto margin = seen[0].margins.begin();
  const LabelBox& box = seen[0].box;
  for (std::int64_t z = box.low[2]; z < box.low[2] + box.size[2]; ++z)
    for (std::int64_t y = box.low[1]; y < box.low[1] + box.size[1]; ++y)
      for (std::int64_t x = box.low[0]; x < box.low[0] + box.size[0]; ++x)
        ASSERT_EQ(labels_.at(x, y, z) == left_id_, *margin++ > 0);
  EXPECT_EQ(margin, seen[0].margins.end());
}

TEST_F(Refiners, WorkWhereTheBoxReachesOutOfTheCt) {
  Grid cut = grid_;
  cut.size = {60, 40, 20};  // ends within the left ball
  make(cut);
  draw(left_id_, left_);
  refiner()->refine(ct_, nullptr, labels_, none_);
  EXPECT_GT(dice(left_id_, left_), 0.96);
}

TEST_F(Refiners, FollowUnevenSlices) {
  AxisPositions uneven{2, {0}};
  for (std::int64_t z = 1; z < grid_.size[2]; ++z) uneven.mm.push_back(uneven.mm.back() + (z < 20 ? 2 : 3.5));
  ct_.grid = grid_;
  make(grid_, &uneven);
  draw(left_id_, left_, &uneven);
  ASSERT_GT(std::count(labels_.voxels.begin(), labels_.voxels.end(), left_id_), 0);
  refiner()->refine(ct_, &uneven, labels_, none_);
  EXPECT_GT(dice(left_id_, left_, &uneven), 0.96);
}

TEST_F(Refiners, StateHowSureTheSecondNetworkIs) {
  make(grid_);
  draw(left_id_, left_);
  Confidence confidence{{left_id_, 1, 0.1, 1, 0.1, {}}, {other_id, 7, 0.5, 7, 0.5, {}}};
  refiner()->refine(ct_, nullptr, labels_, confidence);
  ASSERT_EQ(confidence.size(), 2u);
  const OrganConfidence& c = confidence[0];
  EXPECT_EQ(c.voxels, std::count(labels_.voxels.begin(), labels_.voxels.end(), left_id_));
  // A margin of 4 within the ball, of 0 at its border.
  EXPECT_GT(c.mean, 0.85);
  EXPECT_LT(c.mean, 0.983);
  EXPECT_GT(c.boundary_voxels, 100);
  EXPECT_LT(c.boundary_low, 0.65);
  EXPECT_EQ(confidence[1].voxels, 7) << "of the first network";
}

TEST_F(Refiners, OfASegmenterSeeThePatientWhateverTheAxes) {
  // The first network finds the bright left ball roughly, on voxels of 6 mm.
  class Rough : public Bright {
   public:
    std::int64_t channels() const override { return 3; }
    void run(std::span<const float> image, const Size3& size, const LogitsSink& sink) override {
      const std::int64_t plane = size[0] * size[1];
      for (std::int64_t z = 0; z < size[2]; ++z) {
        std::vector<float> logits(static_cast<std::size_t>(3 * plane), -9.F);
        for (std::int64_t i = 0; i < plane; ++i) {
          const bool left = i % size[0] >= size[0] / 2;
          logits[static_cast<std::size_t>(i)] = 0;
          logits[static_cast<std::size_t>((left ? 1 : 2) * plane + i)] =
              image[static_cast<std::size_t>(z * plane + i)] - 0.7F;
        }
        sink(logits, z, 1);
      }
    }
  };
  model::ModelInfo info;
  info.name = "rough";
  info.organs = both_glands();
  info.hu_low = fat_hu;
  info.hu_high = gland_hu;
  info.spacing = Vec3{6, 6, 6};
  const std::vector<Mat3> directions = test::axis_directions();
  for (std::size_t i = 0; i < directions.size(); i += 5) {
    Grid grid{{60, 56, 62}, {2.2, 2.3, 2.1}, {}, directions[i]};
    grid.origin = grid.to_world({-29.5, -27.5, -30.5});
    make(grid);
    labels_ = Segmenter(info, std::make_shared<Rough>(), 0, refiner()).run(CtView(ct_)).labels;
    ASSERT_GT(dice(left_id_, left_), 0.96);
    ASSERT_GT(dice(right_id_, right_), 0.96);
  }
}

TEST_F(Refiners, NameTheRefinementWhoseWeightsDoNotServe) {
  test::expect_refused(
      ErrorKind::model, {"refinement of Glnd_Submand_L, Glnd_Submand_R", "no such tensor"}, [] {
        const Refiner bad({of_glands()}, both_glands(), [](const model::Model&) -> std::shared_ptr<Engine> {
          throw Error(ErrorKind::model, "no such tensor");
        });
      });
  EXPECT_EQ(make_refiner({}, {}, make_engine), nullptr);
}

}  // namespace
}  // namespace anatomynet::inference
