#include "api/handles.h"

#include <algorithm>
#include <cstdint>

#include "api/guard.h"
#include "core/cpus.h"

namespace anatomynet::api {

Grid grid_of(const anatomynet_grid& grid) {
  Grid out;
  for (std::size_t k = 0; k < 3; ++k) {
    out.size[k] = grid.size[k];
    out.spacing[k] = grid.spacing[k];
    out.origin[k] = grid.origin[k];
    for (std::size_t c = 0; c < 3; ++c) out.direction[k][c] = grid.direction[3 * k + c];
  }
  out.check("the CT");
  return out;
}

anatomynet_grid grid_of(const Grid& grid) {
  anatomynet_grid out{};
  for (std::size_t k = 0; k < 3; ++k) {
    out.size[k] = grid.size[k];
    out.spacing[k] = grid.spacing[k];
    out.origin[k] = grid.origin[k];
    for (std::size_t c = 0; c < 3; ++c) out.direction[3 * k + c] = grid.direction[k][c];
  }
  return out;
}

void check_labels(const anatomynet_labels* labels, const Grid& grid) {
  require(labels, "labels");
  require(labels->voxels, "labels->voxels");
  if (labels->type != ANATOMYNET_UINT8 && labels->type != ANATOMYNET_UINT16)
    refuse("labels->type is " + std::to_string(static_cast<int>(labels->type)) +
           "; expected ANATOMYNET_UINT8 or ANATOMYNET_UINT16");
  if (labels->count != static_cast<std::size_t>(grid.voxel_count()))
    refuse("labels->count is " + std::to_string(labels->count) + " voxels; the CT has " +
           std::to_string(grid.voxel_count()));
  if (labels->type == ANATOMYNET_UINT16 && reinterpret_cast<std::uintptr_t>(labels->voxels) % 2 != 0)
    refuse("labels->voxels lies on an odd address; 16-bit labels need an even one");
}

int threads_of(int asked) {
  if (asked < 0) refuse("threads is " + std::to_string(asked) + "; expected 0 (all) or more");
  return asked > 0 ? std::min(asked, process_cpus()) : process_cpus();
}

}  // namespace anatomynet::api
