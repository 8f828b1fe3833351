#include "network/plain_unet.h"

#include "network/blocks.h"
#include "network/checkpoint_block.h"
#include "network/computation.h"
#include "network/operations.h"

namespace anatomynet::network {
namespace nn = torch::nn;
namespace {

torch::Tensor conv_norm_relu(nn::Sequential& layers, std::size_t first, const torch::Tensor& x) {
  return normalise(*layers[first + 1]->as<nn::BatchNorm3d>(), convolve(*layers[first]->as<nn::Conv3d>(), x),
                   0);
}

// conv, BN, ReLU, conv, BN, ReLU; positions 2 and 5 of the authors' sequence have no weights.
struct DoubleConv : nn::Module {
  DoubleConv(std::int64_t in, std::int64_t out, std::int64_t stride) {
    layers = register_module("conv", nn::Sequential());
    layers->push_back("0", conv(in, out, 3, stride));
    layers->push_back("1", nn::BatchNorm3d(out));
    layers->push_back("3", conv(out, out));
    layers->push_back("4", nn::BatchNorm3d(out));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const auto body = [this](const torch::Tensor& a, const torch::Tensor&) {
      const torch::Tensor y = conv_norm_relu(layers, 0, a);
      return conv_norm_relu(layers, 2, y);
    };
    return computation().checkpoint && x.requires_grad() && torch::GradMode::is_enabled()
               ? checkpointed(body, x)
               : body(x, {});
  }
  nn::Sequential layers{nullptr};
};

// The last pair: conv with bias, BN, ReLU, conv with bias to the classes.
struct OutputConv : nn::Module {
  OutputConv(std::int64_t in, std::int64_t middle, std::int64_t classes) {
    layers = register_module("conv", nn::Sequential());
    layers->push_back("0", conv(in, middle, 3, 1, true));
    layers->push_back("1", nn::BatchNorm3d(middle));
    layers->push_back("3", conv(middle, classes, 3, 1, true));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    return convolve(*layers[2]->as<nn::Conv3d>(), conv_norm_relu(layers, 0, x));
  }
  nn::Sequential layers{nullptr};
};

struct Down : nn::Module {
  Down(std::int64_t in, std::int64_t out, std::int64_t stride) {
    mpconv = register_module("mpconv", nn::Sequential(std::make_shared<DoubleConv>(in, out, stride)));
  }
  torch::Tensor forward(torch::Tensor x) { return mpconv->forward(x); }
  nn::Sequential mpconv{nullptr};
};

template <class Conv>
struct Up : nn::Module {
  Up(std::int64_t in, std::int64_t raised, std::shared_ptr<Conv> conv_, bool upsample)
      : layers(std::move(conv_)) {
    if (upsample) {
      up = register_module("up", nn::ConvTranspose3d(nn::ConvTranspose3dOptions(in, raised, 2).stride(2)));
    }
    register_module("conv", layers);
  }
  torch::Tensor forward(torch::Tensor x, torch::Tensor skip) {
    if (!up.is_empty()) x = convolve_transposed(*up, x);
    return layers->forward(concatenate(skip.to(x.scalar_type()), x));
  }
  nn::ConvTranspose3d up{nullptr};
  std::shared_ptr<Conv> layers;
};

}  // namespace

PlainUNet::PlainUNet(const PlainUNetOptions& options, std::int64_t classes) : poolings_(options.poolings) {
  std::int64_t in = 1;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::int64_t out = options.channels[i];
    const auto down = std::make_shared<Down>(in, out, std::int64_t(i) < poolings_ ? 2 : 1);
    register_module("down" + std::to_string(i + 1), down);
    down_.emplace_back(down);
    in = out;
  }
  // up1 meets down3, up2 down2, up3 down1, up4 the image; each undoes the pooling of the stage it leaves.
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t from = 3 - i;
    const bool upsample = std::int64_t(from) < poolings_;
    const std::int64_t raised = upsample ? in / 2 : in;
    const std::string name = "up" + std::to_string(i + 1);
    if (from > 0) {
      const std::int64_t out = options.channels[from - 1];
      const auto up = std::make_shared<Up<DoubleConv>>(
          in, raised, std::make_shared<DoubleConv>(raised + out, out, 1), upsample);
      register_module(name, up);
      up_.emplace_back(up);
      in = out;
    } else {
      const auto up = std::make_shared<Up<OutputConv>>(
          in, raised, std::make_shared<OutputConv>(raised + 1, raised, classes), upsample);
      register_module(name, up);
      up_.emplace_back(up);
    }
  }
}

torch::Tensor PlainUNet::forward(torch::Tensor image) {
  std::vector<torch::Tensor> skips{image};
  torch::Tensor x = image;
  for (auto& down : down_) {
    x = down.forward(x);
    skips.push_back(x);
  }
  skips.pop_back();
  for (auto& up : up_) {
    x = up.forward(x, std::move(skips.back()));
    skips.pop_back();
  }
  return x;
}

}  // namespace anatomynet::network
