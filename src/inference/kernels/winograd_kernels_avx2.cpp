#define ANATOMYNET_LANES 8
#include "inference/kernels/winograd_kernels_body.h"

namespace anatomynet::inference {

extern const WinogradKernels winograd_kernels_avx2;
const WinogradKernels winograd_kernels_avx2 = kernels;

}  // namespace anatomynet::inference
