#include "network/weights.h"

#include <cstring>
#include <set>
#include <sstream>

#include "core/error.h"

namespace anatomynet::network {
namespace {

// BatchNorm's step counter is no weight: neither written nor expected.
bool is_counter(const std::string& name) { return name.ends_with("num_batches_tracked"); }

torch::ScalarType scalar_type(model::ElementType type) {
  switch (type) {
    case model::ElementType::float64:
      return torch::kDouble;
    case model::ElementType::int16:
      return torch::kShort;
    case model::ElementType::int64:
      return torch::kLong;
    case model::ElementType::uint8:
      return torch::kByte;
    case model::ElementType::float32:
      break;
  }
  return torch::kFloat;
}

model::ElementType element_type(const torch::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case torch::kFloat:
      return model::ElementType::float32;
    case torch::kDouble:
      return model::ElementType::float64;
    case torch::kShort:
      return model::ElementType::int16;
    case torch::kLong:
      return model::ElementType::int64;
    case torch::kByte:
      return model::ElementType::uint8;
    default:
      throw Error(ErrorKind::internal, "a tensor's element type has no place in a weights file");
  }
}

std::string shape_text(torch::IntArrayRef shape) {
  std::ostringstream text;
  text << shape;
  return text.str();
}

}  // namespace

model::NamedTensor to_named(const std::string& name, const torch::Tensor& tensor) {
  const torch::Tensor values = tensor.detach().cpu().contiguous();
  model::NamedTensor out{name, element_type(values), values.sizes().vec(), {}};
  out.bytes.resize(values.nbytes());
  std::memcpy(out.bytes.data(), values.data_ptr(), values.nbytes());
  return out;
}

torch::Tensor to_torch(const model::NamedTensor& tensor) {
  torch::Tensor out = torch::empty(tensor.shape, scalar_type(tensor.type));
  std::memcpy(out.data_ptr(), tensor.bytes.data(), tensor.bytes.size());
  return out;
}

void load_weights(Network& network, const model::Model& model) {
  const std::string what = "model " + model.info.name + " (" + model.info.architecture + ")";
  torch::NoGradGuard no_grad;
  std::set<std::string> wanted;
  for (auto& [name, target] : state_of(network)) {
    if (is_counter(name)) continue;
    wanted.insert(name);
    const model::NamedTensor* source = model.weights.find(name);
    if (!source)
      throw Error(ErrorKind::model,
                  what + ": tensor " + name + " is missing; are these weights of another network?");
    if (source->shape != target.sizes().vec() || source->type != model::ElementType::float32) {
      throw Error(ErrorKind::model, what + ": tensor " + name + " has shape " + shape_text(source->shape) +
                                        ", expected float32 " + shape_text(target.sizes()));
    }
    target.copy_(to_torch(*source));
  }
  for (const model::NamedTensor& t : model.weights.tensors) {
    if (!wanted.contains(t.name)) {
      throw Error(ErrorKind::model, what + ": tensor " + t.name + " does not belong to this architecture");
    }
  }
}

std::shared_ptr<Network> make_network(const model::Model& model) {
  auto network =
      make_network(model.info.architecture, static_cast<std::int64_t>(model.info.organs.size()) + 1);
  load_weights(*network, model);
  network->eval();
  return network;
}

std::vector<model::NamedTensor> weights_of(const Network& network) {
  std::vector<model::NamedTensor> weights;
  for (const auto& [name, tensor] : state_of(network))
    if (!is_counter(name)) weights.push_back(to_named(name, tensor.to(torch::kFloat)));
  return weights;
}

}  // namespace anatomynet::network
