#include "training/distributed/buckets.h"

#include <torch/torch.h>

namespace anatomynet::training {
namespace {

using torch::Tensor;

void pass(const std::vector<Tensor>& bucket, const std::function<void(Tensor& flat)>& use,
          const std::function<bool(torch::Device)>& stay) {
  if (bucket.empty()) return;
  std::vector<Tensor> parts;
  for (const Tensor& t : bucket) parts.push_back(t.reshape({-1}));
  Tensor flat = torch::cat(parts).contiguous();
  if (!stay || !stay(flat.device())) flat = flat.cpu();
  use(flat);
  std::int64_t from = 0;
  for (const Tensor& t : bucket) {
    t.copy_(flat.slice(0, from, from + t.numel()).view(t.sizes()));
    from += t.numel();
  }
}

}  // namespace

void for_each_bucket(const std::vector<Tensor>& tensors, std::int64_t bytes,
                     const std::function<void(Tensor& flat)>& use,
                     const std::function<bool(torch::Device)>& stay) {
  const torch::NoGradGuard no_grad;
  std::vector<Tensor> left = tensors;
  while (!left.empty()) {
    std::vector<Tensor> bucket, others;
    std::int64_t filled = 0;
    for (const Tensor& t : left) {
      if (t.scalar_type() != left.front().scalar_type() || t.device() != left.front().device()) {
        others.push_back(t);
        continue;
      }
      const std::int64_t size = t.numel() * std::int64_t(t.element_size());
      if (filled + size > bytes) {
        pass(bucket, use, stay);
        bucket.clear();
        filled = 0;
      }
      bucket.push_back(t);
      filled += size;
    }
    pass(bucket, use, stay);
    left = std::move(others);
  }
}

}  // namespace anatomynet::training
