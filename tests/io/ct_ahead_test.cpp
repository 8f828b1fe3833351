#include "io/ct_ahead.h"

#include <chrono>
#include <future>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

#include "common/temporary_folder.h"
#include "core/cpus.h"
#include "core/error.h"
#include "io/dicom/dicom_ct_writer.h"

namespace anatomynet::io {
namespace {

constexpr std::int64_t slices = 12;

class CtsAhead : public testing::Test {
 protected:
  CtsAhead() : series_(folder_ / "ct") {
    CtVolume ct(Grid{.size = {9, 8, slices}, .spacing = {2, 3, 4}});
    for (std::size_t i = 0; i < ct.voxels.size(); ++i)
      ct.voxels[i] = static_cast<std::int16_t>(i % 2 ? -1000 : 300 + static_cast<int>(i));
    write_ct_series(series_, ct);
  }

  test::TemporaryFolder folder_;
  std::filesystem::path series_;
};

TEST_F(CtsAhead, AreAsReadAtOnce) {
  const CtImage expected = read_ct(series_);
  for (const int cpus : {1, 2}) {
    const CpuShare share(cpus);
    CtAhead ahead(series_, {}, {});
    const CtImage ct = ahead.get();
    EXPECT_EQ(ct.volume.voxels, expected.volume.voxels) << cpus;
    EXPECT_EQ(ct.source, expected.source);
  }
}

TEST_F(CtsAhead, RefuseWhatReadingRefuses) {
  for (const int cpus : {1, 2}) {
    const CpuShare share(cpus);
    CtAhead ahead(folder_ / "absent", {}, {});
    EXPECT_THROW(ahead.get(), Error) << cpus;
  }
}

// The first call waits until the owner is on its way out, so the next one ends the reading.
TEST_F(CtsAhead, AreNotReadToTheEndForNobody) {
  const CpuShare share(2);
  std::promise<void> begun, gone;
  int calls = 0;
  const auto count = [&](std::string_view /*stage*/, double /*fraction*/) { ++calls; };
  read_ct(series_, {}, count);
  ASSERT_GT(calls, slices);
  calls = 0;
  const auto slow = [&, left = gone.get_future().share()](std::string_view /*stage*/, double /*fraction*/) {
    if (++calls == 1) begun.set_value();
    left.wait();
  };
  auto ahead = std::make_unique<CtAhead>(series_, ReadOptions{}, slow);
  begun.get_future().wait();
  std::thread leaving([&] { ahead.reset(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  gone.set_value();
  leaving.join();
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace anatomynet::io
