#define ANATOMYNET_LANES 4
#include "inference/kernels/winograd_kernels_body.h"

namespace anatomynet::inference {

extern const WinogradKernels winograd_kernels_generic;
const WinogradKernels winograd_kernels_generic = kernels;

}  // namespace anatomynet::inference
