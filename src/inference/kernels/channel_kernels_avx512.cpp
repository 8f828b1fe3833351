#include "inference/kernels/channel_kernels_body.h"

namespace anatomynet::inference {

extern const ChannelKernels<float> float_kernels_avx512;
extern const ChannelKernels<Bfloat16> bfloat16_kernels_avx512;
const ChannelKernels<float> float_kernels_avx512 = kernels<float>;
const ChannelKernels<Bfloat16> bfloat16_kernels_avx512 = kernels<Bfloat16>;

}  // namespace anatomynet::inference
