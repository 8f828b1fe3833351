#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <thread>

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include "training/distributed/gpu_group.h"

namespace anatomynet::training {
namespace {

using Nccl = c10d::ProcessGroupNCCL;

class NcclGroup final : public GpuGroup {
 public:
  NcclGroup(const c10::intrusive_ptr<c10d::Store>& store, const ProcessPlace& place) : place_(place) {
    const auto options = Nccl::Options::create();
    options->timeout = place.timeout;
    nccl_ = c10::make_intrusive<Nccl>(c10::make_intrusive<c10d::PrefixStore>("gpu", store), place.rank,
                                      place.size, options);
  }

  void sum(torch::Tensor& flat) override {
    std::vector<torch::Tensor> one{flat};
    finish(*nccl_->allreduce(one));
  }

  void broadcast(torch::Tensor& flat) override {
    std::vector<torch::Tensor> one{flat};
    finish(*nccl_->broadcast(one));
  }

 private:
  // c10d's own waiting either returns before the GPU is done or ends the program where a process is lost.
  void finish(c10d::Work& work) const {
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + place_.timeout;
    while (!work.isCompleted()) {
      if (Clock::now() > end) throw std::runtime_error("NCCL: timeout");
      std::this_thread::yield();
    }
    if (const auto failure = work.exception()) std::rethrow_exception(failure);
    work.wait();  // this thread's stream goes on from here
  }

  ProcessPlace place_;
  c10::intrusive_ptr<Nccl> nccl_;
};

}  // namespace

std::unique_ptr<GpuGroup> make_gpu_group(const c10::intrusive_ptr<c10d::Store>& store,
                                         const ProcessPlace& place) {
  const char* wish = std::getenv("ANATOMYNET_NCCL");
  if (wish && std::string_view(wish) == "0") return nullptr;
  return std::make_unique<NcclGroup>(store, place);
}

}  // namespace anatomynet::training
