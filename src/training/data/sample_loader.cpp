#include "training/data/sample_loader.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include "core/error.h"

namespace anatomynet::training {

LoadedSample load_sample(const TrainingSet& set, const AugmentOptions& options, const SampleRequest& request,
                         torch::Device device) {
  const TrainingCase& listed = set.training.at(request.index);
  const auto here = [&] { return "training case " + listed.id; };
  try {
    const TrainingCase c = loaded(listed);
    std::mt19937_64 random(request.seed);
    return {c.id, augmented_crop(c, options, mirror_classes(set.organs), random, device)};
  } catch (const Error& e) {
    throw e.within(here());
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::memory, here() + ": no memory for its sample; use a smaller crop");
  } catch (const std::exception& e) {
    const std::string what = e.what();  // libtorch's first line says it, the others are its own stack
    throw Error(ErrorKind::internal, here() + ": " + what.substr(0, what.find('\n')));
  }
}

struct SampleLoader::State {
  const TrainingSet& set;
  const AugmentOptions options;
  const std::vector<SampleRequest> requests;
  const torch::Device device;
  const std::size_t ahead;

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<LoadedSample> ready;
  std::exception_ptr failure;
  std::size_t taken = 0;
  int threads = 0;
  bool stop = false;
  std::thread worker;

  void run() {
    // For this thread alone in libtorch's OpenMP, but also the default of threads yet to come, which the
    // constructor sets back.
    at::set_num_threads(1);
    const int own = at::get_num_threads();
    {
      const std::lock_guard lock(mutex);
      threads = own;
    }
    changed.notify_all();
    try {
      for (const SampleRequest& request : requests) {
        {
          std::unique_lock lock(mutex);
          changed.wait(lock, [&] { return stop || ready.size() < ahead; });
          if (stop) return;
        }
        LoadedSample made = load_sample(set, options, request, device);
        const std::lock_guard lock(mutex);
        ready.push_back(std::move(made));
        changed.notify_all();
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
      changed.notify_all();
    }
  }
};

SampleLoader::SampleLoader(const TrainingSet& set, const AugmentOptions& options,
                           std::vector<SampleRequest> requests, torch::Device device, std::size_t ahead)
    : state_(new State{set, options, std::move(requests), device, std::max<std::size_t>(1, ahead)}) {
  const int threads = at::get_num_threads();
  state_->worker = std::thread([state = state_.get()] { state->run(); });
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [&] { return state_->threads > 0; });
  at::set_num_threads(threads);
}

SampleLoader::~SampleLoader() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stop = true;
  }
  state_->changed.notify_all();
  state_->worker.join();
}

LoadedSample SampleLoader::next() {
  std::unique_lock lock(state_->mutex);
  if (state_->taken == state_->requests.size())
    throw Error(ErrorKind::internal, "training: more samples asked for than were requested");
  state_->changed.wait(lock, [&] { return !state_->ready.empty() || state_->failure; });
  if (state_->ready.empty()) std::rethrow_exception(state_->failure);
  LoadedSample sample = std::move(state_->ready.front());
  state_->ready.pop_front();
  ++state_->taken;
  state_->changed.notify_all();
  return sample;
}

int SampleLoader::threads() const { return state_->threads; }

}  // namespace anatomynet::training
