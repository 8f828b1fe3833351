#include "training/augmentation/augment.h"

#include <set>

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "training/augmentation/augment_space.h"
#include "training/cases.h"

namespace anatomynet::training {
namespace {

using torch::Tensor;

Sample sample_of(const TrainingCase& c, const AugmentOptions& options, std::uint64_t seed, int organs = 2) {
  OrganTable table = test::three_organs();
  table.resize(static_cast<std::size_t>(organs));
  std::mt19937_64 random(seed);
  return augmented_crop(c, options, mirror_classes(table), random);
}

TEST(Augment, WithoutMagnitudesIsTheIdentity) {
  for (const Size3& size : {Size3{16, 16, 16}, Size3{19, 24, 11}, Size3{8, 9, 30}}) {
    const TrainingCase c = test::lopsided_case("a", size, 2);
    const Sample s = sample_of(c, no_augmentation(size), 1);
    EXPECT_TRUE(torch::equal(s.image, c.image.to(torch::kFloat)));
    EXPECT_TRUE(torch::equal(s.labels, c.labels));
  }
}

TEST(Augment, FollowsTheSeedAlone) {
  const TrainingCase c = test::lopsided_case("a", {24, 20, 16}, 2);
  AugmentOptions options;
  options.crop = {12, 16, 14};
  int different = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Sample once = sample_of(c, options, seed), again = sample_of(c, options, seed);
    EXPECT_TRUE(torch::equal(once.image, again.image));
    EXPECT_TRUE(torch::equal(once.labels, again.labels));
    different += !torch::equal(once.image, sample_of(c, options, seed + 100).image);
  }
  EXPECT_EQ(different, 10);
}

TEST(Augment, FlipExchangesImageAndSides) {
  const TrainingCase c = test::lopsided_case("a", {18, 15, 12}, 2);
  AugmentOptions options = no_augmentation({18, 15, 12});
  options.flip = true;
  int flipped = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Sample s = sample_of(c, options, seed);
    const Tensor image = c.image.to(torch::kFloat), labels = c.labels;
    if (torch::equal(s.image, image)) {
      EXPECT_TRUE(torch::equal(s.labels, labels));
      continue;
    }
    ++flipped;
    EXPECT_TRUE(torch::equal(s.image, image.flip(2)));
    const Tensor other_side = torch::where(labels > 0, 3 - labels, labels);
    EXPECT_TRUE(torch::equal(s.labels, other_side.flip(2)));
  }
  EXPECT_GT(flipped, 4);
  EXPECT_LT(flipped, 16);
}

// Whatever is done to the patient, the left organ stays on the left.
TEST(Augment, KeepsLeftLeft) {
  const TrainingCase c = test::lopsided_case("a", {28, 24, 20}, 2);
  AugmentOptions options;
  options.crop = {28, 24, 20};
  options.blank = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Tensor labels = sample_of(c, options, seed).labels;
    const Tensor left = (labels == 1).nonzero(), right = (labels == 2).nonzero();
    if (left.size(0) < 30 || right.size(0) < 30) continue;  // cut off
    EXPECT_GT(left.select(1, 2).to(torch::kFloat).mean().item<double>(),
              right.select(1, 2).to(torch::kFloat).mean().item<double>());
  }
}

TEST(Augment, GivesValidSamplesOfTheCropsSize) {
  const TrainingCase c = test::lopsided_case("a", {20, 30, 16}, 3);
  AugmentOptions options;
  options.crop = {16, 12, 24};
  std::set<std::int64_t> seen;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Sample s = sample_of(c, options, seed, 3);
    EXPECT_EQ(s.image.sizes().vec(), (std::vector<std::int64_t>{24, 12, 16}));
    EXPECT_EQ(s.labels.sizes().vec(), (std::vector<std::int64_t>{24, 12, 16}));
    EXPECT_EQ(s.image.scalar_type(), torch::kFloat);
    EXPECT_TRUE(s.image.isfinite().all().item<bool>());
    for (const std::int64_t label :
         {s.labels.min().item<std::int64_t>(), s.labels.max().item<std::int64_t>()})
      seen.insert(label);
  }
  EXPECT_EQ(*seen.begin(), 0);
  EXPECT_EQ(*seen.rbegin(), 2);  // the case has no voxel of class 3
}

TEST(Augment, FillsWithAirAround) {
  const TrainingCase c = test::lopsided_case("a", {12, 12, 12}, 2);
  const Sample s = sample_of(c, no_augmentation({20, 16, 12}), 1);
  EXPECT_TRUE(torch::equal(s.image.slice(2, 4, 16).slice(1, 2, 14), c.image.to(torch::kFloat)));
  Tensor outside = s.image.clone();
  outside.slice(2, 4, 16).slice(1, 2, 14).fill_(-1000);
  EXPECT_TRUE((outside == -1000).all().item<bool>());
  EXPECT_EQ(s.labels.sum().item<std::int64_t>(), c.labels.sum().item<std::int64_t>());
}

TEST(Augment, MovesImageAndLabelsTogether) {
  const TrainingCase c = test::lopsided_case("a", {32, 32, 32}, 2);
  AugmentOptions options = no_augmentation({32, 32, 32});
  options.rotation = 30;
  options.scale = 0.2;
  options.flip = true;
  options.jitter = 0.2;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Sample s = sample_of(c, options, seed);
    const Tensor bright = s.image > 150, organ = s.labels > 0;
    const double both = (bright & organ).sum().item<double>(),
                 all = bright.sum().item<double>() + organ.sum().item<double>();
    ASSERT_GT(all, 400);
    EXPECT_GT(2 * both / all, 0.93) << seed;
  }
}

TEST(Augment, BlanksImageAndLabelsTogether) {
  const TrainingCase c = test::lopsided_case("a", {24, 24, 24}, 2);
  AugmentOptions options = no_augmentation({24, 24, 24});
  options.blank = 1;
  int cut = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Sample s = sample_of(c, options, seed);
    const Tensor changed = (s.image - c.image.to(torch::kFloat)).abs() > 0.05;
    EXPECT_TRUE((s.image.masked_select(changed) == -1000).all().item<bool>());
    EXPECT_EQ(s.labels.masked_select(changed).sum().item<std::int64_t>(), 0);
    // A voxel that kept its image kept its label.
    EXPECT_TRUE(torch::equal(s.labels.masked_fill(changed, 0), c.labels.masked_fill(changed, 0)));
    cut += changed.any().item<bool>();
    EXPECT_LT(changed.to(torch::kFloat).mean().item<double>(), 0.9);
  }
  EXPECT_GT(cut, 15);
}

TEST(Augment, CentresOnOrgans) {
  TrainingCase c = test::lopsided_case("a", {48, 48, 48}, 2);
  c.labels.zero_();
  c.labels[40][5][11] = 2;
  AugmentOptions options = no_augmentation({9, 9, 9});
  options.organ_centred = 1;
  options.jitter = 0.2;
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    EXPECT_EQ((sample_of(c, options, seed).labels == 2).sum().item<std::int64_t>(), 1);
  c.labels.zero_();  // no organ: anywhere
  EXPECT_EQ(sample_of(c, options, 1).labels.sum().item<std::int64_t>(), 0);
}

TEST(MirrorClasses, PairsSidesThatBothExist) {
  EXPECT_EQ(mirror_classes(standard_organs()), (std::vector<std::int64_t>{0, 1, 2, 3, 5, 4, 7, 6, 9, 8}));
  EXPECT_EQ(mirror_classes(test::three_organs()), (std::vector<std::int64_t>{0, 2, 1, 3}));
  EXPECT_EQ(mirror_classes({*find_organ(standard_organs(), "Parotid_R")}), (std::vector<std::int64_t>{0, 1}));
}

// Every effect on: the number of threads, as in the loader's thread or outside it, changes no bit.
TEST(Augment, IsTheSameForAnyNumberOfThreads) {
  TrainingCase c = test::lopsided_case("a", {72, 64, 48}, 2);
  c.image[24][20][36] = 2000;
  AugmentOptions options;
  options.crop = {64, 64, 48};
  options.elastic = options.blur = options.gamma = options.streaks = options.coarse = options.thick_slices =
      1;
  options.corner_jitter = 0.04;
  options.plane_alpha = 300;
  options.plane_sigma = 10;
  const int threads = at::get_num_threads();
  for (const auto labels : {LabelInterpolation::nearest, LabelInterpolation::linear}) {
    options.labels = labels;
    at::set_num_threads(1);
    const Sample alone = sample_of(c, options, 5);
    at::set_num_threads(3);
    const Sample both = sample_of(c, options, 5);
    EXPECT_TRUE(torch::equal(alone.image, both.image));
    EXPECT_TRUE(torch::equal(alone.labels, both.labels));
  }
  at::set_num_threads(threads);
}

SpaceMap space_of(const TrainingCase& c, const AugmentOptions& options, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  return random_space(c, options, random);
}

// A quarter turn about z and twice the size, by hand: voxel (z, y, x) = (10, 12, 15) lies 2 behind and 5 left
// of the middle (10, 10, 10), so it comes to lie 5 * 2 and 2 * 2 from it.
TEST(Space, MovesAVoxelToWhereItShouldBe) {
  TrainingCase c = test::lopsided_case("a", {21, 21, 21}, 2);
  c.image.fill_(0);
  c.labels.zero_();
  c.image[10][12][15] = 1000;
  c.labels[10][12][15] = 1;
  SpaceMap map;
  map.crop = {21, 21, 21};
  map.centre = {10, 10, 10};
  map.m = {{{0.5, 0, 0}, {0, 0, 0.5}, {0, -0.5, 0}}};
  const Sample s = sampled(c, map, LabelInterpolation::nearest, torch::kCPU);
  EXPECT_NEAR(s.image[10][0][14].item<double>(), 1000, 0.1);
  EXPECT_EQ(s.labels[10][0][14].item<int>(), 1);
  EXPECT_NEAR(s.image[11][0][14].item<double>(), 500, 0.1);  // half a voxel on
  EXPECT_NEAR(s.image[10][0][13].item<double>(), 500, 0.1);
  EXPECT_NEAR(s.image[10][2][14].item<double>(), 0, 0.1);
  const auto t = target_position(map, {10, 12, 15});
  EXPECT_NEAR(t[0], 10, 1e-9);
  EXPECT_NEAR(t[1], 0, 1e-9);
  EXPECT_NEAR(t[2], 14, 1e-9);
}

// The image's box is only an economy: what lies far off the middle is found, and beyond the case there is
// air.
TEST(Space, SamplesWhatThePositionsSay) {
  TrainingCase c;
  const auto ramp = [](std::int64_t n) { return torch::arange(n, torch::kFloat); };
  c.image = (ramp(30).view({-1, 1, 1}) * 40 + ramp(26).view({-1, 1}) * 20 + ramp(34) * 10).to(torch::kShort);
  c.labels = torch::zeros({30, 26, 34}, torch::kByte);
  AugmentOptions options;
  options.crop = {20, 16, 18};
  options.elastic = 1;
  options.elastic_spacing = 8;
  options.elastic_voxels = 3;
  options.corner_jitter = 0.04;
  options.jitter = 0.3;
  std::int64_t compared = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const SpaceMap map = space_of(c, options, seed);
    const Tensor p = source_positions(map, torch::kCPU);
    const Sample s = sampled(c, map, LabelInterpolation::nearest, torch::kCPU);
    Tensor inside = torch::ones({18, 16, 20}, torch::kBool), outside = torch::zeros_like(inside);
    for (int k = 0; k < 3; ++k) {
      const auto last = double(c.image.size(k) - 1);
      inside = inside & (p[k] > 0) & (p[k] < last);
      outside = outside | (p[k] < -1.01) | (p[k] > last + 1.01);
    }
    const Tensor expected = p[0] * 40 + p[1] * 20 + p[2] * 10;  // linear interpolation of a ramp is exact
    EXPECT_LT((s.image - expected).masked_fill(~inside, 0).abs().max().item<double>(), 0.05);
    EXPECT_EQ((s.image + 1000).masked_fill(~outside, 0).abs().max().item<double>(), 0);
    compared += inside.sum().item<std::int64_t>();
  }
  EXPECT_GT(compared, 20 * 18 * 16 * 20 / 2);
}

TEST(Space, SplineFieldIsSmoothAndDoesNotFold) {
  std::mt19937_64 random(3);
  const Index3 size{40, 33, 29};
  const Tensor control = random_control_points(size, 8, 3.2, random);
  const Tensor field = spline_field(control, 8, size, torch::kCPU);
  EXPECT_LE(field.abs().max().item<double>(), 3.2);
  EXPECT_GT(field.abs().max().item<double>(), 0.8);
  // Constant control points are that constant: the weights sum to one everywhere.
  const Tensor constant = spline_field(torch::full_like(control, 1.5), 8, size, torch::kCPU);
  EXPECT_LT((constant - 1.5).abs().max().item<double>(), 1e-5);
  // Points that rise linearly, one a spacing, give a straight line (cubic B-splines reproduce it).
  Tensor line = torch::zeros_like(control);
  line[2] = torch::arange(control.size(3), torch::kFloat);
  const Tensor x = spline_field(line, 8, size, torch::kCPU)[2];
  EXPECT_LT((x - (torch::arange(29, torch::kFloat) / 8 + 1)).abs().max().item<double>(), 1e-5);
  // No folding: the Jacobian's determinant stays positive.
  std::array<Tensor, 3> along;
  for (int k = 0; k < 3; ++k)
    along[k] = (field.narrow(k + 1, 1, size[k] - 1) - field.narrow(k + 1, 0, size[k] - 1))
                   .slice(1, 0, size[0] - 1)
                   .slice(2, 0, size[1] - 1)
                   .slice(3, 0, size[2] - 1);
  const Tensor jacobian =
      torch::stack({along[0], along[1], along[2]}, -1).permute({1, 2, 3, 0, 4}) + torch::eye(3);
  EXPECT_GT(torch::det(jacobian).min().item<double>(), 0);
}

// The paper's recipe: the same in every slice, z untouched, and of the size that alpha and sigma say.
TEST(Space, PaperFieldStaysInPlane) {
  const TrainingCase c = test::lopsided_case("a", {140, 120, 6}, 2);
  AugmentOptions options = no_augmentation({140, 120, 6});
  options.corner_jitter = 0.04;
  options.plane_alpha = 1000;
  options.plane_sigma = 30;
  std::vector<Tensor> maps;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const Tensor p = source_positions(space_of(c, options, seed), torch::kCPU);
    EXPECT_TRUE(torch::equal(p[0], torch::arange(6, torch::kFloat).view({-1, 1, 1}).expand_as(p[0])));
    for (int k = 1; k < 3; ++k) EXPECT_TRUE(torch::equal(p[k], p[k][0].expand_as(p[k])));
    maps.push_back(p);
  }
  EXPECT_GT((maps[0] - maps[1]).abs().max().item<double>(), 1);
  EXPECT_GT((maps[1] - maps[2]).abs().max().item<double>(), 1);
  // Far from the edges, white noise of variance 1/3 smoothed in two directions has the standard deviation
  // sqrt(1/3) / (2 sqrt(pi) sigma), here 1000 times that: 5.4 voxels; a smaller sigma gives many samples.
  std::mt19937_64 random(1);
  const Tensor field = plane_field(400, 400, 100, 3, random).slice(1, 12, 388).slice(2, 12, 388);
  EXPECT_NEAR(field.std().item<double>(), 100 * std::sqrt(1.0 / 3) / (2 * std::sqrt(M_PI) * 3), 0.25);
  EXPECT_NEAR(field.mean().item<double>(), 0, 0.4);
}

// Three corners of the square about the middle move by at most 0.04 min(y, x), each way, and are all that
// moves: an affine map.
TEST(Space, PaperAffineMovesThreeCorners) {
  const TrainingCase c = test::lopsided_case("a", {61, 91, 3}, 2);
  AugmentOptions options = no_augmentation({61, 91, 3});
  options.corner_jitter = 0.04;
  double farthest = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const SpaceMap map = space_of(c, options, seed);
    const double side = 61.0 / 3;
    const std::array<double, 2> corners[] = {{side, side}, {side, -side}, {-side, -side}};
    for (const auto& corner : corners)
      for (int r = 1; r < 3; ++r) {
        const double to = map.m[r][1] * corner[0] + map.m[r][2] * corner[1] + map.centre[r];
        const double moved = std::abs(to - (corner[r - 1] + (r == 1 ? 45 : 30)));
        EXPECT_LE(moved, 0.04 * 61 + 1e-9);
        farthest = std::max(farthest, moved);
      }
  }
  EXPECT_GT(farthest, 0.9 * 0.04 * 61);
}

// An image painted from the labels, bent: thresholded at half height it gives the bent labels, but for voxels
// whose interpolation and nearest voxel disagree at the surface.
TEST(Space, ElasticKeepsImageAndLabelsAligned) {
  TrainingCase c = test::lopsided_case("a", {64, 64, 64}, 2);
  c.image = (c.labels > 0).to(torch::kShort) * 1000;
  AugmentOptions options = no_augmentation({64, 64, 64});
  options.elastic = 1;
  options.elastic_spacing = 12;
  options.elastic_voxels = 4.8;
  double wrong_linear = 0, wrong_nearest = 0, organ = 0, moved = 0;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    options.labels = LabelInterpolation::nearest;
    const Sample nearest = sample_of(c, options, seed);
    options.labels = LabelInterpolation::linear;
    const Sample linear = sample_of(c, options, seed);
    const Tensor bright = nearest.image > 500;
    wrong_nearest += (bright != (nearest.labels > 0)).sum().item<double>();
    wrong_linear += (bright != (linear.labels > 0)).sum().item<double>();
    organ += bright.sum().item<double>();
    moved += ((nearest.labels > 0) != (c.labels > 0)).sum().item<double>();
    // Away from the surface the two ways agree.
    const Tensor sure = (nearest.image < 1) | (nearest.image > 999);
    EXPECT_TRUE(torch::equal(nearest.labels.masked_select(sure), linear.labels.masked_select(sure)));
  }
  EXPECT_GT(moved, 0.05 * organ);          // otherwise nothing was shown
  EXPECT_LT(wrong_nearest, 0.04 * organ);  // the surface alone is about a fifth of the organs' voxels
  EXPECT_LT(wrong_linear, 0.0005 * organ);
}

TEST(Space, WithoutOrganLinearLabelsAreBackground) {
  TrainingCase c = test::lopsided_case("a", {16, 16, 16}, 1);
  c.labels.zero_();
  AugmentOptions options;
  options.crop = {16, 16, 16};
  options.labels = LabelInterpolation::linear;
  const Sample s = sample_of(c, options, 1, 1);
  EXPECT_EQ(s.labels.sizes(), s.image.sizes());
  EXPECT_EQ(s.labels.sum().item<std::int64_t>(), 0);
}

TEST(Space, ACropBesideTheCaseIsAir) {
  const TrainingCase c = test::lopsided_case("a", {16, 16, 16}, 2);
  SpaceMap map;
  map.crop = {8, 8, 8};
  map.centre = {50, 8, 8};
  for (const double z : {1.0, 0.9}) {  // copied, sampled
    map.m[0][0] = z;
    const Sample s = sampled(c, map, LabelInterpolation::nearest, torch::kCPU);
    EXPECT_TRUE((s.image == -1000).all().item<bool>());
    EXPECT_FALSE(s.labels.any().item<bool>());
  }
}

}  // namespace
}  // namespace anatomynet::training
