#include "inference/onnx/onnx_export.h"

#ifndef ONNX_ML
#define ONNX_ML 1
#endif
#ifndef ONNX_NAMESPACE
#define ONNX_NAMESPACE onnx
#endif
#include <onnx/onnx_pb.h>

#include "core/version.h"

namespace anatomynet::inference {
namespace {

using Ints = std::vector<std::int64_t>;
using Names = std::vector<std::string>;

// Adds nodes to a graph; each returns the name of its output.
class Builder {
 public:
  Builder(onnx::GraphProto& graph, float slope) : graph_(graph), slope_(slope) {}

  std::string floats(const std::string& name, const Ints& shape, const std::vector<float>& values) {
    onnx::TensorProto& t = *graph_.add_initializer();
    t.set_name(name);
    t.set_data_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t n : shape) t.add_dims(n);
    t.set_raw_data(values.data(), values.size() * sizeof(float));
    return name;
  }

  std::string integers(const std::string& name, const Ints& values) {
    onnx::TensorProto& t = *graph_.add_initializer();
    t.set_name(name);
    t.set_data_type(onnx::TensorProto::INT64);
    t.add_dims(static_cast<std::int64_t>(values.size()));
    t.set_raw_data(values.data(), values.size() * sizeof(std::int64_t));
    return name;
  }

  onnx::NodeProto& node(const std::string& type, const Names& inputs, const std::string& output) {
    onnx::NodeProto& n = *graph_.add_node();
    n.set_op_type(type);
    n.set_name(output);
    for (const auto& i : inputs) n.add_input(i);
    n.add_output(output);
    return n;
  }

  std::string simple(const std::string& type, const Names& inputs, const std::string& output) {
    node(type, inputs, output);
    return output;
  }

  static void set(onnx::NodeProto& n, const std::string& name, const Ints& values) {
    onnx::AttributeProto& a = *n.add_attribute();
    a.set_name(name);
    a.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t v : values) a.add_ints(v);
  }

  static void set(onnx::NodeProto& n, const std::string& name, std::int64_t value) {
    onnx::AttributeProto& a = *n.add_attribute();
    a.set_name(name);
    a.set_type(onnx::AttributeProto::INT);
    a.set_i(value);
  }

  std::string convolution(const FoldedConvolution& c, const std::string& input, std::int64_t stride = 1) {
    const std::int64_t k = c.kernel, pad = k / 2;
    floats(c.name + ".weight", {c.out, c.in, k, k, k}, c.weights);
    floats(c.name + ".bias", {c.out}, c.bias);
    onnx::NodeProto& n = node("Conv", {input, c.name + ".weight", c.name + ".bias"}, c.name);
    set(n, "kernel_shape", {k, k, k});
    set(n, "strides", {stride, stride, stride});
    set(n, "pads", {pad, pad, pad, pad, pad, pad});
    return c.name;
  }

  std::string activation(const std::string& input) {
    if (slope_ == 0) return simple("Relu", {input}, input + ".act");
    onnx::NodeProto& n = node("LeakyRelu", {input}, input + ".act");
    onnx::AttributeProto& a = *n.add_attribute();
    a.set_name("alpha");
    a.set_type(onnx::AttributeProto::FLOAT);
    a.set_f(slope_);
    return input + ".act";
  }

  std::string concatenated(const std::string& a, const std::string& b, const std::string& output,
                           std::int64_t axis = 1) {
    set(node("Concat", {a, b}, output), "axis", axis);
    return output;
  }

  std::string scaled(const Excitation& e, const std::string& input, const std::string& name) {
    const auto channels = static_cast<std::int64_t>(e.second_bias.size());
    const std::string mean = simple("GlobalAveragePool", {input}, name + ".mean");
    const FoldedConvolution first{name + ".fc.0", channels, e.hidden, 1, e.first, e.first_bias},
        second{name + ".fc.2", e.hidden, channels, 1, e.second, e.second_bias};
    const std::string scale = convolution(second, activation(convolution(first, mean)));
    return simple("Mul", {input, simple("Sigmoid", {scale}, name + ".scale")}, name);
  }

  std::string block(const FoldedBlock& b, std::string x, const std::string* skip = nullptr) {
    if (skip && b.skip) {
      x = simple("Add", {x, convolution(*b.skip, *skip)}, b.name + ".in");
    } else if (skip) {
      x = concatenated(x, *skip, b.name + ".in");
    }
    std::string y = convolution(b.conv2, activation(convolution(b.conv1, x)));
    if (b.excitation) y = scaled(*b.excitation, y, b.name + ".se");
    return activation(simple("Add", {y, b.shortcut ? convolution(*b.shortcut, x) : x}, b.name));
  }

 private:
  onnx::GraphProto& graph_;
  float slope_;
};

void describe(onnx::ValueInfoProto& value, const std::string& name, std::int64_t channels) {
  value.set_name(name);
  auto& type = *value.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx::TensorProto::FLOAT);
  auto& shape = *type.mutable_shape();
  shape.add_dim()->set_dim_value(1);
  shape.add_dim()->set_dim_value(channels);
  for (const char* axis : {"depth", "height", "width"}) shape.add_dim()->set_dim_param(axis);
}

}  // namespace

std::string onnx_of(const model::Model& model) {
  const FoldedNetwork n = fold(model);
  onnx::ModelProto out;
  out.set_ir_version(7);
  out.set_producer_name("anatomynet");
  out.set_producer_version(version());
  out.set_doc_string("AnatomyNet (Zhu et al. 2019). Not a medical device.");
  auto& opset = *out.add_opset_import();
  opset.set_domain("");
  opset.set_version(13);
  for (const auto& [key, value] : model.weights.metadata) {
    auto& entry = *out.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
  }
  onnx::GraphProto& graph = *out.mutable_graph();
  graph.set_name(model.id);
  describe(*graph.add_input(), "image", 1);
  describe(*graph.add_output(), "logits", n.head.out);

  Builder b(graph, n.slope);
  // Even sizes: as many zeros behind each axis as its size is odd.
  b.simple("Shape", {"image"}, "shape");
  b.simple("Slice", {"shape", b.integers("two", {2}), b.integers("five", {5})}, "size");
  b.simple("Mod", {"size", "two"}, "odd");
  b.concatenated(b.integers("zeros", {0, 0, 0, 0, 0, 0, 0}), "odd", "pads", 0);
  b.simple("Pad", {"image", "pads"}, "padded");

  std::string x = b.activation(b.convolution(n.stem, "padded", 2));
  Names ends{x};
  for (std::size_t s = 0; s < n.stages.size(); ++s) {
    for (std::size_t i = 0; i < n.stages[s].size(); ++i)
      x = b.block(n.stages[s][i], x, s >= 3 && i == 0 ? &ends[5 - s] : nullptr);
    ends.push_back(x);
  }
  const FoldedUpsampling& u = n.upsampling;
  b.floats("layer10.deconv1.weight", {u.in, u.out, 2, 2, 2}, u.weights);
  b.floats("layer10.deconv1.bias", {u.out}, u.bias);
  onnx::NodeProto& up =
      b.node("ConvTranspose", {x, "layer10.deconv1.weight", "layer10.deconv1.bias"}, "layer10.deconv1");
  Builder::set(up, "kernel_shape", {2, 2, 2});
  Builder::set(up, "strides", {2, 2, 2});
  const std::string image = "padded";
  x = b.convolution(n.head, b.block(n.last, "layer10.deconv1", &image));
  b.simple("Slice", {x, b.integers("starts", {0, 0, 0}), "size", b.integers("axes", {2, 3, 4})}, "logits");

  std::string bytes;
  out.SerializeToString(&bytes);
  return bytes;
}

}  // namespace anatomynet::inference
