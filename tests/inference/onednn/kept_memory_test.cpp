#include <random>

#include <gtest/gtest.h>

#include "core/memory.h"
#include "inference/engine.h"

namespace anatomynet::inference {
namespace {

constexpr Size3 size{96, 96, 72};

struct Outcome {
  LabelVolume first, second;
  std::int64_t kept = 0;  // bytes, after a run of all but the smallest volume
};

Outcome run(const model::Model& model, bool keep) {
  const auto engine =
      make_engine(model, {.engine = "onednn", .threads = 2, .precision = "fp32", .keep_memory = keep});
  std::vector<std::uint8_t> ids{0};
  for (const Organ& organ : model.info.organs) ids.push_back(static_cast<std::uint8_t>(organ.id));
  const auto label = [&](const Size3& voxels) {
    const Grid grid{.size = voxels, .spacing = {3, 3, 2.5}};
    std::mt19937 random(5);
    std::uniform_real_distribution<float> value(0, 1);
    std::vector<float> image(static_cast<std::size_t>(grid.voxel_count()));
    for (float& v : image) v = value(random);
    return engine->label(image, grid, ids, grid);
  };
  label({16, 16, 16});  // what is made once
  Outcome out;
  const std::int64_t before = resident_memory();
  out.first = label(size);
  out.kept = resident_memory() - before;
  out.second = label(size);
  return out;
}

TEST(KeptMemory, IsNoneWhereItIsNotWanted) {
#ifdef ANATOMYNET_SANITIZED
  GTEST_SKIP() << "sanitizers keep freed memory";
#endif
  const model::Model model =
      model::read_model(std::string(ANATOMYNET_SOURCE_DIR) + "/models/anatomynet-openkbp.safetensors");
  const Outcome freed = run(model, false), kept = run(model, true);
  EXPECT_GT(kept.kept, 20 << 20);
  EXPECT_LT(freed.kept, 5 << 20);
  EXPECT_EQ(freed.first.voxels, kept.first.voxels);
  EXPECT_EQ(freed.second.voxels, kept.first.voxels);
}

}  // namespace
}  // namespace anatomynet::inference
