#define ANATOMYNET_LANES 4
#include "inference/kernels/pointwise_kernels_body.h"

namespace anatomynet::inference {

extern const PointwiseKernels pointwise_kernels_generic;
const PointwiseKernels pointwise_kernels_generic = kernels;

}  // namespace anatomynet::inference
