#include "network/network.h"

#include <functional>

#include <torch/nn/init.h>

#include "core/error.h"
#include "network/plain_unet.h"
#include "network/residual_unet.h"

namespace anatomynet::network {
namespace nn = torch::nn;
namespace {

struct Architecture {
  std::string name;
  std::function<std::shared_ptr<Network>(std::int64_t classes)> make;
};

template <class Net, class Options>
Architecture entry(const std::string& name, const Options& options) {
  return {name, [options](std::int64_t classes) { return std::make_shared<Net>(options, classes); }};
}

const std::vector<Architecture>& table() {
  using R = ResidualUNetOptions;
  using P = PlainUNetOptions;
  static const std::vector<Architecture> all = {
      entry<ResidualUNet>("AnatomyNet", R{}),
      entry<ResidualUNet>("baselineSERes18Conc", R{.slope = 0}),
      entry<ResidualUNet>("baselineSERes18Sum",
                          R{.channels = {22, 22, 22, 22}, .blocks = 3, .skip = Skip::summed, .slope = 0}),
      entry<ResidualUNet>(
          "baselineRes18Conc",
          R{.channels = {28, 32, 36, 40}, .squeeze_excitation = false, .slope = 0, .merge_shortcut = 3}),
      entry<ResidualUNet>("baselineRes18Sum", R{.channels = {22, 22, 22, 22},
                                                .blocks = 3,
                                                .skip = Skip::summed,
                                                .squeeze_excitation = false,
                                                .slope = 0}),
      entry<PlainUNet>("baseline", P{}),
      entry<PlainUNet>("baseline2Pool", P{{48, 96, 112, 128}, 2}),
      entry<PlainUNet>("baseline3Pool", P{{64, 128, 256, 288}, 3}),
      entry<PlainUNet>("baseline4Pool", P{{64, 128, 256, 512}, 4}),
  };
  return all;
}

void initialise(nn::Module& network) {
  torch::NoGradGuard no_grad;
  for (const auto& module : network.modules()) {
    if (const auto* c = module->as<nn::Conv3d>()) nn::init::kaiming_normal_(c->weight);
    if (const auto* d = module->as<nn::ConvTranspose3d>()) nn::init::kaiming_normal_(d->weight);
  }
}

void collect(const nn::Module& module, const std::string& prefix,
             std::vector<std::pair<std::string, torch::Tensor>>& state) {
  for (const auto& item : module.named_parameters(false))
    state.emplace_back(prefix + item.key(), item.value());
  for (const auto& item : module.named_buffers(false)) state.emplace_back(prefix + item.key(), item.value());
  for (const auto& child : module.named_children())
    collect(*child.value(), prefix + child.key() + ".", state);
}

}  // namespace

const std::vector<std::string>& architectures() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const auto& a : table()) list.push_back(a.name);
    return list;
  }();
  return names;
}

std::shared_ptr<Network> make_network(const std::string& architecture, std::int64_t classes) {
  if (classes < 2)
    throw Error(ErrorKind::model, "a network needs at least 2 classes, got " + std::to_string(classes));
  std::string known;
  for (const auto& a : table()) {
    if (a.name == architecture) {
      auto network = a.make(classes);
      initialise(*network);
      return network;
    }
    known += (known.empty() ? "" : ", ") + a.name;
  }
  throw Error(ErrorKind::model, "unknown network architecture '" + architecture + "'; known are " + known);
}

torch::Tensor forward_padded(Network& network, const torch::Tensor& image) {
  const std::int64_t stride = network.stride();
  const auto missing = [&](int axis) { return (stride - image.size(axis) % stride) % stride; };
  if (missing(2) == 0 && missing(3) == 0 && missing(4) == 0) return network.forward(image);
  const torch::Tensor padded =
      torch::constant_pad_nd(image, {0, missing(4), 0, missing(3), 0, missing(2)}, 0);
  return network.forward(padded)
      .slice(2, 0, image.size(2))
      .slice(3, 0, image.size(3))
      .slice(4, 0, image.size(4));
}

std::vector<std::pair<std::string, torch::Tensor>> state_of(const nn::Module& module) {
  std::vector<std::pair<std::string, torch::Tensor>> state;
  collect(module, "", state);
  return state;
}

}  // namespace anatomynet::network
