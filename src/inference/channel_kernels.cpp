#include "inference/channel_kernels.h"

namespace anatomynet {

extern const ChannelKernels<float> float_kernels_generic, float_kernels_avx2, float_kernels_avx512;
extern const ChannelKernels<Bfloat16> bfloat16_kernels_generic, bfloat16_kernels_avx2,
    bfloat16_kernels_avx512;

namespace {

bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

}  // namespace

template <>
const ChannelKernels<float>& channel_kernels<float>() {
  static const ChannelKernels<float>& best = has_avx512() ? float_kernels_avx512
                                             : has_avx2() ? float_kernels_avx2
                                                          : float_kernels_generic;
  return best;
}

template <>
const ChannelKernels<Bfloat16>& channel_kernels<Bfloat16>() {
  static const ChannelKernels<Bfloat16>& best = has_avx512() ? bfloat16_kernels_avx512
                                                : has_avx2() ? bfloat16_kernels_avx2
                                                             : bfloat16_kernels_generic;
  return best;
}

}  // namespace anatomynet
