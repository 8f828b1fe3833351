#include "training/loss/losses.h"

#include <torch/torch.h>

#include "core/error.h"

namespace anatomynet::training {
namespace {

using torch::Tensor;

// m_c w_c
Tensor importance(const ClassSums& s, const Target& t) {
  return (t.annotated * t.weights).to(s.tp.scalar_type());
}

Tensor fp(const ClassSums& s) { return s.p - s.tp; }
Tensor fn(const ClassSums& s) { return s.g - s.tp; }
Tensor dice_ratio(const ClassSums& s) { return s.tp / (s.tp + 0.5 * fn(s) + 0.5 * fp(s) + 1e-5); }

}  // namespace

Tensor dice_loss(const ClassSums& s, const Target& t) {
  const Tensor mw = importance(s, t);
  return mw.sum() - (mw * dice_ratio(s)).sum();
}

Tensor focal_loss(const ClassSums& s, const Target& t) {
  return -(importance(s, t) * s.focal).sum() / static_cast<double>(s.voxels);
}

Tensor focal_dice_loss(const ClassSums& s, const Target& t) {
  const Tensor mw = importance(s, t);
  const Tensor ratio = s.focal_tp / (s.focal_tp + 0.5 * fp(s) + 0.5 * fn(s) + 1e-5);
  return 1.6 * (mw.sum() - (mw * ratio).sum());
}

Tensor cross_entropy_loss(const ClassSums& s, const Target& t) {
  return -(importance(s, t) * s.log_p / (s.g + 1e-6)).mean();
}

Tensor exp_log_loss(const ClassSums& s, const Target& t) {
  const Tensor mw = importance(s, t), terms = (-dice_ratio(s).clamp(1e-5, 1 - 1e-5).log()).pow(0.3);
  return (mw * terms).sum() / mw.sum().clamp(1e-5, 1000);
}

Tensor generalised_dice_loss(const ClassSums& s, const Target& t) {
  const Tensor v = 1 / (s.g.square() + 1e-5);
  return 1 - 2 * (v * s.tp * importance(s, t)).sum() / (v * (s.p + s.g) + 1e-5).sum();
}

namespace {

using Loss = Tensor (*)(const ClassSums&, const Target&);

struct NamedLoss {
  const char* name;
  Loss loss, second;  // `lambda` times the second, where there is one
};

constexpr NamedLoss losses[] = {
    {"dice", dice_loss, nullptr},
    {"dice+focal", dice_loss, focal_loss},
    {"dice+cross-entropy", dice_loss, cross_entropy_loss},
    {"focal-dice", focal_dice_loss, nullptr},
    {"exp-log", exp_log_loss, nullptr},
    {"generalised-dice", generalised_dice_loss, nullptr},
};

}  // namespace

const std::vector<std::string>& loss_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const NamedLoss& one : losses) list.emplace_back(one.name);
    return list;
  }();
  return names;
}

Tensor named_loss(const std::string& name, double lambda, const ClassSums& s, const Target& t) {
  std::string known;
  for (const NamedLoss& one : losses) {
    if (name == one.name) return one.second ? one.loss(s, t) + lambda * one.second(s, t) : one.loss(s, t);
    known += (known.empty() ? "" : ", ") + std::string(one.name);
  }
  throw Error(ErrorKind::usage, "unknown loss '" + name + "'; known are " + known);
}

}  // namespace anatomynet::training
