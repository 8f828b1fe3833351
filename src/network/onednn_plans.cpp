#include "network/onednn_plans.h"

#include <map>
#include <mutex>
#include <utility>

#include <omp.h>

namespace anatomynet::network {
namespace {

using dnnl::memory;
using Type = memory::data_type;
using Tag = memory::format_tag;

constexpr std::size_t most_plans = 512;  // a network has some forty

template <std::size_t n>
memory::dims dims(const std::array<std::int64_t, n>& a) {
  return {a.begin(), a.end()};
}

bool is_product(const ConvolutionShape& s) {
  constexpr std::array<std::int64_t, 3> one{1, 1, 1}, none{0, 0, 0};
  return s.bf16 && s.source[0] == 1 && s.kernel == one && s.stride == one && s.padding == none;
}

dnnl::matmul::primitive_desc product_of(const ConvolutionShape& s, const dnnl::primitive_attr& attributes) {
  const std::int64_t voxels = s.source[2] * s.source[3] * s.source[4], in = s.source[1], out = s.result[1];
  const memory::desc source({voxels, in}, Type::bf16, Tag::ab), result({voxels, out}, Type::bf16, Tag::ab),
      weights({in, out}, Type::bf16, Tag::any), bias({1, out}, Type::f32, Tag::ab);
  return {s.bias ? dnnl::matmul::desc(source, weights, bias, result)
                 : dnnl::matmul::desc(source, weights, result),
          attributes, onednn_cpu()};
}

ConvolutionPlan make(const ConvolutionShape& s) {
  const Type type = s.bf16 ? Type::bf16 : Type::f32;
  const memory::desc source(dims(s.source), type, Tag::ndhwc), result(dims(s.result), type, Tag::ndhwc);
  const memory::dims kernel{s.result[1], s.source[1], s.kernel[0], s.kernel[1], s.kernel[2]};
  const memory::desc weights(kernel, type, Tag::any), gradient(kernel, Type::f32, Tag::any);
  const memory::desc bias = s.bias ? memory::desc({s.result[1]}, Type::f32, Tag::a) : memory::desc();
  const auto stride = dims(s.stride), padding = dims(s.padding);
  constexpr auto direct = dnnl::algorithm::convolution_direct;
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);

  ConvolutionPlan plan;
  plan.forward = {
      {dnnl::prop_kind::forward_training, direct, source, weights, bias, result, stride, padding, padding},
      attributes,
      onednn_cpu()};
  plan.backward_data = {
      {direct, source, weights, result, stride, padding, padding}, attributes, onednn_cpu(), plan.forward};
  plan.backward_weights = {{direct, source, gradient, bias, result, stride, padding, padding},
                           attributes,
                           onednn_cpu(),
                           plan.forward};
  plan.is_product = is_product(s);
  if (plan.is_product) {
    plan.product = product_of(s, attributes);
    plan.run_forward = dnnl::matmul(plan.product);
  } else {
    plan.run_forward = dnnl::convolution_forward(plan.forward);
  }
  plan.run_data = dnnl::convolution_backward_data(plan.backward_data);
  plan.run_weights = dnnl::convolution_backward_weights(plan.backward_weights);
  return plan;
}

}  // namespace

const dnnl::engine& onednn_cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

std::shared_ptr<const ConvolutionPlan> convolution_plan(const ConvolutionShape& shape) {
  // Primitives share their work out among the threads that there are when they are made.
  const std::pair key{omp_get_max_threads(), shape};
  static std::mutex mutex;
  static std::map<std::pair<int, ConvolutionShape>, std::shared_ptr<const ConvolutionPlan>> plans;
  const std::lock_guard lock(mutex);
  if (const auto found = plans.find(key); found != plans.end()) return found->second;
  if (plans.size() >= most_plans) plans.clear();
  return plans[key] = std::make_shared<const ConvolutionPlan>(make(shape));
}

}  // namespace anatomynet::network
