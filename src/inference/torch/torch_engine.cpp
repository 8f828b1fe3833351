#include <algorithm>

#include <ATen/Parallel.h>
#include <torch/cuda.h>
#include <torch/torch.h>

#include "core/argmax.h"
#include "core/clock.h"
#include "core/cpus.h"
#include "core/error.h"
#include "inference/engine.h"
#include "inference/make_engine.h"
#include "inference/torch/cuda_graph.h"
#include "network/precision.h"
#include "network/weights.h"

namespace anatomynet::inference {
namespace {

std::string text_of(const Size3& size) {
  return std::to_string(size[0]) + " x " + std::to_string(size[1]) + " x " + std::to_string(size[2]) +
         " voxels";
}

// Where one axis's samples lie, as tensors: value = low + weight (high - low).
struct Axis {
  torch::Tensor low, high, weight;

  Axis(const Grid& source, const Grid& target, int k, torch::Device device) {
    std::vector<std::int64_t> lows, highs;
    std::vector<float> weights;
    for (const LinearTap& b : linear_taps(source, target, k)) {
      lows.push_back(b.low);
      highs.push_back(b.high);
      weights.push_back(b.weight);
    }
    low = torch::tensor(lows, torch::kLong).to(device);
    high = torch::tensor(highs, torch::kLong).to(device);
    weight = torch::tensor(weights, torch::kFloat).to(device);
  }

  // `x` interpolated along `dimension` of its four at samples `first` to `end`.
  torch::Tensor along(const torch::Tensor& x, std::int64_t dimension, std::int64_t first,
                      std::int64_t end) const {
    std::vector<std::int64_t> shape(4, 1);
    shape[static_cast<std::size_t>(dimension)] = end - first;
    const torch::Tensor a = x.index_select(dimension, low.slice(0, first, end)),
                        b = x.index_select(dimension, high.slice(0, first, end));
    return a + weight.slice(0, first, end).view(shape) * (b - a);
  }
};

class TorchEngine : public Engine {
 public:
  TorchEngine(const model::Model& model, const TorchOptions& options)
      : network_(network::make_network(model)),
        channels_(static_cast<std::int64_t>(model.info.organs.size()) + 1),
        device_(torch::cuda::is_available() ? torch::kCUDA : torch::kCPU),
        options_(options) {
    if (device_.is_cuda()) options_.on_device = true;
    // libtorch's own default is one thread on some machines; this also sets OpenMP's, which core/ uses.
    at::set_num_threads(options.threads > 0 ? options.threads : usable_cpus());
    for (auto& parameter : network_->parameters()) parameter.set_requires_grad(false);
    network_->to(device_);
    if (options_.on_device)
      for (auto& p : network_->parameters())
        if (p.dim() == 5) p.set_data(p.contiguous(at::MemoryFormat::ChannelsLast3d));
  }

  std::string name() const override {
    return options_.eager ? "libtorch eager" : device_.is_cuda() ? "torch (GPU)" : "torch";
  }
  Arithmetic arithmetic() const override { return options_.arithmetic; }
  std::int64_t channels() const override { return channels_; }

  void run(std::span<const float> image, const Size3& size, const LogitsSink& sink) override {
    const torch::Tensor logits = guarded(size, [&] { return forward(image, size).cpu().contiguous(); });
    sink({logits.data_ptr<float>(), static_cast<std::size_t>(logits.numel())}, 0, size[2]);
  }

  // On the device: some slices at a time, each copied to the host while the next are made.
  LabelVolume label(std::span<const float> image, const Grid& grid, const std::vector<std::uint8_t>& ids,
                    const Grid& target, double* network_seconds, Confidence* confidence,
                    const AxisPositions* uneven, const HuScores* hu) override {
    if (!options_.on_device || uneven || hu)
      return Engine::label(image, grid, ids, target, network_seconds, confidence, uneven, hu);
    const double start = seconds_now();
    LabelVolume labels(target);
    guarded(grid.size, [&] {
      const torch::NoGradGuard no_grad;
      const torch::Tensor logits = forward(image, grid.size);
      const Axis x(grid, target, 0, device_), y(grid, target, 1, device_), z(grid, target, 2, device_);
      const torch::Tensor values =
          torch::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()), torch::kLong)
              .to(torch::kByte)
              .to(device_);
      const auto [width, height, depth] = target.size;
      torch::Tensor host = torch::empty({depth, height, width},
                                        torch::TensorOptions(torch::kByte).pinned_memory(device_.is_cuda()));
      constexpr std::int64_t slices_per_batch = 16;
      for (std::int64_t first = 0; first < depth; first += slices_per_batch) {
        const std::int64_t end = std::min(depth, first + slices_per_batch);
        const torch::Tensor scores =
            x.along(y.along(z.along(logits, 1, first, end), 2, 0, height), 3, 0, width);
        const torch::Tensor best = scores.argmax(0);
        host.slice(0, first, end)
            .copy_(values.index_select(0, best.flatten()).view(best.sizes()), /*non_blocking=*/true);
      }
      if (device_.is_cuda()) torch::cuda::synchronize();
      std::copy_n(host.data_ptr<std::uint8_t>(), host.numel(), labels.voxels.data());
      return host;
    });
    if (network_seconds) *network_seconds = seconds_now() - start;
    return labels;
  }

  std::int64_t memory_needed(const Size3& size) const override {
    const std::int64_t voxels = size[0] * size[1] * size[2];
    if (device_.is_cuda()) return voxels * 4 * channels_;  // the logits, where they are asked for
    return voxels * (bytes_per_voxel + 8 * channels_) + fixed_overhead_bytes;
  }

 private:
  // The device's tensors of one size, and the work between them.
  struct Shape {
    Size3 size;
    torch::Tensor input, logits;
    std::unique_ptr<CudaGraph> graph;
  };

  // Logits on the device, float, channels x z x y x x.
  torch::Tensor forward(std::span<const float> image, const Size3& size) {
    // With gradients enabled, though no weight asks for one, the sums are libtorch's own (fixed_order.h).
    const torch::AutoGradMode gradients(options_.eager);
    // from_blob wants a pointer it could write through; nothing does.
    const torch::Tensor given =
        torch::from_blob(const_cast<float*>(image.data()), {1, 1, size[2], size[1], size[0]}, torch::kFloat);
    if (!options_.on_device) return pass(given);
    if (!shape_ || shape_->size != size) {
      shape_ = std::make_unique<Shape>();
      shape_->size = size;
      shape_->input = given.to(device_).clone();
      Shape* const s = shape_.get();
      s->graph = std::make_unique<CudaGraph>([this, s] {
        const torch::AutoGradMode none(false);
        const torch::Tensor made = pass(s->input);
        if (!s->logits.defined()) s->logits = torch::empty_like(made);
        s->logits.copy_(made);
      });
    } else {
      shape_->input.copy_(given);
      shape_->graph->replay();
    }
    return shape_->logits;
  }

  torch::Tensor pass(const torch::Tensor& image) {
    const network::PrecisionScope scope(
        options_.arithmetic == Arithmetic::bf16 ? network::Precision::bf16 : network::Precision::fp32,
        device_);
    return network::forward_padded(*network_, image).squeeze(0).to(torch::kFloat).contiguous();
  }

  template <class Work>
  torch::Tensor guarded(const Size3& size, const Work& work) {
    check_size(size);
    try {
      return work();
    } catch (const c10::Error& e) {
      shape_.reset();
      const std::string text = e.what_without_backtrace();
      if (text.find("alloc") == std::string::npos && text.find("out of memory") == std::string::npos) throw;
      throw Error(ErrorKind::memory, "the network ran out of memory on " + text_of(size) +
                                         "; use --engine onednn or a machine with more memory");
    }
  }

  // Measured on whole volumes (docs/performance.md): the last stage's full-resolution tensors are the peak.
  static constexpr std::int64_t bytes_per_voxel = 290,
                                fixed_overhead_bytes = 160 << 20;  // the latter: weights, code, buffers

  std::shared_ptr<network::Network> network_;
  std::int64_t channels_;
  torch::Device device_;
  TorchOptions options_;
  std::unique_ptr<Shape> shape_;
};

}  // namespace

std::unique_ptr<Engine> make_torch_engine(const model::Model& model, const TorchOptions& options) {
  return std::make_unique<TorchEngine>(model, options);
}

bool torch_is_built() { return true; }
bool torch_has_gpu() { return torch::cuda::is_available(); }

}  // namespace anatomynet::inference
