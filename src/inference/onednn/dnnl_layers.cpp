#include "inference/onednn/dnnl_layers.h"

#include <algorithm>

#include "inference/cpu.h"
#include "inference/onednn/layer_options.h"

namespace anatomynet::inference {
namespace {

using Type = ValueType;
struct Maker {
  const dnnl::engine& engine;
  Type stored;
  float slope;
  bool tiled;
  std::shared_ptr<Arena> scratch = std::make_shared<Arena>();

  ConvolutionOptions typed(ConvolutionOptions o, Epilogue epilogue, Type destination) const {
    o.source = stored;
    o.destination = destination;
    o.epilogue = epilogue;
    o.slope = slope;
    return o;
  }
  std::unique_ptr<Convolution> operator()(ConvolutionOptions o, Epilogue epilogue, Type destination) const {
    return std::make_unique<Convolution>(engine, typed(std::move(o), epilogue, destination), scratch, tiled);
  }
  // Of a tensor that `used` channels of the network lie in. bf16 has no other kernels than ours, which take
  // whole vectors.
  Channels room_for(std::int64_t used) const {
    Channels c = padded(used);
    if (stored == Type::bf16 && !tiled) c.stored = std::max<std::int64_t>(c.stored, 16);
    return c;
  }
  // Whether our own kernels compute a block's first convolution, and its shortcut on top of the output.
  bool ours(const ConvolutionOptions& conv1) const {
    return tiled || WinogradConvolution::suits(typed(conv1, Epilogue::activate, stored));
  }
  bool in_place(const ConvolutionOptions& shortcut) const {
    return tiled || PointwiseConvolution::suits(typed(shortcut, Epilogue::accumulate_then_activate, stored));
  }
};

BlockLayers block_of(const FoldedBlock& b, const Channels& up, const Channels* skip, const Maker& make,
                     const Int8Block* int8) {
  BlockLayers l;
  l.name = b.name;
  l.up = up;
  l.out = make.room_for(b.out());
  l.merges = skip != nullptr;
  if (skip) l.skip = *skip;
  const bool concatenates = skip && !b.skip;
  const Positions at = concatenates ? positions_of_both(up, *skip) : positions_from(0, up.used);
  l.joined = concatenates ? up.stored + skip->stored : up.stored;
  ConvolutionOptions conv1 = spread(b.conv1, at, l.joined, l.out.stored),
                     conv2 = spread(b.conv2, positions_from(0, l.out.used), l.out.stored, l.out.stored);
  conv1.group_lag = 0;
  conv2.group_lag = 1;
  ConvolutionOptions shortcut;
  if (b.shortcut) shortcut = spread(*b.shortcut, at, l.joined, l.out.stored);
  if (make.stored == Type::bf16) shortcut.group_lag = 1;  // fp32: oneDNN's, where it is one of 3 x 3 x 3
  if (concatenates) conv1.parts = shortcut.parts = {up.stored, skip->stored};
  l.in_place = b.shortcut && make.in_place(shortcut);
  l.copies = skip && !(concatenates && l.in_place && make.ours(conv1));
  if (l.copies) conv1.parts = shortcut.parts = {};
  if (int8 && !b.skip) {  // a summed skip connection has no integers to read
    l.int8 = *int8;
    conv1.parts = {};
    conv1.source_step = int8->input;
    conv1.destination_step = conv2.source_step = int8->middle;
    const Maker make_int8{make.engine, Type::s8, make.slope, make.tiled, make.scratch};
    l.conv1 = make_int8(std::move(conv1), Epilogue::activate, Type::s8);
    l.conv2 = make_int8(std::move(conv2), Epilogue::none, make.stored);
  } else {
    l.conv1 = make(std::move(conv1), Epilogue::activate, make.stored);
    l.conv2 = make(std::move(conv2), Epilogue::none, make.stored);
  }
  if (b.shortcut) {
    l.shortcut = l.in_place ? make(std::move(shortcut), Epilogue::accumulate_then_activate, make.stored)
                            : make(std::move(shortcut), Epilogue::none, Type::f32);
  }
  if (b.skip)
    l.project_skip = make(spread(*b.skip, positions_from(0, skip->used), skip->stored, up.stored),
                          Epilogue::accumulate, make.stored);
  l.excitation = b.excitation;
  return l;
}

}  // namespace

NetworkLayers::NetworkLayers(const FoldedNetwork& n, const dnnl::engine& engine, Type stored,
                             const std::map<std::string, Int8Block>& int8, bool in_tiles)
    : tiled(in_tiles), slope(n.slope) {
  const Maker make{engine, stored, n.slope, tiled};
  stem = make.room_for(n.stem.out);
  const std::int64_t blocks_of_16 = (stem.stored + 15) / 16;
  stem_weights.assign(static_cast<std::size_t>(27 * blocks_of_16 * 16), 0);
  stem_bias.assign(static_cast<std::size_t>(blocks_of_16 * 16), 0);
  for (std::int64_t o = 0; o < n.stem.out; ++o) {
    stem_bias[o] = n.stem.bias[o];
    for (std::int64_t t = 0; t < 27; ++t)
      stem_weights[(t * blocks_of_16 + o / 16) * 16 + o % 16] = n.stem.weights[o * 27 + t];
  }

  std::vector<Channels> made{stem};
  std::vector<int> ends{0};  // the tensors that skip connections take: the stem's and each encoder stage's
  for (std::size_t s = 0; s < n.stages.size(); ++s) {
    for (std::size_t i = 0; i < n.stages[s].size(); ++i) {
      const int skip = s >= 3 && i == 0 ? ends[5 - s] : -1;
      const Channels* of = skip < 0 ? nullptr : &made[static_cast<std::size_t>(skip)];
      const auto found = int8.find(n.stages[s][i].name);
      blocks.push_back(
          block_of(n.stages[s][i], made.back(), of, make, found == int8.end() ? nullptr : &found->second));
      skip_of.push_back(skip);
      made.push_back(blocks.back().out);
    }
    ends.push_back(static_cast<int>(made.size()) - 1);
  }

  const FoldedUpsampling& u = n.upsampling;
  full = make.room_for(n.last.in());
  FoldedConvolution eight{"layer10.deconv1", u.in, 8 * full.stored, 1, {}, {}};
  eight.weights.assign(static_cast<std::size_t>(eight.in * eight.out), 0);
  eight.bias.assign(static_cast<std::size_t>(eight.out), 0);
  for (std::int64_t sub = 0; sub < 8; ++sub)
    for (std::int64_t o = 0; o < u.out; ++o) {
      const std::int64_t row = sub * full.stored + o;
      eight.bias[row] = u.bias[o] + (n.last.skip ? n.last.skip->bias[o] : 0);
      for (std::int64_t i = 0; i < u.in; ++i)
        eight.weights[row * u.in + i] = u.weights[(i * u.out + o) * 8 + sub];
    }
  image_weight.assign(static_cast<std::size_t>(full.stored), 0);
  if (n.last.skip) {
    std::copy(n.last.skip->weights.begin(), n.last.skip->weights.end(), image_weight.begin());
  } else {
    image_weight[static_cast<std::size_t>(u.out)] = 1;
  }
  ConvolutionOptions raising = spread(eight, positions_from(0, u.in), made.back().stored, eight.out);
  if (tiled) {
    upsampling = make(with_image(raising, image_weight), Epilogue::none, stored);
  } else {
    for (std::int64_t row = 0; row < 4; ++row)
      upsampled_rows.emplace_back(
          make.typed(row_with_image(raising, row, image_weight), Epilogue::none, stored));
  }

  last = make.room_for(n.last.out());
  if (stored == Type::bf16 && !tiled) last.stored = (last.stored + 15) / 16 * 16;  // it accumulates
  classes = n.head.out;
  head_bias = n.head.bias;
  const Positions in = positions_from(0, full.used), out = positions_from(0, last.used);
  // Each layer of the last stage runs a slice behind the one before it.
  const auto lagging = [](ConvolutionOptions o, std::int64_t lag) {
    o.group_lag = lag;
    return o;
  };
  ConvolutionOptions first = lagging(spread(n.last.conv1, in, full.stored, last.stored), 1),
                     second = lagging(spread(n.last.conv2, out, last.stored, last.stored), 2),
                     beside = lagging(spread(n.last.shortcut.value(), in, full.stored, last.stored), 1);
  if (tiled) {
    last1 = make(std::move(first), Epilogue::activate, stored);
    last2 = make(concatenate(second, beside), Epilogue::activate, stored);
    head = {classes, classes};
    ConvolutionOptions scores = spread(n.head, out, last.stored, classes);
    head_layer = make(std::move(scores), Epilogue::none, Type::f32);
    return;
  }
  ConvolutionOptions both = beside_each_other(first, beside);
  if (WinogradConvolution::suits(make.typed(both, Epilogue::activate, stored))) {
    both.name += " and downsample";
    last1 = make(std::move(both), Epilogue::activate, stored);
  } else {
    last1 = make(std::move(first), Epilogue::activate, stored);
    last_shortcut = make(std::move(beside), Epilogue::none, stored);
  }
  last2 = make(std::move(second), Epilogue::accumulate_then_activate, stored);
  ConvolutionOptions whole =
      spread(n.head, out, last.stored, std::max<std::int64_t>(16, (classes + 7) / 8 * 8));
  whole.bias.assign(whole.bias.size(), 0);
  whole.group_lag = 3;
  whole.kernel_x = 3;
  whole.source = stored;
  if (stored == Type::bf16 || (3 * classes > 16 && WinogradConvolution::suits(whole))) {
    head = {classes, whole.out};
    head_layer = make(std::move(whole), Epilogue::none, Type::f32);
  } else {
    // Few classes leave most of a vector empty, so the three taps along x stand beside each other, and are
    // added where the logits are taken apart: a third of the work.
    head_taps = true;
    head = padded(3 * classes);
    ConvolutionOptions taps{
        .name = n.head.name, .in = last.stored, .out = head.stored, .kernel = 3, .kernel_x = 1};
    taps.weights.assign(static_cast<std::size_t>(taps.in * taps.out * 9), 0);
    taps.bias.assign(static_cast<std::size_t>(taps.out), 0);
    for (std::int64_t c = 0; c < classes; ++c)
      for (std::int64_t i = 0; i < n.head.in; ++i)
        for (std::int64_t t = 0; t < 27; ++t)
          taps.weights[((t % 3 * classes + c) * taps.in + i) * 9 + t / 3] =
              n.head.weights[(c * n.head.in + i) * 27 + t];
    head_layer = make(std::move(taps), Epilogue::none, Type::f32);
  }
  for (const Convolution* layer : convolutions())
    if (layer->in_groups()) group = WinogradConvolution::group;
}

std::vector<Convolution*> NetworkLayers::convolutions() const {
  std::vector<Convolution*> list;
  for (const BlockLayers& b : blocks)
    for (const auto* c : {&b.conv1, &b.conv2, &b.shortcut, &b.project_skip})
      if (*c) list.push_back(c->get());
  for (const auto* c : {&upsampling, &last1, &last_shortcut, &last2, &head_layer})
    if (*c) list.push_back(c->get());
  return list;
}

}  // namespace anatomynet::inference
