#define ANATOMYNET_LANES 8
#include "inference/kernels/pointwise_kernels_body.h"

namespace anatomynet::inference {

extern const PointwiseKernels pointwise_kernels_avx2;
const PointwiseKernels pointwise_kernels_avx2 = kernels;

}  // namespace anatomynet::inference
