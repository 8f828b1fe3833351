#include "inference/onednn/layer_options.h"

#include <algorithm>
#include <numeric>

namespace anatomynet::inference {

Channels padded(std::int64_t used) {
  const std::int64_t up = (used + 15) / 16 * 16;
  return {used, (up - used) * 6 < up ? up : used};
}

Positions positions_from(std::int64_t first, std::int64_t count) {
  Positions p(static_cast<std::size_t>(count));
  std::iota(p.begin(), p.end(), first);
  return p;
}

Positions positions_of_both(const Channels& a, const Channels& b) {
  Positions p = positions_from(0, a.used);
  const Positions second = positions_from(a.stored, b.used);
  p.insert(p.end(), second.begin(), second.end());
  return p;
}

ConvolutionOptions spread(const FoldedConvolution& c, const Positions& at, std::int64_t in,
                          std::int64_t out) {
  ConvolutionOptions o;
  o.name = c.name;
  o.in = in;
  o.out = out;
  o.kernel = c.kernel;
  const std::size_t taps = static_cast<std::size_t>(c.kernel * c.kernel * c.kernel);
  o.weights.assign(static_cast<std::size_t>(in * out) * taps, 0);
  for (std::int64_t row = 0; row < c.out; ++row)
    for (std::int64_t i = 0; i < c.in; ++i)
      std::copy_n(c.weights.begin() + static_cast<std::ptrdiff_t>(taps) * (row * c.in + i), taps,
                  o.weights.begin() +
                      static_cast<std::ptrdiff_t>(taps) * (row * in + at[static_cast<std::size_t>(i)]));
  o.bias.assign(static_cast<std::size_t>(out), 0);
  std::copy(c.bias.begin(), c.bias.end(), o.bias.begin());
  return o;
}

ConvolutionOptions concatenate(const ConvolutionOptions& a, const ConvolutionOptions& b) {
  ConvolutionOptions o = a;
  o.parts = {a.in, b.in};
  o.in = a.in + b.in;
  o.weights.clear();
  const std::int64_t taps = a.kernel * a.kernel * a.kernel;
  for (std::int64_t row = 0; row < a.out; ++row)
    for (const ConvolutionOptions* each : {&a, &b}) {
      const auto first = each->weights.begin() + row * each->in * taps;
      o.weights.insert(o.weights.end(), first, first + each->in * taps);
    }
  for (std::size_t i = 0; i < o.bias.size(); ++i) o.bias[i] += b.bias[i];
  return o;
}

ConvolutionOptions beside_each_other(const ConvolutionOptions& a, const ConvolutionOptions& b) {
  ConvolutionOptions o = a;
  o.outputs = {{a.out, true}, {b.out, false}};
  o.out = a.out + b.out;
  o.weights.insert(o.weights.end(), b.weights.begin(), b.weights.end());
  o.bias.insert(o.bias.end(), b.bias.begin(), b.bias.end());
  return o;
}

ConvolutionOptions with_image(const ConvolutionOptions& eight, const std::vector<float>& image_weight) {
  ConvolutionOptions o = eight;
  o.parts = {eight.in, 8};
  o.in = eight.in + 8;
  o.upsample_2x = true;
  o.weights.clear();
  for (std::int64_t row = 0; row < o.out; ++row) {
    const auto first = eight.weights.begin() + row * eight.in;
    o.weights.insert(o.weights.end(), first, first + eight.in);
    const std::int64_t channels = std::ssize(image_weight);
    for (std::int64_t sub = 0; sub < 8; ++sub)
      o.weights.push_back(row / channels == sub ? image_weight[static_cast<std::size_t>(row % channels)] : 0);
  }
  return o;
}

ConvolutionOptions row_with_image(const ConvolutionOptions& eight, std::int64_t row,
                                  const std::vector<float>& image_weight) {
  const std::int64_t channels = std::ssize(image_weight), first = 2 * channels * row;
  ConvolutionOptions o;
  o.kernel = 1;
  o.parts = {eight.in, 2};
  o.in = eight.in + 2;
  o.out = 2 * channels;
  o.bias.assign(eight.bias.begin() + first, eight.bias.begin() + first + o.out);
  for (std::int64_t out = 0; out < o.out; ++out) {
    const auto from = eight.weights.begin() + (first + out) * eight.in;
    o.weights.insert(o.weights.end(), from, from + eight.in);
    for (std::int64_t x = 0; x < 2; ++x)
      o.weights.push_back(out / channels == x ? image_weight[static_cast<std::size_t>(out % channels)] : 0);
  }
  return o;
}

}  // namespace anatomynet::inference
