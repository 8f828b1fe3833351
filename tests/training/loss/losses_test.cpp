#include "training/loss/losses.h"

#include <cmath>

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "common/refusal.h"

namespace anatomynet::training {
namespace {

using torch::Tensor;
using Loss = Tensor (*)(const ClassSums&, const Target&);
constexpr std::int64_t classes = 4;

// A small volume in double; class 3 has no voxel, class 1 is not annotated.
struct Example {
  Tensor logits = torch::randn({classes, 2, 3, 4}, generator(1)).to(torch::kDouble);
  Target target{torch::randint(0, classes - 1, {2, 3, 4}, generator(2), torch::kLong),
                torch::tensor({0.0, 0.0, 1.0, 1.0}, torch::kDouble),
                torch::tensor({2.22, 1.3, 0.7, 1.9}, torch::kDouble)};
  Tensor p() const { return logits.softmax(0); }

  static at::Generator generator(std::uint64_t seed) {
    return torch::make_generator<torch::CPUGeneratorImpl>(seed);
  }
};

// Sums voxel by voxel over an explicit one-hot g, in the words of the reference page.
struct Sums {
  double tp = 0, fp = 0, fn = 0, g = 0, p = 0, focal_tp = 0, focal = 0, cross = 0, m = 0, w = 0;
};

std::vector<Sums> brute_force(const Example& e) {
  std::vector<Sums> sums(classes);
  const Tensor p = e.p().flatten(1), labels = e.target.labels.flatten();
  for (std::int64_t c = 0; c < classes; ++c) {
    Sums& s = sums[static_cast<std::size_t>(c)];
    s.m = e.target.annotated[c].item<double>();
    s.w = e.target.weights[c].item<double>();
    for (std::int64_t v = 0; v < labels.numel(); ++v) {
      const double q = p[c][v].item<double>(), g = labels[v].item<std::int64_t>() == c ? 1 : 0;
      s.tp += q * g;
      s.fp += q * (1 - g);
      s.fn += (1 - q) * g;
      s.g += g;
      s.p += q;
      s.focal_tp += q * g * (1 - q) * (1 - q);
      s.focal += g * (1 - q) * (1 - q) * std::log(std::max(q, 1e-6));
      s.cross += g * std::log(std::max(q, 1e-6));
    }
  }
  return sums;
}

double expected(const std::string& name, const Example& e) {
  const std::vector<Sums> all = brute_force(e);
  const auto n = double(e.target.labels.numel());
  double mw = 0, dice = 0, focal = 0, focal_dice = 0, cross = 0, exp_log = 0, top = 0, bottom = 0;
  for (const Sums& s : all) {
    const double k = s.m * s.w, d = s.tp / (s.tp + 0.5 * s.fn + 0.5 * s.fp + 1e-5),
                 v = 1 / (s.g * s.g + 1e-5);
    mw += k;
    dice += k * d;
    focal -= k * s.focal / n;
    focal_dice += k * s.focal_tp / (s.focal_tp + 0.5 * s.fp + 0.5 * s.fn + 1e-5);
    cross -= k * s.cross / (s.g + 1e-6) / double(classes);
    exp_log += k * std::pow(-std::log(std::clamp(d, 1e-5, 1 - 1e-5)), 0.3);
    top += v * s.tp * k;
    bottom += v * (s.p + s.g) + 1e-5;
  }
  if (name == "dice") return mw - dice;
  if (name == "focal") return focal;
  if (name == "focal-dice") return 1.6 * (mw - focal_dice);
  if (name == "cross-entropy") return cross;
  if (name == "exp-log") return exp_log / std::clamp(mw, 1e-5, 1000.0);
  return 1 - 2 * top / bottom;
}

class EveryLoss : public testing::TestWithParam<std::pair<const char*, Loss>> {
 protected:
  static Tensor value(const Tensor& p, const Target& target) {
    return GetParam().second(class_sums(p, target.labels), target);
  }
};
INSTANTIATE_TEST_SUITE_P(Losses, EveryLoss,
                         testing::Values(std::pair{"dice", &dice_loss}, std::pair{"focal", &focal_loss},
                                         std::pair{"focal-dice", &focal_dice_loss},
                                         std::pair{"cross-entropy", &cross_entropy_loss},
                                         std::pair{"exp-log", &exp_log_loss},
                                         std::pair{"generalised-dice", &generalised_dice_loss}),
                         [](const auto& test) {
                           std::string name = test.param.first;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST_P(EveryLoss, IsTheSumOverAOneHotTruth) {
  Example e;
  EXPECT_NEAR(value(e.p(), e.target).item<double>() / expected(GetParam().first, e), 1, 1e-9);
  e.target.annotated.fill_(1);
  EXPECT_NEAR(value(e.p(), e.target).item<double>() / expected(GetParam().first, e), 1, 1e-9);
}

TEST_P(EveryLoss, HasTheGradientOfItsValue) {
  const Example e;
  for (const bool masked : {true, false}) {
    Target target = e.target;
    if (!masked) target.annotated = torch::ones(classes, torch::kDouble);
    Tensor logits = e.logits.clone().requires_grad_();
    value(logits.softmax(0), target).backward();
    const Tensor gradient = logits.grad().flatten();
    torch::NoGradGuard no_grad;
    Tensor moved = e.logits.clone();
    Tensor values = moved.flatten();  // a view
    constexpr double step = 1e-5;
    for (std::int64_t i = 0; i < values.numel(); i += 3) {
      const double at = values[i].item<double>();
      values[i] = at + step;
      const double above = value(moved.softmax(0), target).item<double>();
      values[i] = at - step;
      const double below = value(moved.softmax(0), target).item<double>();
      values[i] = at;
      const double numeric = (above - below) / (2 * step);
      EXPECT_NEAR(gradient[i].item<double>(), numeric, 1e-8 + 1e-5 * std::abs(numeric)) << i;
    }
  }
}

TEST_P(EveryLoss, DoesNotSeeWhatIsNotAnnotated) {
  const Example e;
  // Swapping the probabilities of the two unannotated classes (0 and 1) leaves the others as they are.
  const Tensor p = e.p(), swapped = p.index({torch::tensor({1, 0, 2, 3})});
  const double before = value(p, e.target).item<double>(), after = value(swapped, e.target).item<double>();
  if (GetParam().second == &generalised_dice_loss) {
    EXPECT_NE(before, after);  // by its definition the denominator sums over all classes
  } else {
    EXPECT_NEAR(before, after, 1e-12);
  }
}

TEST_P(EveryLoss, FallsTowardsTheTruth) {
  Example e;
  e.target.annotated.fill_(1);
  const Tensor truth = torch::one_hot(e.target.labels, classes).permute({3, 0, 1, 2}).to(torch::kDouble);
  const auto at = [&](double share) {
    return value(share * truth + (1 - share) * e.p(), e.target).item<double>();
  };
  EXPECT_LT(at(0.5), at(0));
  if (GetParam().second == &focal_dice_loss) {
    EXPECT_GT(at(0.999), at(0.5));  // the authors' focal Dice rises again where p nears 1, by its definition
  } else {
    EXPECT_LT(at(0.999), at(0.5));
  }
}

TEST_P(EveryLoss, IsFiniteAtTheExtremes) {
  const Example e;
  for (const double sharpness : {0.0, 1e3, -1e3}) {
    Tensor logits = (e.logits * sharpness).to(torch::kFloat).requires_grad_();
    Target target{e.target.labels, e.target.annotated.to(torch::kFloat), e.target.weights.to(torch::kFloat)};
    const Tensor loss = value(logits.softmax(0), target);
    loss.backward();
    EXPECT_TRUE(std::isfinite(loss.item<double>())) << sharpness;
    EXPECT_TRUE(logits.grad().isfinite().all().item<bool>()) << sharpness;
  }
}

TEST(NamedLoss, AddsTheTermsThatItsNameSays) {
  const Example e;
  const auto value = [&](const char* name, double lambda) {
    return named_loss(name, lambda, class_sums(e.p(), e.target.labels), e.target).item<double>();
  };
  EXPECT_NEAR(value("dice+focal", 0.25), expected("dice", e) + 0.25 * expected("focal", e), 1e-9);
  EXPECT_NEAR(value("dice+cross-entropy", 0.1), expected("dice", e) + 0.1 * expected("cross-entropy", e),
              1e-9);
  for (const char* name : {"dice", "focal-dice", "exp-log", "generalised-dice"})
    EXPECT_NEAR(value(name, 7), expected(name, e), 1e-9);
  test::expect_refused(ErrorKind::usage, {"'Dice'", "dice+focal", "exp-log"}, [&] { value("Dice", 1); });
}

// Logits as a network leaves them: dense, or channels-last as the fused operations do.
class LossOfLogits : public testing::TestWithParam<std::tuple<torch::ScalarType, torch::MemoryFormat>> {};
INSTANTIATE_TEST_SUITE_P(Layouts, LossOfLogits,
                         testing::Combine(testing::Values(torch::kFloat, torch::kBFloat16),
                                          testing::Values(torch::MemoryFormat::Contiguous,
                                                          torch::MemoryFormat::ChannelsLast3d)));

// The fused sums against softmax and the plain ones, value and gradient, for all rules and all six losses.
TEST_P(LossOfLogits, IsThatOfTheProbabilities) {
  const auto [type, format] = GetParam();
  const auto generator = Example::generator(3);
  const Tensor labels =
      torch::randint(0, 5, {5, 7, 9}, generator, torch::kLong);  // 315 voxels: an odd last block
  const Tensor values = (5 * torch::randn({1, 6, 5, 7, 9}, generator)).to(type).contiguous(format);
  const Tensor weights = torch::tensor({1.0, 2.0, 0.5, 1.5, 1.2, 0.7});
  for (const auto rule :
       {MissingAnnotation::masked, MissingAnnotation::marginal, MissingAnnotation::unmasked})
    for (const char* name :
         {"dice", "focal-dice", "exp-log", "generalised-dice", "dice+focal", "dice+cross-entropy"})
      for (const double third : {1.0, 0.0}) {
        Target plain{labels, torch::tensor({0.0, 1.0, 1.0, third, 1.0, third}), weights};
        const MissingReading reading = read_missing(rule, plain.annotated);
        Tensor a = values.to(torch::kDouble).requires_grad_(), b = values.clone().requires_grad_();
        const Tensor p = apply_missing(rule, a[0].softmax(0), plain);
        const Tensor expected_loss = named_loss(name, 3, class_sums(p, plain.labels), plain);
        expected_loss.backward();
        const Tensor loss = named_loss(name, 3, class_sums_of_logits(b[0], labels, reading),
                                       {labels, reading.annotated, weights});
        loss.backward();
        EXPECT_NEAR(loss.item<double>(), expected_loss.item<double>(), 1e-5) << name;
        const double scale = a.grad().abs().max().item<double>();
        const double worst = (a.grad() - b.grad().to(torch::kDouble)).abs().max().item<double>();
        EXPECT_LT(worst, scale * (type == torch::kFloat ? 2e-5 : 5e-3)) << name;
      }
}

// The same with zones in which further classes are unknown, blocks of one zone and of several.
TEST_P(LossOfLogits, IsThatOfTheProbabilitiesInZones) {
  const auto [type, format] = GetParam();
  const auto generator = Example::generator(5);
  const Tensor labels = torch::randint(0, 5, {6, 7, 9}, generator, torch::kLong);
  const Tensor values = (5 * torch::randn({1, 5, 6, 7, 9}, generator)).to(type).contiguous(format);
  const Tensor weights = torch::tensor({1.0, 2.0, 0.5, 1.5, 1.2});
  const Tensor known =
      torch::tensor({1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 0, 1}).view({3, 5}).to(torch::kBool);
  Tensor zones = torch::zeros({6, 7, 9}, torch::kByte);
  zones.slice(0, 0, 2).fill_(1);
  zones.slice(0, 4).slice(2, 3).fill_(2);
  for (const auto rule : {MissingAnnotation::masked, MissingAnnotation::marginal})
    for (const char* name : {"dice", "focal-dice", "exp-log", "generalised-dice", "dice+focal"}) {
      Target plain{labels, torch::tensor({0.0, 1.0, 0.5, 1.0, 0.0}), weights};
      const MissingReading reading = read_missing(rule, plain.annotated, known);
      Tensor a = values.to(torch::kDouble).requires_grad_(), b = values.clone().requires_grad_(),
             c = values.clone().requires_grad_();
      const Tensor p = apply_missing(rule, a[0].softmax(0), plain, known, zones);
      const Tensor expected_loss = named_loss(name, 3, class_sums(p, plain.labels), plain);
      expected_loss.backward();
      const Tensor loss = named_loss(name, 3, class_sums_of_logits(b[0], labels, reading, zones),
                                     {labels, reading.annotated, weights});
      loss.backward();
      EXPECT_NEAR(loss.item<double>(), expected_loss.item<double>(), 1e-5) << name;
      const double scale = a.grad().abs().max().item<double>();
      const double worst = (a.grad() - b.grad().to(torch::kDouble)).abs().max().item<double>();
      EXPECT_LT(worst, scale * (type == torch::kFloat ? 2e-5 : 5e-3)) << name;
    }
}

TEST(LossOfLogits, AddsUpTheSameBitsOnAnyNumberOfThreads) {
  const Tensor logits = torch::randn({5, 20, 31, 37}, Example::generator(4)),
               labels = torch::zeros({20, 31, 37}, torch::kLong);
  const MissingReading reading = read_missing(MissingAnnotation::marginal, torch::ones(5));
  std::vector<Tensor> sums;
  const int before = at::get_num_threads();
  for (const int threads : {1, 2, 3}) {
    at::set_num_threads(threads);
    sums.push_back(class_sums_of_logits(logits, labels, reading).p);
  }
  at::set_num_threads(before);
  EXPECT_TRUE(torch::equal(sums[0], sums[1]) && torch::equal(sums[0], sums[2]));
}

Target with(const Example& e, std::vector<double> annotated) {
  Target target = e.target;
  target.annotated = torch::tensor(annotated, torch::kDouble);
  return target;
}

// What the network says of a class where its annotation says nothing changes neither the loss nor the other
// classes' gradient, as long as background and class together stay the same.
TEST(ApplyMissing, BeyondAPartialExtentTheClassIsBackground) {
  const Example e;
  const Tensor known = torch::ones({2, classes}, torch::kBool);
  known[1][2] = false;
  Tensor zones = torch::zeros({2, 3, 4}, torch::kByte);
  zones[1].fill_(1);
  for (const auto rule : {MissingAnnotation::masked, MissingAnnotation::marginal}) {
    Target target = with(e, {1, 1, 1, 1});
    const Tensor p = e.p(), merged = apply_missing(rule, p, target, known, zones);
    EXPECT_TRUE(torch::allclose(merged.sum(0), torch::ones({2, 3, 4}, torch::kDouble)));
    EXPECT_TRUE(torch::allclose(merged.select(1, 0), p.select(1, 0)));
    EXPECT_TRUE(torch::allclose(merged[0][1], p[0][1] + p[2][1]));
    EXPECT_EQ(merged[2][1].abs().max().item<double>(), 0);
    EXPECT_EQ((target.labels[1] == 2).sum().item<std::int64_t>(), 0);
    EXPECT_TRUE(torch::equal(target.labels[0], e.target.labels[0]));
    // The paper's rule drops the background of a case that is not annotated everywhere.
    EXPECT_EQ(target.annotated[0].item<double>(), rule == MissingAnnotation::masked ? 0 : 1);
  }
}

TEST(ApplyMissing, MaskedDropsMissingClassesAndBackground) {
  const Example e;
  for (const double background : {0.0, 1.0}) {  // entry 0 means nothing on entry
    Target target = with(e, {background, 1, 0, 1});
    const Tensor p = apply_missing(MissingAnnotation::masked, e.p(), target);
    EXPECT_TRUE(torch::equal(p, e.p()));
    EXPECT_TRUE(torch::equal(target.labels, e.target.labels));
    EXPECT_TRUE(torch::equal(target.annotated, torch::tensor({0.0, 1.0, 0.0, 1.0}, torch::kDouble)));
  }
}

TEST(ApplyMissing, ChangesNothingWhereAllIsAnnotated) {
  const Example e;
  for (const auto rule :
       {MissingAnnotation::masked, MissingAnnotation::marginal, MissingAnnotation::unmasked}) {
    Target target = with(e, {0, 1, 1, 1});
    const Tensor caller = target.annotated;
    EXPECT_TRUE(torch::equal(apply_missing(rule, e.p(), target), e.p()));
    EXPECT_TRUE(torch::equal(target.annotated, torch::ones(4, torch::kDouble)));
    EXPECT_TRUE(torch::equal(target.labels, e.target.labels));
    EXPECT_EQ(caller[0].item<double>(), 0);  // the case's own flags are not written to
  }
}

TEST(ApplyMissing, UnmaskedTakesTheLabelMapAsComplete) {
  const Example e;
  Target target = with(e, {0, 1, 0, 1});
  EXPECT_TRUE(torch::equal(apply_missing(MissingAnnotation::unmasked, e.p(), target), e.p()));
  EXPECT_TRUE(torch::equal(target.annotated, torch::ones(4, torch::kDouble)));
  EXPECT_TRUE(torch::equal(target.labels, e.target.labels));
}

TEST(ApplyMissing, MarginalGivesMissingOrgansToTheBackground) {
  const Example e;
  Target target = with(e, {0, 0, 1, 0});
  const Tensor p = e.p(), merged = apply_missing(MissingAnnotation::marginal, p, target);
  EXPECT_TRUE(torch::allclose(merged.sum(0), torch::ones({2, 3, 4}, torch::kDouble)));
  EXPECT_TRUE(torch::allclose(merged[0], p[0] + p[1] + p[3]));
  EXPECT_TRUE(torch::equal(merged[2], p[2]));
  EXPECT_EQ(merged[1].abs().max().item<double>(), 0);
  EXPECT_EQ(merged[3].abs().max().item<double>(), 0);
  EXPECT_TRUE(torch::equal(target.annotated, torch::tensor({1.0, 0.0, 1.0, 0.0}, torch::kDouble)));
  // A stray label of a missing organ reads as background.
  EXPECT_TRUE(torch::equal(target.labels, e.target.labels * (e.target.labels == 2)));
}

TEST(ApplyMissing, MarginalLetsTheGradientFlow) {
  const Example e;
  Tensor logits = e.logits.clone().requires_grad_();
  Target target = with(e, {0, 0, 1, 1});
  const Tensor p = apply_missing(MissingAnnotation::marginal, logits.softmax(0), target);
  named_loss("dice+focal", 0.5, class_sums(p, target.labels), target).backward();
  const Tensor gradient = logits.grad();
  for (std::int64_t c = 0; c < classes; ++c) EXPECT_GT(gradient[c].abs().max().item<double>(), 1e-6) << c;
  // Background and the missing organ are told apart by nothing: the loss moves their sum alone.
  const Tensor ratio = gradient[0] / gradient[1], odds = (logits[0] - logits[1]).exp();
  EXPECT_TRUE(torch::allclose(ratio, odds.detach(), 1e-6, 1e-9));
}

}  // namespace
}  // namespace anatomynet::training
