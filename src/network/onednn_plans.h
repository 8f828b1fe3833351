#pragma once
#include <array>
#include <memory>

#include <dnnl.hpp>

namespace anatomynet::network {

/// One convolution's shape: what its primitives are made for.
struct ConvolutionShape {
  std::array<std::int64_t, 5> source{}, result{};  ///< N C D H W
  std::array<std::int64_t, 3> kernel{}, stride{}, padding{};
  bool bf16 = false, bias = false;
  auto operator<=>(const ConvolutionShape&) const = default;
};

/// The primitives of one shape; source and result channels-last, weights in the layout that oneDNN likes
/// best. The way forth of 1 x 1 x 1 in bf16 is a matrix product, voxels by channels: oneDNN 2.6's own kernel
/// for it gives wrong values for some sizes on CPUs with AMX (docs/training.md).
struct ConvolutionPlan {
  bool is_product = false;
  dnnl::matmul::primitive_desc product;
  dnnl::convolution_forward::primitive_desc forward;
  dnnl::convolution_backward_data::primitive_desc backward_data;
  dnnl::convolution_backward_weights::primitive_desc backward_weights;
  dnnl::primitive run_forward, run_data, run_weights;
};

const dnnl::engine& onednn_cpu();

/// Made once a shape and number of threads, and kept (the most recent shapes). Throws dnnl::error.
std::shared_ptr<const ConvolutionPlan> convolution_plan(const ConvolutionShape& shape);

}  // namespace anatomynet::network
