#include "training/data/sample_loader.h"

#include <atomic>
#include <chrono>
#include <thread>

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "common/refusal.h"
#include "core/error.h"
#include "training/cases.h"

namespace anatomynet::training {
namespace {

AugmentOptions options() {
  AugmentOptions o;
  o.crop = {14, 12, 10};
  o.elastic = o.blur = o.gamma = o.coarse = o.thick_slices = 0.5;
  return o;
}

std::vector<SampleRequest> requests(std::size_t n, std::size_t cases) {
  std::vector<SampleRequest> all;
  for (std::size_t i = 0; i < n; ++i) all.push_back({(i * 7 + 3) % cases, 100 + i});
  return all;
}

// A set whose cases are counted as they are loaded.
TrainingSet counting_set(std::size_t cases, std::atomic<int>& loads) {
  TrainingSet set = test::small_set(cases, 0);
  for (TrainingCase& c : set.training) {
    const TrainingCase whole = c;
    c.load = [whole, &loads] {
      ++loads;
      return whole;
    };
  }
  return set;
}

TEST(SampleLoader, GivesWhatIsMadeInlineInOrder) {
  const TrainingSet set = test::small_set(5, 0);
  const auto wanted = requests(20, 5);
  const int threads = at::get_num_threads();
  at::set_num_threads(2);
  for (const int slow : {0, 1, 2}) {  // the consumer waits, the loader waits, now and then
    SampleLoader loader(set, options(), wanted);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (slow == 1 || (slow == 2 && i % 3 == 0)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      const LoadedSample ahead = loader.next();
      const LoadedSample now = load_sample(set, options(), wanted[i], torch::kCPU);
      EXPECT_EQ(ahead.id, set.training[wanted[i].index].id);
      EXPECT_TRUE(torch::equal(ahead.sample.image, now.sample.image)) << i;
      EXPECT_TRUE(torch::equal(ahead.sample.labels, now.sample.labels)) << i;
      EXPECT_TRUE(torch::equal(ahead.sample.annotated, now.sample.annotated));
    }
    test::expect_refused(ErrorKind::internal, {"more samples"}, [&] { loader.next(); });
  }
  at::set_num_threads(threads);
}

TEST(SampleLoader, MakesOtherSamplesForOtherSeeds) {
  const TrainingSet set = test::small_set(2, 0);
  SampleLoader loader(set, options(), {{0, 1}, {0, 2}, {1, 1}});
  const auto a = loader.next(), b = loader.next(), c = loader.next();
  EXPECT_FALSE(torch::equal(a.sample.image, b.sample.image));
  EXPECT_FALSE(torch::equal(a.sample.image, c.sample.image));
}

TEST(SampleLoader, IsAheadByNoMoreThanAsked) {
  std::atomic<int> loads = 0;
  const TrainingSet set = counting_set(3, loads);
  SampleLoader loader(set, options(), requests(12, 3), torch::kCPU, 2);
  for (int taken = 0; taken < 10; ++taken) {
    for (int i = 0; i < 500 && loads < taken + 2; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_EQ(loads, taken + 2);
    loader.next();
  }
}

TEST(SampleLoader, CarriesErrorsWithTheCaseAfterWhatCameBefore) {
  TrainingSet set = test::small_set(3, 0);
  set.training[1].load = []() -> TrainingCase {
    throw Error(ErrorKind::input, "cases.safetensors: damaged");
  };
  set.training[2].image = torch::Tensor();
  {
    SampleLoader loader(set, options(), {{0, 1}, {0, 2}, {1, 3}, {0, 4}});
    EXPECT_EQ(loader.next().id, "train0");
    EXPECT_EQ(loader.next().id, "train0");
    for (int again = 0; again < 2; ++again)
      test::expect_refused(ErrorKind::input, {"train1", "damaged"}, [&] { loader.next(); });
  }
  SampleLoader loader(set, options(), {{2, 1}});
  test::expect_refused(ErrorKind::internal, {"train2"}, [&] { loader.next(); });
}

TEST(SampleLoader, EndsAtAnyMoment) {
  std::atomic<int> loads = 0;
  const TrainingSet set = counting_set(4, loads);
  for (int taken = 0; taken < 6; ++taken)
    for (const int wait : {0, 1, 20}) {
      SampleLoader loader(set, options(), requests(1000, 4));
      for (int i = 0; i < taken; ++i) loader.next();
      std::this_thread::sleep_for(std::chrono::milliseconds(wait));
    }
  EXPECT_LT(loads, 6 * 3 * 9) << "the rest was never made";
  SampleLoader nothing(set, options(), {});
}

// Alone in its own thread, and the others keep theirs, those yet to be started included.
TEST(SampleLoader, UsesOneThread) {
  const int before = at::get_num_threads();
  at::set_num_threads(3);
  TrainingSet set = test::small_set(1, 0);
  const TrainingCase whole = set.training[0];
  std::atomic<int> most = 0, parts = 0;
  set.training[0].load = [&] {
    most = at::get_num_threads();
    at::parallel_for(0, 1000, 1, [&](std::int64_t, std::int64_t) { ++parts; });
    return whole;
  };
  SampleLoader loader(set, options(), {{0, 1}});
  loader.next();
  EXPECT_EQ(most, 1);
  EXPECT_EQ(parts, 1);
  EXPECT_EQ(loader.threads(), 1);
  EXPECT_EQ(at::get_num_threads(), 3);
  int later = 0;
  std::thread([&] { later = at::get_num_threads(); }).join();
  EXPECT_EQ(later, 3);
  at::set_num_threads(before);
}

}  // namespace
}  // namespace anatomynet::training
