#include "inference/kernels/amx/tile_kernels.h"
#include "inference/kernels/channel_kernels.h"
#include "inference/kernels/isa.h"
#include "inference/kernels/pointwise_kernels.h"
#include "inference/kernels/winograd_kernels.h"

// The kernels' tables on processors that have none of their own.
namespace anatomynet::inference {

extern const ChannelKernels<float> float_kernels_generic;
extern const ChannelKernels<Bfloat16> bfloat16_kernels_generic;
extern const PointwiseKernels pointwise_kernels_generic;
extern const WinogradKernels winograd_kernels_generic;

Isa cpu_isa() { return Isa::generic; }

template <>
const ChannelKernels<float>& channel_kernels<float>(Isa) {
  return float_kernels_generic;
}

template <>
const ChannelKernels<Bfloat16>& channel_kernels<Bfloat16>(Isa) {
  return bfloat16_kernels_generic;
}

const WinogradKernels& winograd_kernels(Isa) { return winograd_kernels_generic; }

const PointwiseKernels& pointwise_kernels(Isa) { return pointwise_kernels_generic; }

const TileKernels& tile_kernels(bool integers, decltype(TileEpilogue::to) to, Isa) {
  return tile_kernels_generic(integers, to);
}

}  // namespace anatomynet::inference
