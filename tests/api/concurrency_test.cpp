#include <atomic>
#include <thread>

#include "case_files.h"

// Cancelled runs, limits of memory, models and threads side by side.
namespace {

using namespace api_test;

struct Caller {
  int calls = 0, last_call = 0;  // cancels at the last call
  double fraction = 0;
};

anatomynet_contour_options watched_by(Caller& caller) {
  anatomynet_contour_options options{};
  options.size = sizeof options;
  options.user = &caller;
  options.progress = [](void* user, const char*, double fraction) {
    static_cast<Caller*>(user)->fraction = fraction;
  };
  options.cancelled = [](void* user) -> std::int32_t {
    auto* const me = static_cast<Caller*>(user);
    return ++me->calls == me->last_call;
  };
  return options;
}

TEST(Concurrency, ARunCanBeCancelledAnywhereAndTheModelServesOn) {
  const Model model = open_model();
  const Array array = array_of(read_ct(image_file).get());
  Caller whole;
  const anatomynet_contour_options options = watched_by(whole);
  const std::vector<std::uint8_t> expected = contoured(model.get(), array, &options);
  ASSERT_FALSE(expected.empty());
  EXPECT_GT(whole.calls, 10) << "nothing was asked between the network's layers";
  for (const int last : {1, 2, whole.calls / 3, 2 * whole.calls / 3, whole.calls}) {
    Caller caller{.last_call = last};
    const anatomynet_contour_options cancelling = watched_by(caller);
    std::vector<std::uint8_t> voxels(array.hu.size(), 99);
    const anatomynet_labels labels = labels_in(voxels);
    EXPECT_EQ(anatomynet_contour(model.get(), array.hu.data(), array.hu.size(), &array.grid, &labels,
                                 &cancelling, nullptr),
              ANATOMYNET_CANCELLED);
    EXPECT_EQ(caller.calls, last);
    EXPECT_EQ(std::count(voxels.begin(), voxels.end(), 99), std::ptrdiff_t(voxels.size()));
  }
  EXPECT_TRUE(contoured(model.get(), array) == expected);
}

TEST(Concurrency, ReadingCanBeCancelled) {
  anatomynet_read_options options{};
  options.size = sizeof options;
  options.cancelled = [](void*) -> std::int32_t { return 1; };
  anatomynet_ct* ct = nullptr;
  EXPECT_EQ(anatomynet_ct_read(dicom_folder.c_str(), &options, &ct), ANATOMYNET_CANCELLED);
  EXPECT_EQ(ct, nullptr);
}

TEST(Concurrency, AMemoryLimitIsKeptOrRefused) {
  const Array array = array_of(read_ct(image_file).get());
  anatomynet_model_options options{};
  options.size = sizeof options;
  options.memory_limit = 1 << 20;
  const Model small = open_model(&options);
  EXPECT_TRUE(contoured(small.get(), array).empty());
  EXPECT_NE(std::string(anatomynet_last_error()).find("the limit is"), std::string::npos)
      << anatomynet_last_error();

  // A limit below the whole volume's need, above that of slabs: the same labels.
  const Model unlimited = open_model();
  const std::vector<std::uint8_t> expected = contoured(unlimited.get(), array);
  bool fits = false;
  for (options.memory_limit = 80 << 20; !fits && options.memory_limit < std::int64_t{4} << 30;
       options.memory_limit += options.memory_limit / 2) {
    const Model limited = open_model(&options);
    const std::vector<std::uint8_t> labels = contoured(limited.get(), array);
    fits = !labels.empty();
    EXPECT_TRUE(!fits || labels == expected) << options.memory_limit;
  }
  EXPECT_TRUE(fits);
  options.memory_limit = -1;
  anatomynet_model* model = nullptr;
  EXPECT_EQ(anatomynet_model_open(weights.c_str(), &options, &model), ANATOMYNET_USAGE);
}

TEST(Concurrency, TwoModelsInTwoThreadsAndOneInBothGiveTheSameLabels) {
  const Array array = array_of(read_ct(image_file).get());
  const Model first = open_model();
  anatomynet_model_options options{};
  options.size = sizeof options;
  options.threads = 1;
  const Model second = open_model(&options);
  const std::vector<std::uint8_t> expected = contoured(first.get(), array);
  std::atomic<int> same = 0;
  const auto work = [&](anatomynet_model* model) { same += contoured(model, array) == expected; };
  { std::jthread a(work, first.get()), b(work, second.get()), c(work, second.get()); }
  EXPECT_EQ(same, 3);
}

TEST(Concurrency, ErrorsAreOfTheirThread) {
  EXPECT_EQ(anatomynet_model_open("/nonexistent-a", nullptr, nullptr), ANATOMYNET_USAGE);
  const std::string mine = anatomynet_last_error();
  std::string before, after;
  std::jthread([&] {
    before = anatomynet_last_error();
    anatomynet_ct* ct = nullptr;
    anatomynet_ct_read("/nonexistent-b", nullptr, &ct);
    after = anatomynet_last_error();
  }).join();
  EXPECT_EQ(before, "");
  EXPECT_NE(after.find("/nonexistent-b"), std::string::npos);
  EXPECT_EQ(anatomynet_last_error(), mine);
}

}  // namespace
