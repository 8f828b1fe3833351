#define ANATOMYNET_LANES 16
#include "inference/kernels/pointwise_kernels_body.h"

namespace anatomynet::inference {

extern const PointwiseKernels pointwise_kernels_avx512;
const PointwiseKernels pointwise_kernels_avx512 = kernels;

}  // namespace anatomynet::inference
