#define ANATOMYNET_LANES 16
#include "inference/kernels/winograd_kernels_body.h"

namespace anatomynet::inference {

extern const WinogradKernels winograd_kernels_avx512;
const WinogradKernels winograd_kernels_avx512 = kernels;

}  // namespace anatomynet::inference
