#include "network/onednn_convolution.h"

#include <torch/autograd.h>
#include <torch/types.h>

#include "core/error.h"
#include "network/onednn_plans.h"

namespace anatomynet::network {
namespace {

using dnnl::memory;
using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

template <std::size_t n>
std::array<std::int64_t, n> array_of(torch::IntArrayRef from) {
  std::array<std::int64_t, n> out{};
  std::copy_n(from.begin(), n, out.begin());
  return out;
}

memory::data_type type_of(const Tensor& t) {
  return t.scalar_type() == torch::kBFloat16 ? memory::data_type::bf16 : memory::data_type::f32;
}

memory view(const Tensor& t, const memory::desc& desc) { return {desc, onednn_cpu(), t.data_ptr()}; }

// Torch's weights, or room for their gradient: dense, float, outputs first.
memory::desc plain(const Tensor& weight) {
  const auto s = weight.sizes();
  return {{s[0], s[1], s[2], s[3], s[4]}, type_of(weight), memory::format_tag::oidhw};
}

Tensor channels_last(const Tensor& x, bool bf16) {
  return x.to(bf16 ? torch::kBFloat16 : torch::kFloat).contiguous(torch::MemoryFormat::ChannelsLast3d);
}

Tensor like_channels_last(torch::IntArrayRef sizes, torch::ScalarType type) {
  return torch::empty(sizes, torch::TensorOptions(type), torch::MemoryFormat::ChannelsLast3d);
}

class Call {
 public:
  Tensor reordered(const Tensor& from, const memory::desc& to) { return reordered(from, plain(from), to); }
  Tensor reordered(const Tensor& from, const memory::desc& lies, const memory::desc& to) {
    Tensor out = bytes(to);
    memory source = view(from, lies), target = view(out, to);
    dnnl::reorder(source, target).execute(stream_, source, target);
    return out;
  }
  void put_back(const Tensor& from, const memory::desc& layout, Tensor& to) {
    memory source = view(from, layout), target = view(to, plain(to));
    dnnl::reorder(source, target).execute(stream_, source, target);
  }
  void run(const dnnl::primitive& primitive, std::unordered_map<int, memory> arguments,
           const memory::desc& scratchpad) {
    const Tensor scratch = bytes(scratchpad);
    arguments.emplace(DNNL_ARG_SCRATCHPAD, view(scratch, scratchpad));
    primitive.execute(stream_, arguments);
    stream_.wait();
  }
  static Tensor bytes(const memory::desc& desc) {
    return torch::empty({static_cast<std::int64_t>(desc.get_size())}, torch::kByte);
  }

 private:
  dnnl::stream stream_{onednn_cpu()};
};

// What all three directions of one convolution share.
struct Convolution {
  ConvolutionShape shape;
  std::shared_ptr<const ConvolutionPlan> plan = convolution_plan(shape);

  torch::ScalarType type() const { return shape.bf16 ? torch::kBFloat16 : torch::kFloat; }

  Tensor forward(const Tensor& x, const Tensor& weight, const Tensor& bias) const {
    Tensor y = like_channels_last(shape.result, type());
    if (plan->is_product) {
      const memory::desc lies({shape.source[1], shape.result[1]}, type_of(weight), memory::format_tag::ba);
      run_forward(plan->product, lies, x, weight, bias, y);
    } else {
      run_forward(plan->forward, plain(weight), x, weight, bias, y);
    }
    return y;
  }

  Tensor source_gradient(const Tensor& gy, const Tensor& weight) const {
    Call call;
    const auto& pd = plan->backward_data;
    Tensor gx = like_channels_last(shape.source, type());
    const Tensor w = call.reordered(weight, pd.weights_desc());
    call.run(plan->run_data,
             {{DNNL_ARG_DIFF_DST, view(gy, pd.diff_dst_desc())},
              {DNNL_ARG_WEIGHTS, view(w, pd.weights_desc())},
              {DNNL_ARG_DIFF_SRC, view(gx, pd.diff_src_desc())}},
             pd.scratchpad_desc());
    return gx;
  }

  std::pair<Tensor, Tensor> weight_gradients(const Tensor& x, const Tensor& gy, const Tensor& weight) const {
    Call call;
    const auto& pd = plan->backward_weights;
    const Tensor blocked = Call::bytes(pd.diff_weights_desc());
    std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, view(x, pd.src_desc())},
                                              {DNNL_ARG_DIFF_DST, view(gy, pd.diff_dst_desc())},
                                              {DNNL_ARG_DIFF_WEIGHTS, view(blocked, pd.diff_weights_desc())}};
    Tensor gb;
    if (shape.bias) {
      gb = torch::empty({shape.result[1]}, torch::kFloat);
      arguments.emplace(DNNL_ARG_DIFF_BIAS, view(gb, pd.diff_bias_desc()));
    }
    call.run(plan->run_weights, arguments, pd.scratchpad_desc());
    Tensor gw = torch::empty(weight.sizes(), torch::kFloat);
    call.put_back(blocked, pd.diff_weights_desc(), gw);
    return {gw, gb};
  }

 private:
  // `lies`: the weights as they are given, in the dimensions of `pd`.
  template <class Description>
  void run_forward(const Description& pd, const memory::desc& lies, const Tensor& x, const Tensor& weight,
                   const Tensor& bias, const Tensor& y) const {
    Call call;
    const Tensor w = call.reordered(weight, lies, pd.weights_desc());
    std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, view(x, pd.src_desc())},
                                              {DNNL_ARG_WEIGHTS, view(w, pd.weights_desc())},
                                              {DNNL_ARG_DST, view(y, pd.dst_desc())}};
    if (shape.bias) arguments.emplace(DNNL_ARG_BIAS, view(bias, pd.bias_desc()));
    call.run(plan->run_forward, arguments, pd.scratchpad_desc());
  }
};

ConvolutionShape shape_of(torch::IntArrayRef source, torch::IntArrayRef kernel, torch::IntArrayRef stride,
                          torch::IntArrayRef padding, bool bf16, bool bias) {
  ConvolutionShape s{.source = array_of<5>(source),
                     .kernel = array_of<3>(kernel.slice(2)),
                     .stride = array_of<3>(stride),
                     .padding = array_of<3>(padding),
                     .bf16 = bf16,
                     .bias = bias};
  s.result = {source[0], kernel[0]};
  for (std::size_t k = 0; k < 3; ++k)
    s.result[k + 2] = (s.source[k + 2] + 2 * s.padding[k] - s.kernel[k]) / s.stride[k] + 1;
  return s;
}

std::vector<std::int64_t> pack(const ConvolutionShape& s) {
  std::vector<std::int64_t> v;
  for (const auto n : s.source) v.push_back(n);
  for (const auto* part : {&s.stride, &s.padding})
    for (const auto n : *part) v.push_back(n);
  v.push_back(s.bf16);
  v.push_back(s.bias);
  return v;
}

ConvolutionShape unpack(const std::vector<std::int64_t>& v, torch::IntArrayRef kernel) {
  const torch::IntArrayRef all(v);
  return shape_of(all.slice(0, 5), kernel, all.slice(5, 3), all.slice(8, 3), v[11], v[12]);
}

class Forward : public torch::autograd::Function<Forward> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& weight,
                        const c10::optional<Tensor>& bias, const ConvolutionShape& shape) {
    const Tensor in = channels_last(x, shape.bf16), w = weight.contiguous();
    ctx->save_for_backward({in, w});
    ctx->saved_data["shape"] = pack(shape);
    ctx->saved_data["type"] = x.scalar_type();
    return Convolution{shape}.forward(in, w, bias.value_or(Tensor()));
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &w = saved[1];
    const Convolution convolution{unpack(ctx->saved_data["shape"].toIntVector(), w.sizes())};
    const Tensor gy = channels_last(gradients[0], convolution.shape.bf16);
    Tensor gx;
    if (ctx->needs_input_grad(0))
      gx = convolution.source_gradient(gy, w).to(ctx->saved_data["type"].toScalarType());
    auto [gw, gb] = convolution.weight_gradients(x, gy, w);
    return {gx, gw, gb, {}};
  }
};

// The transposed convolution is the way back of a convolution from its result to its source.
class Transposed : public torch::autograd::Function<Transposed> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& weight,
                        const ConvolutionShape& shape) {
    const Tensor in = channels_last(x, shape.bf16), w = weight.contiguous();
    ctx->save_for_backward({in, w});
    ctx->saved_data["shape"] = pack(shape);
    ctx->saved_data["type"] = x.scalar_type();
    return Convolution{shape}.source_gradient(in, w);
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &w = saved[1];
    const Convolution convolution{unpack(ctx->saved_data["shape"].toIntVector(), w.sizes())};
    const Tensor gy = channels_last(gradients[0], convolution.shape.bf16);
    Tensor gx;
    if (ctx->needs_input_grad(0))
      gx = convolution.forward(gy, w, {}).to(ctx->saved_data["type"].toScalarType());
    return {gx, convolution.weight_gradients(gy, x, w).first, {}};
  }
};

template <class F>
Tensor translated(const char* what, const F& f) {
  try {
    return f();
  } catch (const dnnl::error& e) {
    throw Error(ErrorKind::internal, std::string(what) + ": oneDNN refuses: " + e.what());
  }
}

}  // namespace

bool onednn_available() { return true; }

Tensor onednn_convolution(const Tensor& x, const Tensor& weight, const Tensor& bias,
                          torch::IntArrayRef stride, torch::IntArrayRef padding, bool bf16) {
  return translated("convolution", [&] {
    const auto shape = shape_of(x.sizes(), weight.sizes(), stride, padding, bf16, bias.defined());
    return Forward::apply(x, weight, bias.defined() ? c10::optional<Tensor>(bias) : c10::nullopt, shape);
  });
}

Tensor onednn_transposed_convolution(const Tensor& x, const Tensor& weight, torch::IntArrayRef stride,
                                     bool bf16) {
  return translated("transposed convolution", [&] {
    std::vector<std::int64_t> result{x.size(0), weight.size(1)};
    for (std::int64_t k = 0; k < 3; ++k)
      result.push_back((x.size(k + 2) - 1) * stride[static_cast<std::size_t>(k)] + weight.size(k + 2));
    const std::array<std::int64_t, 3> none{};
    return Transposed::apply(x, weight, shape_of(result, weight.sizes(), stride, none, bf16, false));
  });
}

}  // namespace anatomynet::network
