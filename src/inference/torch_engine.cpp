#include <algorithm>
#include <thread>

#include <ATen/Parallel.h>
#include <torch/cuda.h>
#include <torch/torch.h>

#include "core/error.h"
#include "inference/engine.h"
#include "inference/make_engine.h"
#include "network/precision.h"
#include "network/weights.h"

namespace anatomynet {
namespace {

class TorchEngine : public Engine {
 public:
  TorchEngine(const Model& model, Arithmetic arithmetic, int threads, bool eager = false)
      : network_(make_network(model)),
        channels_(static_cast<std::int64_t>(model.info.organs.size()) + 1),
        device_(torch::cuda::is_available() ? torch::kCUDA : torch::kCPU),
        arithmetic_(arithmetic),
        eager_(eager) {
    // libtorch's own default is one thread on some machines; this also sets OpenMP's, which core/ uses.
    at::set_num_threads(threads > 0 ? threads
                                    : static_cast<int>(std::max(1u, std::thread::hardware_concurrency())));
    for (auto& parameter : network_->parameters()) parameter.set_requires_grad(false);
    network_->to(device_);
  }

  std::string name() const override {
    return eager_ ? "libtorch eager" : device_.is_cuda() ? "torch (GPU)" : "torch";
  }
  Arithmetic arithmetic() const override { return arithmetic_; }
  std::int64_t channels() const override { return channels_; }

  void run(std::span<const float> image, const Size3& size, const LogitsSink& sink) override {
    check_size(image, size);
    // With gradients enabled, though no weight asks for one, the sums are libtorch's own (fixed_order.h).
    const torch::AutoGradMode gradients(eager_);
    torch::Tensor logits;
    try {
      // from_blob wants a pointer it could write through; the network does not.
      const torch::Tensor input = torch::from_blob(const_cast<float*>(image.data()),
                                                   {1, 1, size[2], size[1], size[0]}, torch::kFloat);
      const PrecisionScope scope(arithmetic_ == Arithmetic::bf16 ? Precision::bf16 : Precision::fp32,
                                 device_);
      logits = forward_padded(*network_, input.to(device_)).squeeze(0).to(torch::kFloat).cpu().contiguous();
    } catch (const c10::Error& e) {
      const std::string text = e.what_without_backtrace();
      if (text.find("alloc") == std::string::npos && text.find("out of memory") == std::string::npos) throw;
      throw Error(ErrorKind::memory, "the network ran out of memory on " + std::to_string(size[0]) + " x " +
                                         std::to_string(size[1]) + " x " + std::to_string(size[2]) +
                                         " voxels; use --engine onednn or a machine with more memory");
    }
    sink({logits.data_ptr<float>(), static_cast<std::size_t>(logits.numel())}, 0, size[2]);
  }

  std::int64_t memory_needed(const Size3& size) const override {
    return size[0] * size[1] * size[2] * (bytes_per_voxel + 8 * channels_) + kept_beside;
  }

 private:
  // Measured on whole volumes (docs/performance.md): the last stage's full-resolution tensors are the peak.
  static constexpr std::int64_t bytes_per_voxel = 290, kept_beside = 32 << 20;  // the latter: weights, code

  std::shared_ptr<Network> network_;
  std::int64_t channels_;
  torch::Device device_;
  Arithmetic arithmetic_;
  bool eager_;
};

}  // namespace

std::unique_ptr<Engine> make_torch_engine(const Model& model, Arithmetic arithmetic, int threads) {
  return std::make_unique<TorchEngine>(model, arithmetic, threads);
}

std::unique_ptr<Engine> make_eager_engine(const Model& model, int threads) {
  return std::make_unique<TorchEngine>(model, Arithmetic::fp32, threads, true);
}

bool torch_is_built() { return true; }
bool torch_has_gpu() { return torch::cuda::is_available(); }

}  // namespace anatomynet
