#include "pipeline/contour_box.h"

#include <future>

#include <gtest/gtest.h>

#include "common/grids.h"
#include "common/refusal.h"
#include "common/temporary_folder.h"
#include "inference/segmenter.h"
#include "phantom/phantom.h"
#include "pipeline/threshold_engine.h"

namespace anatomynet::pipeline {
namespace {

const std::string phantom_weights = ANATOMYNET_SOURCE_DIR "/models/anatomynet-phantom.safetensors";

class ContourBoxTest : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  BoxContourer contourer_{test::threshold_weights(folder_.path()), test::threshold_engine(), {}};
  const std::string organ_ = model::read_model(phantom_weights).info.organs.front().name;

  // HU that no symmetry maps onto themselves.
  static CtVolume speckled(const Grid& grid) {
    CtVolume ct(grid);
    std::uint32_t state = 7;
    for (auto& hu : ct.voxels) {
      state = state * 1664525u + 1013904223u;
      hu = state >> 30 ? std::int16_t(20) : std::int16_t(800);
    }
    return ct;
  }
  static std::vector<std::uint8_t> dense_in(const CtVolume& ct, const LabelBox& box) {
    std::vector<std::uint8_t> out;
    for (std::int64_t z = 0; z < box.size[2]; ++z)
      for (std::int64_t y = 0; y < box.size[1]; ++y)
        for (std::int64_t x = 0; x < box.size[0]; ++x)
          out.push_back(ct.at(box.low[0] + x, box.low[1] + y, box.low[2] + z) > 500);
    return out;
  }
};

// In the middle, in a corner and as the whole volume, whatever way the volume's axes run.
TEST_F(ContourBoxTest, GivesTheBoxAndNothingElse) {
  for (const Mat3& direction : test::axis_directions()) {
    Grid grid;
    grid.size = {31, 27, 23};
    grid.spacing = {8, 6, 10};
    grid.origin = {-90, 11, -300};
    grid.direction = direction;
    io::CtImage ct;
    ct.volume = speckled(grid);
    for (const LabelBox& box : {LabelBox{{12, 11, 9}, {5, 4, 6}}, LabelBox{{0, 0, 0}, {4, 7, 1}},
                                LabelBox{{28, 26, 19}, {3, 1, 4}}, LabelBox{{0, 0, 0}, {31, 27, 23}}}) {
      const auto voxels = contourer_.contour(ct, organ_, box);
      ASSERT_TRUE(voxels);
      EXPECT_EQ(*voxels, dense_in(ct.volume, box));
    }
  }
}

TEST_F(ContourBoxTest, UnevenSlicesAreTakenWhereTheyAre) {
  Grid grid;
  grid.size = {40, 40, 1};
  grid.spacing = {3, 3, 3};
  std::vector<double> heights;
  for (int i = 0; i < 30; ++i) heights.push_back(i < 12 ? 3.0 * i : 33 + 5.0 * (i - 11));
  const UnevenSlices slices(grid, heights);
  io::CtImage ct;
  // The same in every slice: nothing between slices that must be interpolated.
  CtVolume on_slices(slices.on_slices());
  for (std::int64_t z = 0; z < 30; ++z)
    for (std::int64_t y = 0; y < 40; ++y)
      for (std::int64_t x = 0; x < 40; ++x)
        on_slices.at(x, y, z) = static_cast<std::int16_t>((x * 5 + y * 3) % 7 == 0 ? 900 : 0);
  ct.volume = slices.interpolated(on_slices);
  ct.uneven = io::UnevenCt{slices, on_slices};
  const LabelBox box{{11, 13, 6}, {8, 9, 15}};
  const auto voxels = contourer_.contour(ct, organ_, box);
  ASSERT_TRUE(voxels);
  EXPECT_EQ(*voxels, dense_in(on_slices, box));
}

TEST_F(ContourBoxTest, TheNetworkSeesTheContextAndNoMore) {
  Size3 seen{};
  BoxContourer contourer(test::threshold_weights(folder_.path()),
                         test::threshold_engine([&](const Size3& size) { seen = size; }), {});
  Grid grid;
  grid.size = {100, 100, 100};
  grid.spacing = {3, 4, 2};
  io::CtImage ct;
  ct.volume = CtVolume(grid, 0);
  ASSERT_TRUE(contourer.contour(ct, organ_, {{40, 40, 90}, {10, 10, 5}}));
  EXPECT_EQ(seen, (Size3{10 + 2 * 16, 10 + 2 * 12, 24 + 10}));  // 48 mm, and up to the volume's end
}

TEST_F(ContourBoxTest, RefusesWhatItCannotDo) {
  io::CtImage ct;
  ct.volume = CtVolume(Grid{{60, 60, 60}, {3, 3, 3}}, 0);
  test::expect_refused(ErrorKind::usage, {"Liver", "draws", organ_}, [&] {
    contourer_.contour(ct, "Liver", {{5, 5, 5}, {3, 3, 3}});
  });
  for (const LabelBox& box : {LabelBox{{5, 5, 5}, {0, 3, 3}}, LabelBox{{-1, 5, 5}, {3, 3, 3}},
                              LabelBox{{5, 5, 58}, {3, 3, 3}}, LabelBox{{5, 5, INT64_MAX}, {3, 3, 3}}})
    test::expect_refused(ErrorKind::input, {"box"}, [&] { contourer_.contour(ct, organ_, box); });
  ct.volume = CtVolume(Grid{{300, 300, 100}, {1, 1, 1}}, 0);
  test::expect_refused(ErrorKind::usage, {"too large", "8 million", "smaller"}, [&] {
    contourer_.contour(ct, organ_, {{0, 0, 0}, {300, 300, 100}});
  });
  BoxContourer poor(test::threshold_weights(folder_.path()), test::threshold_engine(),
                    {.memory_limit = 1000});
  test::expect_refused(ErrorKind::memory, {"memory"}, [&] {
    poor.contour(ct, organ_, {{20, 20, 20}, {9, 9, 9}});
  });
  test::expect_refused(ErrorKind::model, {"nothing.safetensors"},
                       [&] { BoxContourer(folder_ / "nothing.safetensors", test::threshold_engine(), {}); });
}

TEST_F(ContourBoxTest, OneBoxAtATime) {
  std::promise<void> begun, may_end;
  BoxContourer slow(test::threshold_weights(folder_.path()), test::threshold_engine([&](const Size3&) {
                      begun.set_value();
                      may_end.get_future().wait();
                    }),
                    {});
  io::CtImage ct;
  ct.volume = CtVolume(Grid{{40, 40, 40}, {3, 3, 3}}, 0);
  const LabelBox box{{5, 5, 5}, {3, 3, 3}};
  auto first = std::async(std::launch::async, [&] { return slow.contour(ct, organ_, box); });
  begun.get_future().wait();
  EXPECT_FALSE(contourer_.contour(ct, organ_, box));  // other weights too: memory is one
  may_end.set_value();
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(contourer_.contour(ct, organ_, box));
}

// With the network itself: a box around an organ gives nearly what the whole CT gave there.
TEST_F(ContourBoxTest, TheNetworkDrawsInABoxWhatItDrewInTheWhole) {
  phantom::PhantomOptions options;
  options.seed = 11;
  options.size = {64, 64, 48};
  io::CtImage ct;
  ct.volume = phantom::make_phantom(options).ct;
  const model::Model model = model::read_model(phantom_weights);
  const std::shared_ptr<inference::Engine> engine = inference::make_engine(model, {.precision = "fp32"});
  const LabelVolume labels = inference::Segmenter(model.info, engine).run(ct.volume).labels;
  BoxContourer contourer(phantom_weights, inference::make_engine, {.precision = "fp32"});
  for (const char* name : {"Parotid_L", "Brainstem", "Bone_Mandible"}) {
    const int id = find_organ(model.info.organs, name)->id;
    const LabelBox box = label_box(labels, id);
    ASSERT_FALSE(box.empty()) << name;
    const auto voxels = contourer.contour(ct, name, box);
    ASSERT_TRUE(voxels);
    std::int64_t both = 0, all = 0, i = 0;
    for (std::int64_t z = 0; z < box.size[2]; ++z)
      for (std::int64_t y = 0; y < box.size[1]; ++y)
        for (std::int64_t x = 0; x < box.size[0]; ++x, ++i) {
          const bool was = labels.at(box.low[0] + x, box.low[1] + y, box.low[2] + z) == id, is = (*voxels)[i];
          both += was && is;
          all += was + is;
        }
    EXPECT_GT(2.0 * double(both) / double(all), 0.9) << name;
  }
}

}  // namespace
}  // namespace anatomynet::pipeline
