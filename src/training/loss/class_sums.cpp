#include "training/loss/class_sums.h"

#include <torch/torch.h>

#include "training/loss/voxel_kernels.h"

namespace anatomynet::training {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// sum over the voxels of each class of a per-voxel value, accumulated in double: D x H x W -> C
Tensor sum_by_class(const Tensor& value, const Tensor& labels, std::int64_t classes) {
  return torch::zeros({classes}, value.options().dtype(torch::kDouble))
      .index_add(0, labels.flatten(), value.flatten().to(torch::kDouble));
}

Tensor rows_of(const ClassSums& s) {
  return torch::stack({s.tp, s.p, s.g, s.focal, s.focal_tp, s.log_p}).to(torch::kDouble);
}

KeptClasses kept_classes(const Tensor& kept) {
  const Tensor flags = kept.cpu().contiguous();
  const bool* first = flags.data_ptr<bool>();
  return {static_cast<std::size_t>(flags.size(1)), {first, first + flags.numel()}};
}

Tensor part_of(const Tensor& zones, std::int64_t z, std::int64_t end) {
  return zones.defined() ? zones.slice(0, z, end) : zones;
}

// Sums of one slab by libtorch's own operations.
Tensor slab_sums(const Tensor& logits, const Tensor& labels, const Tensor& kept, const Tensor& zones) {
  Tensor p = logits.to(torch::kFloat).softmax(0);
  const Tensor weight = kept_at_voxels(kept, zones).to(torch::kFloat);
  const Tensor organs = (p * weight).slice(0, 1);
  p = torch::cat({p.slice(0, 0, 1) + (p * (1 - weight)).sum(0, true), organs});
  const Tensor all = labels.to(torch::kLong).unsqueeze(0);
  const Tensor counted = weight.expand_as(p).gather(0, all).to(torch::kLong);
  return rows_of(class_sums(p, (all * counted).squeeze(0)));
}

constexpr std::int64_t slab_voxels = 1 << 20;

std::int64_t slab_depth(const Tensor& logits) {
  return std::max<std::int64_t>(1, slab_voxels / (logits.size(2) * logits.size(3)));
}

// logits -> the six rows of sums, double, class_sum_count x C.
class SumsOfLogits : public torch::autograd::Function<SumsOfLogits> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& logits, const Tensor& labels, const Tensor& kept,
                        const Tensor& given_zones) {
    const Tensor zones = given_zones.numel() > 0 ? given_zones : Tensor();
    if (logits.is_cpu()) {
      const Tensor bytes = labels.to(torch::kByte).contiguous();
      const Tensor zone_bytes = zones.defined() ? zones.to(torch::kByte).contiguous() : zones;
      ctx->save_for_backward({logits, bytes, kept, zone_bytes});
      const ClassRows rows = voxel_sums({logits, bytes, kept_classes(kept), zone_bytes});
      return torch::tensor(rows.values, torch::kDouble).view({std::int64_t(class_sum_count), logits.size(0)});
    }
    return slabwise(ctx, logits, labels, kept, zones);
  }

  static Tensor slabwise(AutogradContext* ctx, const Tensor& logits, const Tensor& labels, const Tensor& kept,
                         const Tensor& zones) {
    ctx->save_for_backward({logits, labels, kept, zones});
    Tensor sums;
    const std::int64_t step = slab_depth(logits);
    for (std::int64_t z = 0; z < logits.size(1); z += step) {
      const Tensor part = slab_sums(logits.slice(1, z, z + step), labels.slice(0, z, z + step), kept,
                                    part_of(zones, z, z + step));
      sums = sums.defined() ? sums + part : part;
    }
    return sums;
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &logits = saved[0], &labels = saved[1], &kept = saved[2], &zones = saved[3];
    if (logits.is_cpu()) {
      const Tensor rows = gradients[0].contiguous();
      ClassRows g(static_cast<std::size_t>(logits.size(0)));
      std::copy_n(rows.data_ptr<double>(), g.values.size(), g.values.begin());
      return {voxel_gradient({logits, labels, kept_classes(kept), zones}, g), {}, {}, {}};
    }
    return {slabwise_gradient(logits, labels, kept, zones, gradients[0]), {}, {}, {}};
  }

  static Tensor slabwise_gradient(const Tensor& logits, const Tensor& labels, const Tensor& kept,
                                  const Tensor& zones, const Tensor& of_sums) {
    Tensor out = torch::empty_like(logits);
    const std::int64_t step = slab_depth(logits);
    const torch::AutoGradMode with_gradients(true);
    for (std::int64_t z = 0; z < logits.size(1); z += step) {
      const Tensor slab = logits.slice(1, z, z + step).detach().requires_grad_();
      const Tensor sums = slab_sums(slab, labels.slice(0, z, z + step), kept, part_of(zones, z, z + step));
      const Tensor gradient = torch::autograd::grad({sums}, {slab}, {of_sums})[0];
      out.slice(1, z, z + step).copy_(gradient);
    }
    return out;
  }
};

ClassSums unpacked(const Tensor& rows, std::int64_t voxels) {
  return {rows[sum_tp],       rows[sum_p],     rows[sum_g], rows[sum_focal],
          rows[sum_focal_tp], rows[sum_log_p], voxels};
}

}  // namespace

ClassSums class_sums(const Tensor& probabilities, const Tensor& any_labels) {
  const Tensor labels = any_labels.to(torch::kLong);
  const std::int64_t classes = probabilities.size(0);
  const Tensor of_true = probabilities.gather(0, labels.unsqueeze(0)).squeeze(0);
  const auto by_class = [&](const Tensor& value) {
    return sum_by_class(value, labels, classes).to(probabilities.scalar_type());
  };
  const Tensor rest = (1 - of_true).square();
  ClassSums s;
  s.tp = by_class(of_true);
  s.p = probabilities.flatten(1).sum(1);
  s.g = torch::bincount(labels.flatten(), {}, classes).to(probabilities.scalar_type());
  s.focal = by_class(rest * of_true.clamp(1e-6, 1).log());
  s.focal_tp = by_class(of_true * rest);
  s.log_p = by_class(of_true.clamp_min(1e-6).log());
  s.voxels = labels.numel();
  return s;
}

ClassSums class_sums_of_logits(const Tensor& logits, const Tensor& labels, const MissingReading& reading,
                               const Tensor& zones) {
  const auto type = logits.scalar_type();
  const Tensor input = type == torch::kFloat || type == torch::kBFloat16 || !logits.is_cpu()
                           ? logits
                           : logits.to(torch::kFloat);
  // A function of libtorch's takes no undefined tensor.
  const Tensor given = zones.defined() ? zones : torch::empty({0}, labels.options().dtype(torch::kByte));
  return unpacked(SumsOfLogits::apply(input, labels, reading.kept, given), labels.numel());
}

}  // namespace anatomynet::training
