#include "inference/onednn/dnnl_convolution.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "core/error.h"

namespace anatomynet::inference {
namespace {

using Memory = dnnl::memory;
using Type = Memory::data_type;
using Tag = Memory::format_tag;

// More shapes than one volume needs: of several volumes in turn the oldest are let go.
constexpr std::size_t most_primitives = 32;

// A kernel's code and scratch memory: oneDNN 2.6 writes through the null pointer where it can have none.
constexpr std::int64_t room_to_build = 32 << 20;

Type type_of(ValueType type) {
  switch (type) {
    case ValueType::bf16:
      return Type::bf16;
    case ValueType::s8:
      return Type::s8;
    case ValueType::f32:
      break;
  }
  return Type::f32;
}

}  // namespace

Convolution::Convolution(const dnnl::engine& engine, ConvolutionOptions options,
                         std::shared_ptr<Arena> scratch, bool tiled)
    : engine_(engine), options_(std::move(options)) {
  if (options_.kernel_x == 0) options_.kernel_x = options_.kernel;
  if (tiled && TileConvolution::suits(options_)) {
    tiles_.emplace(options_, std::move(scratch));
    return;
  }
  if (WinogradConvolution::suits(options_)) {
    winograd_.emplace(options_, std::move(scratch));
    return;
  }
  if (PointwiseConvolution::suits(options_)) {
    pointwise_.emplace(options_);
    return;
  }
  if (options_.source == ValueType::bf16)
    throw std::logic_error(options_.name + ": no kernel computes this layer in bf16");
  if (options_.source == ValueType::s8) quantise();
  bias_ = Memory({{options_.out}, Type::f32, Tag::a}, engine_);
  std::memcpy(bias_.get_data_handle(), options_.bias.data(), options_.bias.size() * sizeof(float));
}

// Weights to integers with the largest at 127; bias and scales so that scale (sum + bias) is the result.
void Convolution::quantise() {
  const std::size_t each = options_.weights.size() / static_cast<std::size_t>(options_.out);
  int8_weights_.resize(options_.weights.size());
  const std::vector<float> steps = weight_steps(options_);
  for (std::size_t o = 0; o < steps.size(); ++o) {
    const double unit = double(steps[o]) * options_.source_step;
    for (std::size_t i = o * each; i < (o + 1) * each; ++i)
      int8_weights_[i] = static_cast<std::int8_t>(std::lround(options_.weights[i] / steps[o]));
    options_.bias[o] = static_cast<float>(double(options_.bias[o]) / unit);
    scales_.push_back(static_cast<float>(unit / options_.destination_step));
  }
}

Memory Convolution::weights_as(const Memory::desc& layout, const Memory::desc& plain) {
  for (const Memory& known : weights_)
    if (known.get_desc() == layout) return known;
  const bool int8 = options_.source == ValueType::s8;
  Memory given(plain, engine_, int8 ? static_cast<void*>(int8_weights_.data()) : options_.weights.data());
  Memory made(layout, engine_);
  dnnl::stream stream(engine_);
  dnnl::reorder(given, made).execute(stream, given, made);
  stream.wait();
  weights_.push_back(made);
  return made;
}

dnnl::primitive_attr Convolution::attributes() const {
  dnnl::primitive_attr attributes;
  dnnl::post_ops after;
  if (options_.accumulates()) after.append_sum();
  if (options_.activates()) after.append_eltwise(1, dnnl::algorithm::eltwise_relu, options_.slope, 0);
  attributes.set_post_ops(after);
  if (!scales_.empty()) attributes.set_output_scales(1 << 1, scales_);
  return attributes;
}

Convolution::Primitive Convolution::build(const Shape& s) {
  const std::int64_t k = options_.kernel, kx = options_.kernel_x, side = k / 2, side_x = kx / 2;
  const Memory::dims from{1, options_.in, s.depth, s.height, s.width},
      to{1, options_.out, s.depth_out(k), s.height, s.width}, kernel{options_.out, options_.in, k, k, kx};
  const Type given = type_of(options_.source), made = type_of(options_.destination);
  const std::int64_t front = k == 1 ? 0 : s.front, back = k == 1 ? 0 : s.back;
  const dnnl::convolution_forward::desc wanted(
      dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, {from, given, Tag::ndhwc},
      {kernel, given, Tag::any}, {{options_.out}, Type::f32, Tag::a}, {to, made, Tag::ndhwc}, {1, 1, 1},
      {front, side, side_x}, {back, side, side_x});
  const dnnl::convolution_forward::primitive_desc description(wanted, attributes(), engine_);
  ++built_;
  const Type plain = given == Type::s8 ? Type::s8 : Type::f32;
  return {dnnl::convolution_forward(description), Memory(description.src_desc(), engine_, nullptr),
          weights_as(description.weights_desc(), {kernel, plain, Tag::oidhw}),
          Memory(description.dst_desc(), engine_, nullptr),
          double(to[2] * to[3] * to[4]) * double(options_.weights.size())};
}

Convolution::Primitive& Convolution::primitive_for(const Shape& shape) {
  auto found = primitives_.find(shape);
  if (found == primitives_.end()) {
    if (primitives_.size() >= most_primitives) primitives_.clear();
    require_addresses(room_to_build);
    found = primitives_.emplace(shape, build(shape)).first;
  }
  return found->second;
}

void Convolution::prepare(const Shape& shape) {
  if (winograd_) {
    winograd_->prepare(shape.width);
  } else if (!pointwise_) {
    primitive_for(shape);
  }
}

void Convolution::run(dnnl::stream& stream, const Shape& shape, std::int64_t first, const Buffers& buffers) {
  if (winograd_) {
    constexpr std::int64_t group = WinogradConvolution::group;
    const std::int64_t before = (first + *options_.group_lag) % group, slices = shape.depth_out(3);
    if ((before != 0 && !shape.front) || ((before + slices) % group != 0 && !shape.back))
      throw std::logic_error(options_.name + ": slices " + std::to_string(first) + " to " +
                             std::to_string(first + slices) + " are not whole groups");
    winograd_->run({before, shape.depth, shape.height, shape.width, shape.front, shape.back, buffers.sources,
                    buffers.destinations, buffers.scales, buffers.channel_sums});
    multiply_adds_ +=
        double(shape.depth_out(3) * shape.height * shape.width) * double(options_.weights.size());
    return;
  }
  if (pointwise_) {
    const std::int64_t voxels = shape.depth * shape.height * shape.width;
    pointwise_->run(voxels, buffers.sources, buffers.destinations[0], buffers.scales);
    multiply_adds_ += double(voxels) * double(options_.weights.size());
    return;
  }
  Primitive& p = primitive_for(shape);
  // oneDNN takes plain pointers; it does not write through the source.
  p.source.set_data_handle(const_cast<void*>(buffers.sources[0]));
  p.destination.set_data_handle(buffers.destinations[0]);
  p.run.execute(stream, {{DNNL_ARG_SRC, p.source},
                         {DNNL_ARG_WEIGHTS, p.weights},
                         {DNNL_ARG_BIAS, bias_},
                         {DNNL_ARG_DST, p.destination}});
  multiply_adds_ += p.multiply_adds;
}

void Convolution::run(const TileRun& r) {
  tiles_->run(r);
  const Shape shape{r.depth, r.height, r.width, r.front, r.back};
  multiply_adds_ +=
      double(shape.depth_out(options_.kernel) * r.height * r.width) * double(options_.weights.size());
}

}  // namespace anatomynet::inference
