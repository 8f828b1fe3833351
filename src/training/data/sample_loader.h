#pragma once
#include <memory>

#include "training/augmentation/augment.h"
#include "training/data/packed_set.h"

namespace anatomynet::training {

/// One sample to be made: the case's index among the training cases, and the seed of its augmentation.
struct SampleRequest {
  std::size_t index = 0;
  std::uint64_t seed = 0;
};

/// A sample with what a training step needs of its case.
struct LoadedSample {
  std::string id;
  Sample sample;
};

/// Makes one sample here and now. What goes wrong is Error with the case's id.
LoadedSample load_sample(const TrainingSet& set, const AugmentOptions& options, const SampleRequest& request,
                         torch::Device device);

/// Makes samples ahead of time in a thread of its own, which uses one core: in the order of the requests, at
/// most `ahead` waiting, each bit for bit as load_sample makes it. `set` must outlive it. Destruction at any
/// moment ends the thread after the sample that it is at.
class SampleLoader {
 public:
  SampleLoader(const TrainingSet& set, const AugmentOptions& options, std::vector<SampleRequest> requests,
               torch::Device device = torch::kCPU, std::size_t ahead = 2);
  ~SampleLoader();
  SampleLoader(const SampleLoader&) = delete;
  SampleLoader& operator=(const SampleLoader&) = delete;

  /// The next request's sample; waits for it. Throws what making it threw, after all samples before it were
  /// taken, and Error(internal) when none are left.
  LoadedSample next();

  /// Threads that libtorch uses in the loader's thread (1).
  int threads() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace anatomynet::training
