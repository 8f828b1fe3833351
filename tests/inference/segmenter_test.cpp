#include "inference/segmenter.h"

#include <cmath>

#include <gtest/gtest.h>

#include "common/grids.h"
#include "common/refusal.h"
#include "core/memory.h"

namespace anatomynet::inference {
namespace {

// A patient of two balls in a body of 0 HU: bright on the left, dark on the right, nothing symmetric.
constexpr Vec3 left_ball{34, -6, 12}, right_ball{-31, 9, -14};
constexpr double left_radius = 17, right_radius = 13;
constexpr std::uint8_t left_id = 6, right_id = 7;

std::uint8_t truth_at(const Vec3& p) {
  if (test::distance(p, left_ball) < left_radius) return left_id;
  return test::distance(p, right_ball) < right_radius ? right_id : 0;
}

template <class Visit>
void for_each_voxel(const Grid& g, Visit visit) {
  for (std::int64_t z = 0; z < g.size[2]; ++z)
    for (std::int64_t y = 0; y < g.size[1]; ++y)
      for (std::int64_t x = 0; x < g.size[0]; ++x)
        visit(x, y, z, g.to_world({double(x), double(y), double(z)}));
}

CtVolume patient(const Grid& grid) {
  CtVolume ct(grid);
  for_each_voxel(grid, [&](auto x, auto y, auto z, const Vec3& p) {
    const std::uint8_t organ = truth_at(p);
    ct.at(x, y, z) = static_cast<std::int16_t>(organ == left_id ? 1000 : organ == right_id ? -1000 : 0);
  });
  return ct;
}

// About the patient's centre, whatever the direction of its axes.
Grid around_the_patient(const Mat3& direction, const Vec3& spacing, double half_width_mm = 70) {
  Grid g{.spacing = spacing, .direction = direction};
  Vec3 first{};
  for (int k = 0; k < 3; ++k) {
    g.size[k] = std::llround(2 * half_width_mm / spacing[k]) + k;  // sizes differ
    first[k] = -double(g.size[k] - 1) / 2;
  }
  g.origin = g.to_world(first);
  return g;
}

// Knows bright from dark: scores are linear in the scaled HU, so they survive interpolation.
class BrightAndDark : public Engine {
 public:
  std::string name() const override { return "bright and dark"; }
  std::int64_t channels() const override { return 3; }
  Arithmetic arithmetic() const override { return Arithmetic::fp32; }
  void run(std::span<const float> image, const Size3& size, const LogitsSink& sink) override {
    ++runs;
    seen_size = size;
    seen.assign(image.begin(), image.end());
    const std::int64_t plane = size[0] * size[1];
    // Slabs of uneven thickness: 1, 2, 3, 1, 2, 3 ... slices.
    for (std::int64_t z = 0, step = 1; z < size[2]; z += step, step = step % 3 + 1) {
      step = std::min(step, size[2] - z);
      const auto part = image.subspan(z * plane, step * plane);
      std::vector<float> scores;
      for (const float shift : {0.0f, -0.75f, 0.25f})
        for (const float v : part) scores.push_back(shift == 0 ? 0 : shift < 0 ? v + shift : shift - v);
      sink(scores, z, step);
    }
  }
  std::int64_t memory_needed(const Size3&) const override { return needed; }

  int runs = 0;
  std::int64_t needed = 1000;
  Size3 seen_size{};
  std::vector<float> seen;
};

model::ModelInfo two_sides(std::optional<Vec3> spacing) {
  model::ModelInfo info;
  info.organs = {*find_organ(standard_organs(), left_id), *find_organ(standard_organs(), right_id)};
  info.hu_low = -1000;
  info.hu_high = 1000;
  info.spacing = spacing;
  return info;
}

struct Found {
  double dice = 0;
  Vec3 centroid{};
};

Found measure(const LabelVolume& labels, std::uint8_t id) {
  Found f;
  double both = 0, found = 0, truth = 0;
  // Around an oblique volume the network sees air, which this engine calls dark; its scores reach the rim.
  const auto at_the_rim = [&](std::int64_t i, int k) { return i < 3 || i >= labels.grid.size[k] - 3; };
  for_each_voxel(labels.grid, [&](auto x, auto y, auto z, const Vec3& p) {
    if (at_the_rim(x, 0) || at_the_rim(y, 1) || at_the_rim(z, 2)) return;
    const bool a = labels.at(x, y, z) == id, b = truth_at(p) == id;
    both += a && b;
    found += a;
    truth += b;
    if (a)
      for (int k = 0; k < 3; ++k) f.centroid[k] += p[k];
  });
  for (double& c : f.centroid) c /= found;
  f.dice = 2 * both / (found + truth);
  return f;
}

void expect_same_geometry(const Grid& a, const Grid& b) {
  EXPECT_EQ(a.size, b.size);
  EXPECT_EQ(a.spacing, b.spacing);
  EXPECT_EQ(a.origin, b.origin);
  EXPECT_EQ(a.direction, b.direction);
}

void expect_found(const Grid& grid, const std::optional<Vec3>& spacing, double least_dice, double off_mm) {
  const Segmentation s = Segmenter(two_sides(spacing), std::make_shared<BrightAndDark>()).run(patient(grid));
  expect_same_geometry(s.labels.grid, grid);
  const Found left = measure(s.labels, left_id), right = measure(s.labels, right_id);
  EXPECT_GE(left.dice, least_dice);
  EXPECT_GE(right.dice, least_dice);
  EXPECT_LT(test::distance(left.centroid, left_ball), off_mm);
  EXPECT_LT(test::distance(right.centroid, right_ball), off_mm);
}

TEST(Segmenter, IsExactOnTheCtsOwnSpacingForAllAxes) {
  for (const Mat3& axes : test::axis_directions()) {
    const Grid grid = around_the_patient(axes, {3, 4, 5});
    const Segmentation s = Segmenter(two_sides({}), std::make_shared<BrightAndDark>()).run(patient(grid));
    expect_same_geometry(s.labels.grid, grid);
    for_each_voxel(
        grid, [&](auto x, auto y, auto z, const Vec3& p) { ASSERT_EQ(s.labels.at(x, y, z), truth_at(p)); });
  }
}

// The curve turns the left organ round: everywhere at 0 HU, and not in its ball.
TEST(Segmenter, AddsWhatTheCtsOwnHuSaysForAllAxes) {
  auto info = two_sides(std::nullopt);
  info.hu_curves = {{info.organs[0].name, {{-1000, 0, 1000}, {0, 1, -1}}, "nobody"}};
  const std::vector<Mat3> all = test::axis_directions();
  for (std::size_t i = 0; i < all.size(); i += 5) {
    const CtVolume ct = patient(around_the_patient(all[i], {4, 5, 6}));
    Segmenter segmenter(info, std::make_shared<BrightAndDark>());
    const LabelVolume labels = segmenter.run(ct).labels;
    for_each_voxel(ct.grid, [&](auto x, auto y, auto z, const Vec3& p) {
      const std::uint8_t truth = truth_at(p);
      const int expected = truth == 0 ? left_id : truth == left_id ? 0 : right_id;
      ASSERT_EQ(labels.at(x, y, z), expected);
    });
  }
}

// Keeps a block of memory between runs, as engines do.
class WithBlock : public BrightAndDark {
 public:
  static constexpr std::int64_t block = 60 << 20;

  void run(std::span<const float> image, const Size3& size, const LogitsSink& sink) override {
    block_.assign(block, 1);
    BrightAndDark::run(image, size, sink);
  }
  void release() override {
    ++releases;
    at_release = resident_memory();
    block_ = std::vector<char>();
  }

  int releases = 0;
  std::int64_t at_release = 0;

 private:
  std::vector<char> block_;
};

// Of the label map's 51 MB nothing lies beside the network's block, and of the block nothing beside the label
// map.
TEST(Segmenter, MakesLabelsOnceTheNetworksMemoryIsFree) {
  constexpr std::int64_t slack = 25 << 20;
  Grid grid = around_the_patient(test::axis_directions()[0], {0.3, 0.3, 0.6}, 70);
  const CtVolume ct = patient(grid);
  const std::int64_t labels = grid.voxel_count();
  ASSERT_GT(labels, 3 * slack / 2) << "this case tells nothing";
  const auto engine = std::make_shared<WithBlock>();
  Segmenter segmenter(two_sides(Vec3{4, 4, 4}), engine);
  const LabelVolume kept = segmenter.run(ct).labels;
  EXPECT_EQ(engine->releases, 0);

  engine->release();
  engine->keep_memory(false);
  const std::int64_t before = resident_memory();
  const LabelVolume freed = segmenter.run(ct).labels;
  EXPECT_EQ(engine->releases, 2);
  EXPECT_GT(engine->at_release - before, WithBlock::block - slack);
  EXPECT_LT(engine->at_release - before, WithBlock::block + slack);
  EXPECT_LT(resident_memory() - before, labels + slack);
  EXPECT_EQ(freed.voxels, kept.voxels);
}

TEST(Segmenter, LeavesLeftLeftOnEveryGrid) {
  for (const Mat3& axes : test::axis_directions())
    expect_found(around_the_patient(axes, {2.1, 3, 2.5}), Vec3{3, 3, 3}, 0.92, 0.5);
  for (const bool mirrored : {false, true})
    for (const double tilt : {0.2, 0.7, 2.0})
      expect_found(around_the_patient(test::rotation(tilt, tilt / 3, -tilt / 2, mirrored), {1.9, 2, 2.5}),
                   Vec3{2.5, 2.5, 3}, 0.93, 0.5);
}

// Slices at `gaps` along the third axis of a grid about the patient.
UnevenSlices uneven_slices(const Mat3& direction, const std::vector<double>& gaps, double pixel) {
  std::vector<double> mm{0};
  for (const double gap : gaps) mm.push_back(mm.back() + gap);
  Grid first = around_the_patient(direction, {pixel, pixel, 1}, 70);
  Vec3 corner{double(first.size[0] - 1) / -2, double(first.size[1] - 1) / -2, -mm.back() / 2};
  first.origin = {0, 0, 0};
  first.origin = first.to_world(corner);
  return {first, mm};
}

CtVolume patient(const UnevenSlices& slices) {
  CtVolume ct(slices.on_slices());
  const auto plane = static_cast<std::ptrdiff_t>(ct.grid.size[0] * ct.grid.size[1]);
  for (std::int64_t z = 0; z < slices.count(); ++z) {
    Grid one = slices.even();
    one.size[2] = 1;
    one.origin = slices.origin_of(z);
    const CtVolume slice = patient(one);
    std::copy(slice.voxels.begin(), slice.voxels.end(), ct.voxels.begin() + z * plane);
  }
  return ct;
}

double ball_ml(double radius) { return 4.0 / 3 * std::acos(-1.0) * radius * radius * radius / 1000; }

// Blocks as planning CTs have them, mixed distances, and a coarse head.
const std::vector<std::vector<double>>& uneven_stacks() {
  static const std::vector<std::vector<double>> stacks = [] {
    std::vector<std::vector<double>> all(3);
    all[0].assign(24, 3);
    all[0].insert(all[0].end(), 14, 5);
    for (int i = 0; i < 110; ++i) all[1].push_back(i * i % 7 < 3 ? 1 : 1.5);
    all[2].assign(12, 7);
    all[2].insert(all[2].end(), 14, 4);
    return all;
  }();
  return stacks;
}

TEST(Segmenter, TakesUnevenSlicesWhereTheyAre) {
  const std::vector<Mat3> directions = test::axis_directions();
  for (const std::vector<double>& gaps : uneven_stacks())
    for (std::size_t i = 0; i < directions.size(); i += 7) {  // each axis along the slices, both ways
      const Mat3& axes = directions[i];
      const UnevenSlices slices = uneven_slices(axes, gaps, 2);
      const Segmentation s = Segmenter(two_sides(Vec3{2, 2, 2.5}), std::make_shared<BrightAndDark>())
                                 .run(patient(slices), slices);
      expect_same_geometry(s.labels.grid, slices.even());
      EXPECT_EQ(slices.to_even(slices.to_slices(s.labels)).voxels, s.labels.voxels);
      const std::vector<double> ml = slices.volumes_ml(s.labels);
      EXPECT_NEAR(ml[left_id] / ball_ml(left_radius), 1, 0.04);
      EXPECT_NEAR(ml[right_id] / ball_ml(right_radius), 1, 0.08);
      const Found left = measure(s.labels, left_id), right = measure(s.labels, right_id);
      EXPECT_GE(left.dice, 0.88);
      EXPECT_GE(right.dice, 0.86);
      EXPECT_LT(test::distance(left.centroid, left_ball), 1.5);
      EXPECT_LT(test::distance(right.centroid, right_ball), 1.5);
    }
}

TEST(Segmenter, TakesUnevenSlicesOfATiltedStack) {
  for (const double tilt : {0.05, 0.32})
    for (const std::vector<double>& gaps : uneven_stacks()) {
      const UnevenSlices slices = uneven_slices(test::rotation(0, 0, tilt), gaps, 2);
      const Segmentation s = Segmenter(two_sides(Vec3{2, 2, 2.5}), std::make_shared<BrightAndDark>())
                                 .run(patient(slices), slices);
      const Found left = measure(s.labels, left_id), right = measure(s.labels, right_id);
      EXPECT_GE(left.dice, 0.85);
      EXPECT_GE(right.dice, 0.82);
      EXPECT_LT(test::distance(left.centroid, left_ball), 1);
      EXPECT_LT(test::distance(right.centroid, right_ball), 1.5);
    }
}

TEST(Segmenter, WorksUpAndDownInSpacing) {
  const Mat3 direction = test::rotation(0.1, -0.2, 0.3);
  for (const Vec3& own : {Vec3{1, 1, 3}, Vec3{4, 4, 2.5}})
    for (const Vec3& model : {Vec3{1.3, 1.3, 1.3}, Vec3{4, 4, 4}, Vec3{0.9, 3, 5}})
      expect_found(around_the_patient(direction, own, 66), model, 0.85, 0.6);
}

TEST(Segmenter, ShowsTheEngineTheScaledVolumeInLps) {
  const auto engine = std::make_shared<BrightAndDark>();
  const Grid grid = around_the_patient(test::axis_directions()[29], {2, 3, 4});
  model::ModelInfo info = two_sides(Vec3{3, 3, 3});
  info.hu_low = -500;
  info.hu_high = 500;
  Segmenter segmenter(info, engine);
  const Segmentation s = segmenter.run(patient(grid));
  EXPECT_EQ(engine->runs, 1);
  EXPECT_EQ(engine->seen_size, s.network_grid.size);
  EXPECT_EQ(s.network_grid.spacing, (Vec3{3, 3, 3}));
  for (int k = 0; k < 3; ++k) EXPECT_EQ(s.network_grid.direction[k][k], 1);
  const auto value_at = [&](const Vec3& p) {
    const Vec3 i = s.network_grid.to_index(p);
    return engine->seen[static_cast<std::size_t>(
        s.network_grid.offset(std::lround(i[0]), std::lround(i[1]), std::lround(i[2])))];
  };
  EXPECT_EQ(value_at(left_ball), 1);  // 1000 HU, clipped
  EXPECT_EQ(value_at(right_ball), 0);
  EXPECT_FLOAT_EQ(value_at({0, 30, 30}), 0.5);
  for (const float v : engine->seen) ASSERT_TRUE(v >= 0 && v <= 1);
}

TEST(Segmenter, ReportsProgressToItsEnd) {
  std::vector<double> shares;
  Segmenter(two_sides({}), std::make_shared<BrightAndDark>())
      .run(patient(around_the_patient(test::rotation(0, 0, 0), {5, 5, 5})),
           [&](std::string_view stage, double share) {
             EXPECT_FALSE(stage.empty());
             shares.push_back(share);
           });
  ASSERT_GT(shares.size(), 2u);
  EXPECT_TRUE(std::is_sorted(shares.begin(), shares.end()));
  EXPECT_EQ(shares.back(), 1);
}

TEST(Segmenter, RefusesAVolumeTooSmallForTheNetwork) {
  const auto engine = std::make_shared<BrightAndDark>();
  const auto refused = [&](const Size3& size, const Vec3& spacing, const std::string& part) {
    const CtVolume ct(Grid{.size = size, .spacing = spacing});
    test::expect_refused(ErrorKind::input, {"too small", part}, [&] {
      Segmenter(two_sides(Vec3{2, 2, 2}), engine).run(ct);
    });
  };
  refused({40, 40, 7}, {2, 2, 2}, "40 x 40 x 7");
  refused({40, 40, 40}, {2, 0.3, 2}, "40 x 6 x 40");
  refused({1, 1, 1}, {2, 2, 2}, "1 x 1 x 1");
  EXPECT_EQ(engine->runs, 0);
  EXPECT_NO_THROW(Segmenter(two_sides(Vec3{2, 2, 2}), engine)
                      .run(CtVolume(Grid{.size = {8, 8, 8}, .spacing = {2, 2, 2}})));
}

TEST(Segmenter, RefusesBeforeAnyWorkWhatDoesNotFitInMemory) {
  const auto engine = std::make_shared<BrightAndDark>();
  engine->needed = 123'456'000'000'000'000;
  const CtVolume ct(Grid{.size = {16, 16, 16}});
  test::expect_refused(ErrorKind::memory, {"16 x 16 x 16", "123456000.0 GB", " are available"},
                       [&] { Segmenter(two_sides({}), engine).run(ct); });
  EXPECT_EQ(engine->runs, 0);
}

TEST(Segmenter, CountsItsOwnMemoryToo) {
  const Segmenter segmenter(two_sides({}), std::make_shared<BrightAndDark>());
  Grid grid{.size = {512, 512, 200}};
  const std::int64_t voxels = grid.voxel_count();
  EXPECT_GE(segmenter.memory_needed(grid), voxels * (4 + 1));  // the network's image, labels
  EXPECT_LE(segmenter.memory_needed(grid), voxels * 9);
  for (int r = 0; r < 3; ++r) grid.direction[r][1] = -grid.direction[r][1];
  EXPECT_GE(segmenter.memory_needed(grid), voxels * (4 + 1 + 2 + 1));  // HU and labels turned besides
}

TEST(Segmenter, RefusesAnEngineOfOtherChannels) {
  model::ModelInfo info = two_sides({});
  info.organs.pop_back();
  test::expect_refused(ErrorKind::internal, {"size"}, [&] {
    Segmenter(info, std::make_shared<BrightAndDark>()).run(CtVolume(Grid{.size = {16, 16, 16}}));
  });
}

}  // namespace
}  // namespace anatomynet::inference
