#include "training/losses.h"

#include <torch/torch.h>

#include "core/error.h"

namespace anatomynet {
namespace {

using torch::Tensor;

// sum over the voxels of each class of a per-voxel value, accumulated in double: D x H x W -> C
Tensor sum_by_class(const Tensor& value, const Tensor& labels, std::int64_t classes) {
  return torch::zeros({classes}, value.options().dtype(torch::kDouble))
      .index_add(0, labels.flatten(), value.flatten().to(torch::kDouble))
      .to(value.scalar_type());
}

// The sums that all losses are made of, each of length C. Since g is one-hot, FP = sum p - TP and FN = sum g
// - TP.
struct ClassSums {
  Tensor of_true;  // p of the voxel's own class, D x H x W
  Tensor tp, p, g;
  Tensor mw;

  ClassSums(const Tensor& probabilities, const Target& t) {
    const std::int64_t classes = probabilities.size(0);
    of_true = probabilities.gather(0, t.labels.unsqueeze(0)).squeeze(0);
    tp = sum_by_class(of_true, t.labels, classes);
    p = probabilities.flatten(1).sum(1);
    g = torch::bincount(t.labels.flatten(), {}, classes).to(probabilities.scalar_type());
    mw = t.annotated * t.weights;
  }
  Tensor fp() const { return p - tp; }
  Tensor fn() const { return g - tp; }
  Tensor dice() const { return tp / (tp + 0.5 * fn() + 0.5 * fp() + 1e-5); }
};

Tensor focal(const ClassSums& s, const Target& t) {
  const Tensor term = (1 - s.of_true).square() * s.of_true.clamp(1e-6, 1).log();
  return -(s.mw * sum_by_class(term, t.labels, s.mw.size(0))).sum() / static_cast<double>(t.labels.numel());
}

Tensor dice(const ClassSums& s) { return s.mw.sum() - (s.mw * s.dice()).sum(); }

Tensor cross_entropy(const ClassSums& s, const Target& t) {
  const Tensor log_p = sum_by_class(s.of_true.clamp_min(1e-6).log(), t.labels, s.mw.size(0));
  return -(s.mw * log_p / (s.g + 1e-6)).mean();
}

}  // namespace

Tensor dice_loss(const Tensor& p, const Target& t) { return dice(ClassSums(p, t)); }

Tensor focal_loss(const Tensor& p, const Target& t) { return focal(ClassSums(p, t), t); }

Tensor focal_dice_loss(const Tensor& p, const Target& t) {
  const ClassSums s(p, t);
  const Tensor tpf = sum_by_class(s.of_true * (1 - s.of_true).square(), t.labels, s.mw.size(0));
  const Tensor ratio = tpf / (tpf + 0.5 * s.fp() + 0.5 * s.fn() + 1e-5);
  return 1.6 * (s.mw.sum() - (s.mw * ratio).sum());
}

Tensor cross_entropy_loss(const Tensor& p, const Target& t) { return cross_entropy(ClassSums(p, t), t); }

Tensor exp_log_loss(const Tensor& p, const Target& t) {
  const ClassSums s(p, t);
  const Tensor terms = (-s.dice().clamp(1e-5, 1 - 1e-5).log()).pow(0.3);
  return (s.mw * terms).sum() / s.mw.sum().clamp(1e-5, 1000);
}

Tensor generalised_dice_loss(const Tensor& p, const Target& t) {
  const ClassSums s(p, t);
  const Tensor v = 1 / (s.g.square() + 1e-5);
  return 1 - 2 * (v * s.tp * s.mw).sum() / (v * (s.p + s.g) + 1e-5).sum();
}

Tensor named_loss(const std::string& name, double lambda, const Tensor& p, const Target& t) {
  if (name == "dice") return dice_loss(p, t);
  if (name == "focal-dice") return focal_dice_loss(p, t);
  if (name == "exp-log") return exp_log_loss(p, t);
  if (name == "generalised-dice") return generalised_dice_loss(p, t);
  const ClassSums s(p, t);
  if (name == "dice+focal") return dice(s) + lambda * focal(s, t);
  if (name == "dice+cross-entropy") return dice(s) + lambda * cross_entropy(s, t);
  throw Error(ErrorKind::usage,
              "unknown loss '" + name +
                  "'; known are dice, dice+focal, dice+cross-entropy, focal-dice, exp-log, generalised-dice");
}

Tensor apply_missing(MissingAnnotation rule, const Tensor& p, Target& t) {
  const Tensor missing = t.annotated.slice(0, 1) < 0.5;
  Tensor mask = t.annotated.clone();
  if (!missing.any().item<bool>()) {
    mask[0] = 1;
    t.annotated = mask;
    return p;
  }
  if (rule == MissingAnnotation::masked) {
    mask[0] = 0;
    t.annotated = mask;
    return p;
  }
  mask[0] = 1;
  t.annotated = mask;
  const Tensor kept =
      torch::cat({torch::ones_like(missing.slice(0, 0, 1)), missing.logical_not()}).to(p.scalar_type());
  const Tensor organs = p * kept.view({-1, 1, 1, 1});
  const Tensor background = 1 - organs.slice(0, 1).sum(0, true);
  // A voxel labelled with an organ that counts as unannotated (cut off, say) reads as background, like its
  // probability.
  t.labels = t.labels * kept.to(torch::kLong).index({t.labels});
  return torch::cat({background, organs.slice(0, 1)});
}

}  // namespace anatomynet
