#include "inference/tile_kernels.h"

// For processors that have no such instructions.
namespace anatomynet {

const TileKernels tile_kernels_bf16{}, tile_kernels_int8{};

bool tiles_are_granted() { return false; }

}  // namespace anatomynet
