#include "training/run/optimiser.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "common/refusal.h"

namespace anatomynet::training {
namespace {

using torch::Tensor;

// One parameter vector and its constant gradient, after `steps` updates.
Tensor updated(const Phase& phase, const Tensor& start, const Tensor& gradient, int steps) {
  Tensor w = start.clone().requires_grad_();
  const auto optimiser = make_optimiser(phase, {w});
  for (int i = 0; i < steps; ++i) {
    w.mutable_grad() = gradient.clone();
    optimiser->step();
  }
  return w.detach();
}

TEST(Optimiser, AdamWDecaysTheWeightsApartFromTheGradient) {
  // With a constant gradient Adam's corrected moments are g and g^2 at every step: each update is
  // w <- w (1 - rate decay) - rate g / (|g| + 1e-8), whatever the size of g.
  const Phase phase{.optimiser = "adamw", .learning_rate = 0.1, .weight_decay = 0.01};
  const Tensor start = torch::tensor({1.0, -2.0, 0.5}, torch::kDouble),
               gradient = torch::tensor({3.0, -0.001, 200.0}, torch::kDouble);
  Tensor expected = start.clone();
  for (int i = 0; i < 5; ++i)
    expected = expected * (1 - 0.1 * 0.01) - 0.1 * gradient / (gradient.abs() + 1e-8);
  EXPECT_TRUE(torch::allclose(updated(phase, start, gradient, 5), expected, 1e-9, 1e-12));
}

TEST(Optimiser, SgdGathersMomentum) {
  const Phase phase{.optimiser = "sgd", .learning_rate = 0.1, .momentum = 0.5};
  const Tensor start = torch::zeros({1}, torch::kDouble), one = torch::ones({1}, torch::kDouble);
  // Velocities 1, 1.5, 1.75.
  EXPECT_NEAR(updated(phase, start, one, 3).item<double>(), -0.1 * (1 + 1.5 + 1.75), 1e-12);
}

TEST(Optimiser, RmspropDividesByTheRootMeanSquare) {
  const Phase phase{.optimiser = "rmsprop", .learning_rate = 0.1};
  const Tensor start = torch::zeros({1}, torch::kDouble), two = torch::full({1}, 2.0, torch::kDouble);
  const double v1 = 0.01 * 4, v2 = 0.99 * v1 + 0.01 * 4;
  EXPECT_NEAR(updated(phase, start, two, 2).item<double>(), -0.1 * (2 / std::sqrt(v1) + 2 / std::sqrt(v2)),
              1e-6);
}

TEST(Optimiser, SchedulesEndWhereTheyShould) {
  Phase phase{.learning_rate = 1e-2, .final_learning_rate = 1e-4};
  for (const char* schedule : {"cosine", "polynomial"}) {
    phase.schedule = schedule;
    EXPECT_NEAR(learning_rate(phase, 0, 101), 1e-2, 1e-12) << schedule;
    EXPECT_NEAR(learning_rate(phase, 100, 101), 1e-4, 1e-12) << schedule;
    for (int i = 1; i < 101; ++i)
      EXPECT_LT(learning_rate(phase, i, 101), learning_rate(phase, i - 1, 101)) << schedule << i;
  }
  EXPECT_NEAR(learning_rate(phase, 50, 101), 1e-4 + (1e-2 - 1e-4) * std::pow(0.5, 0.9), 1e-12);
  phase.schedule = "cosine";
  EXPECT_NEAR(learning_rate(phase, 50, 101), (1e-2 + 1e-4) / 2, 1e-12);
  phase.schedule = "constant";
  phase.warm_up = 4;
  EXPECT_NEAR(learning_rate(phase, 0, 101), 1e-2 / 4, 1e-12);
  EXPECT_NEAR(learning_rate(phase, 3, 101), 1e-2, 1e-12);
  EXPECT_NEAR(learning_rate(phase, 100, 101), 1e-2, 1e-12);
}

TEST(Optimiser, ClipsTheNormOfAllGradientsTogether) {
  Tensor a = torch::zeros({2}).requires_grad_(), b = torch::zeros({1}).requires_grad_();
  const auto set = [&](float x, float y, float z) {
    a.mutable_grad() = torch::tensor({x, y});
    b.mutable_grad() = torch::tensor({z});
  };
  set(2, 3, 6);
  EXPECT_NEAR(clip_gradients({a, b}, 0), 7, 1e-6);
  EXPECT_EQ(b.grad().item<float>(), 6);
  EXPECT_NEAR(clip_gradients({a, b}, 8), 7, 1e-6);
  EXPECT_EQ(b.grad().item<float>(), 6);
  EXPECT_NEAR(clip_gradients({a, b}, 3.5), 7, 1e-6);
  EXPECT_NEAR(a.grad()[1].item<float>(), 1.5, 1e-6);
  EXPECT_NEAR(b.grad().item<float>(), 3, 1e-6);
  set(2, std::numeric_limits<float>::quiet_NaN(), 6);
  EXPECT_TRUE(std::isnan(clip_gradients({a, b}, 1)));
  EXPECT_EQ(b.grad().item<float>(), 6);
}

TEST(Optimiser, NamesWhatItDoesNotKnow) {
  test::expect_refused(ErrorKind::usage, {"'adam'", "adamw"}, [] { check_phase({.optimiser = "adam"}); });
  test::expect_refused(ErrorKind::usage, {"'step'", "polynomial"}, [] { check_phase({.schedule = "step"}); });
}

}  // namespace
}  // namespace anatomynet::training
