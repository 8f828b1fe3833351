#include <chrono>

#include "vectors.h"

namespace anatomynet {
namespace {

// make_vectors.py --time does the same with the reference program (docs/evaluation.md has both times).
TEST(Performance, TwoParotidsOfAWholeScanTakeLessThanHalfASecond) {
  Grid grid;
  grid.size = {512, 512, 178};
  grid.spacing = {0.977, 0.977, 2.5};
  const auto shape = [](const char* text) { return nlohmann::json::parse(text); };
  const LabelVolume predicted =
      test::draw(shape(R"([["ellipsoid", 150.2, 260.3, 90.4, 22.1, 34.3, 13.2]])"), grid);
  const LabelVolume truth =
      test::draw(shape(R"([["ellipsoid", 153.2, 258.3, 91.4, 23.1, 32.3, 12.2]])"), grid);
  const auto begin = std::chrono::steady_clock::now();
  const OrganMetrics m = measure(boxed(predicted, 1), boxed(truth, 1), {.tolerance_mm = 2.85});
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("all metrics of the pair: %.4f s, HD95 %.6f, surface Dice %.6f\n", seconds, *m.hd95_mm,
              *m.surface_dice);
  EXPECT_LT(seconds, 0.5);
  EXPECT_GT(*m.surface_dice, 0.5);
}

}  // namespace
}  // namespace anatomynet
