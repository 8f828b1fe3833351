#include "inference/kernels/channel_kernels_body.h"

namespace anatomynet::inference {

extern const ChannelKernels<float> float_kernels_generic;
extern const ChannelKernels<Bfloat16> bfloat16_kernels_generic;
const ChannelKernels<float> float_kernels_generic = kernels<float>;
const ChannelKernels<Bfloat16> bfloat16_kernels_generic = kernels<Bfloat16>;

}  // namespace anatomynet::inference
