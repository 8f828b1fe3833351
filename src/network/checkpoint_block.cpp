#include "network/checkpoint_block.h"

#include <ATen/autocast_mode.h>
#include <torch/autograd.h>

#include "network/computation.h"
#include "network/precision.h"

namespace anatomynet::network {
namespace {

using torch::Tensor;
using Block = std::function<Tensor(const Tensor&, const Tensor&)>;

struct Recipe : torch::CustomClassHolder {
  Block f;
  Precision precision = Precision::fp32;
  Computation computation;
};

Precision precision_now(torch::Device device) {
  const bool bf16 = device.is_cuda() ? at::autocast::is_enabled() : at::autocast::is_cpu_enabled();
  return bf16 ? Precision::bf16 : Precision::fp32;
}

Tensor leaf(const Tensor& saved, bool wanted) {
  return saved.defined() ? saved.detach().set_requires_grad(wanted) : saved;
}

class Checkpointed : public torch::autograd::Function<Checkpointed> {
 public:
  static Tensor forward(torch::autograd::AutogradContext* ctx, const c10::intrusive_ptr<Recipe>& recipe,
                        const Tensor& a, const c10::optional<Tensor>& b) {
    ctx->save_for_backward({a, b.value_or(Tensor())});
    ctx->saved_data["a"] = a.requires_grad();
    ctx->saved_data["b"] = b && b->requires_grad();
    ctx->saved_data["recipe"] = c10::IValue::make_capsule(recipe);
    return recipe->f(a, b.value_or(Tensor()));
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = ctx->get_saved_variables();
    const auto capsule = ctx->saved_data["recipe"].toCapsule();
    const Recipe& recipe = static_cast<const Recipe&>(*capsule);
    const Tensor a = leaf(saved[0], ctx->saved_data["a"].toBool());
    const Tensor b = leaf(saved[1], ctx->saved_data["b"].toBool());
    const torch::AutoGradMode with_gradients(true);
    Tensor y;
    {
      Computation again = recipe.computation;
      again.update_statistics = again.checkpoint = false;
      const ComputationScope scope(again);
      const PrecisionScope precision(recipe.precision, a.device());
      y = recipe.f(a, b);
    }
    torch::autograd::backward({y}, {gradients[0]});
    return {{}, a.grad(), b.defined() ? b.grad() : Tensor()};
  }
};

}  // namespace

Tensor checkpointed(const Block& f, const Tensor& a, const Tensor& b) {
  const auto recipe = c10::make_intrusive<Recipe>();
  recipe->f = f;
  recipe->precision = precision_now(a.device());
  recipe->computation = computation();
  return Checkpointed::apply(recipe, a, b.defined() ? c10::optional<Tensor>(b) : c10::nullopt);
}

}  // namespace anatomynet::network
