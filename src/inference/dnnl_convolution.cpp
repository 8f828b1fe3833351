#include "inference/dnnl_convolution.h"

#include <cstring>

#include "core/error.h"

namespace anatomynet {
namespace {

using Memory = dnnl::memory;
using Type = Memory::data_type;
using Tag = Memory::format_tag;

// More shapes than one volume needs: of several volumes in turn the oldest are let go.
constexpr std::size_t most_primitives = 32;

}  // namespace

Convolution::Convolution(const dnnl::engine& engine, ConvolutionOptions options)
    : engine_(engine), options_(std::move(options)) {
  bias_ = Memory({{options_.out}, Type::f32, Tag::a}, engine_);
  std::memcpy(bias_.get_data_handle(), options_.bias.data(), options_.bias.size() * sizeof(float));
}

Memory Convolution::weights_as(const Memory::desc& layout) {
  for (const Memory& known : weights_)
    if (known.get_desc() == layout) return known;
  const std::int64_t k = options_.kernel;
  Memory plain({{options_.out, options_.in, k, k, k}, Type::f32, Tag::oidhw}, engine_,
               options_.weights.data());
  Memory made(layout, engine_);
  dnnl::stream stream(engine_);
  dnnl::reorder(plain, made).execute(stream, plain, made);
  stream.wait();
  weights_.push_back(made);
  return made;
}

Convolution::Primitive Convolution::build(const Shape& s) {
  const std::int64_t k = options_.kernel, side = k / 2;
  const Memory::dims from{1, options_.in, s.depth, s.height, s.width},
      to{1, options_.out, s.depth_out(k), s.height, s.width};
  dnnl::primitive_attr attributes;
  dnnl::post_ops after;
  if (options_.epilogue == Epilogue::add_then_activate)
    after.append_binary(dnnl::algorithm::binary_add, {to, Type::f32, Tag::ndhwc});
  if (options_.epilogue == Epilogue::accumulate) after.append_sum();
  if (options_.epilogue == Epilogue::activate || options_.epilogue == Epilogue::add_then_activate)
    after.append_eltwise(1, dnnl::algorithm::eltwise_relu, options_.slope, 0);
  attributes.set_post_ops(after);
  const std::int64_t front = k == 1 ? 0 : s.front, back = k == 1 ? 0 : s.back;
  const dnnl::convolution_forward::desc wanted(
      dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
      {from, options_.source, Tag::ndhwc}, {{options_.out, options_.in, k, k, k}, options_.source, Tag::any},
      {{options_.out}, Type::f32, Tag::a}, {to, options_.destination, Tag::ndhwc}, {1, 1, 1},
      {front, side, side}, {back, side, side});
  const dnnl::convolution_forward::primitive_desc description(wanted, attributes, engine_);
  ++built_;
  Primitive p{dnnl::convolution_forward(description),
              Memory(description.src_desc(), engine_, nullptr),
              weights_as(description.weights_desc()),
              Memory(description.dst_desc(), engine_, nullptr),
              {},
              double(to[2] * to[3] * to[4]) * double(options_.weights.size())};
  if (options_.epilogue == Epilogue::add_then_activate)
    p.addend = Memory({to, Type::f32, Tag::ndhwc}, engine_, nullptr);
  return p;
}

void Convolution::run(dnnl::stream& stream, const Shape& shape, const void* source, void* destination,
                      const float* addend) {
  auto found = primitives_.find(shape);
  if (found == primitives_.end()) {
    if (primitives_.size() >= most_primitives) primitives_.clear();
    found = primitives_.emplace(shape, build(shape)).first;
  }
  Primitive& p = found->second;
  // oneDNN takes plain pointers; it does not write through the source.
  p.source.set_data_handle(const_cast<void*>(source));
  p.destination.set_data_handle(destination);
  std::unordered_map<int, Memory> arguments{{DNNL_ARG_SRC, p.source},
                                            {DNNL_ARG_WEIGHTS, p.weights},
                                            {DNNL_ARG_BIAS, bias_},
                                            {DNNL_ARG_DST, p.destination}};
  if (addend) {
    p.addend.set_data_handle(const_cast<float*>(addend));
    arguments.emplace(DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, p.addend);
  }
  p.run.execute(stream, arguments);
  multiply_adds_ += p.multiply_adds;
}

}  // namespace anatomynet
