#include "inference/kernels/pointwise.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

namespace anatomynet::inference {
namespace {

constexpr std::int64_t voxels_a_turn = 2048;
constexpr std::size_t most_parts = 2;

}  // namespace

bool PointwiseConvolution::suits(const ConvolutionOptions& o) {
  const auto fits = [&](std::int64_t channels) {
    return o.source == ValueType::f32 || channels <= PointwiseKernels::most_channels;
  };
  return o.source == o.destination && o.source != ValueType::s8 && o.kernel == 1 &&
         (o.kernel_x == 1 || o.kernel_x == 0) && o.accumulates() && o.parts.size() <= most_parts &&
         (o.parts.empty() ? fits(o.in) : std::all_of(o.parts.begin(), o.parts.end(), fits));
}

PointwiseConvolution::PointwiseConvolution(const ConvolutionOptions& o, const PointwiseKernels& kernels)
    : kernels_(kernels),
      stored_(o.source),
      out_(o.out),
      out_up_((o.out + kernels.half - 1) / kernels.half * kernels.half),
      accumulate_(o.accumulates()),
      slope_(o.activates() ? o.slope : 1),
      bias_(o.bias) {
  bias_.resize(static_cast<std::size_t>(out_up_));
  std::int64_t first = 0;
  for (const std::int64_t channels : o.parts.empty() ? std::vector{o.in} : o.parts) {
    Part part{channels, {}, {}};
    for (std::int64_t i = 0; i < channels; ++i) {
      std::vector<float> column(static_cast<std::size_t>(out_up_));
      for (std::int64_t row = 0; row < o.out; ++row)
        column[static_cast<std::size_t>(row)] = o.weights[static_cast<std::size_t>(row * o.in + first + i)];
      if (std::all_of(column.begin(), column.end(), [](float w) { return w == 0; })) continue;
      if (part.runs.empty() || part.runs.back().first + part.runs.back().count != i)
        part.runs.push_back({i, 0});
      ++part.runs.back().count;
      part.weights.insert(part.weights.end(), column.begin(), column.end());
    }
    part.runs.push_back({0, 0});
    parts_.push_back(std::move(part));
    first += channels;
  }
}

template <class T>
void PointwiseConvolution::compute(std::int64_t voxels, std::span<const void* const> sources,
                                   void* destination, const float* scales) const {
  std::array<PointwisePart<T>, most_parts> parts{};
  for (std::size_t i = 0; i < parts_.size(); ++i)
    parts[i] = {static_cast<const T*>(sources[i]), parts_[i].channels, parts_[i].runs.data(),
                parts_[i].weights.data()};
  const PointwiseEpilogue<T> e{
      bias_.data(), scales, accumulate_, slope_, out_, out_up_, static_cast<T*>(destination)};
  if constexpr (std::is_same_v<T, float>) {
    kernels_.floats(parts.data(), std::ssize(parts_), voxels, e);
  } else {
    kernels_.bfloats(parts.data(), std::ssize(parts_), voxels, e);
  }
}

void PointwiseConvolution::run_alone(std::int64_t voxels, std::span<const void* const> sources,
                                     void* destination, const float* scales) const {
  if (stored_ == ValueType::f32) {
    compute<float>(voxels, sources, destination, scales);
  } else {
    compute<Bfloat16>(voxels, sources, destination, scales);
  }
}

void PointwiseConvolution::run(std::int64_t voxels, std::span<const void* const> sources, void* destination,
                               const float* scales) const {
  const std::int64_t turns = (voxels + voxels_a_turn - 1) / voxels_a_turn,
                     value = stored_ == ValueType::f32 ? 4 : 2;  // bytes
#pragma omp parallel for schedule(static)
  for (std::int64_t turn = 0; turn < turns; ++turn) {
    const std::int64_t begin = turn * voxels_a_turn;
    std::array<const void*, most_parts> from{};
    for (std::size_t i = 0; i < parts_.size(); ++i)
      from[i] = static_cast<const std::byte*>(sources[i]) + begin * parts_[i].channels * value;
    run_alone(std::min(voxels_a_turn, voxels - begin), from,
              static_cast<std::byte*>(destination) + begin * out_ * value, scales);
  }
}

}  // namespace anatomynet::inference
