#pragma once
#include "core/volume_view.h"

namespace anatomynet::quality {

/// What a CT looks like as an image, whoever lies on it: figures that change with scanner, protocol and
/// kernel. NaN where the CT has too few voxels of a kind. Measured on a sample of rows.
struct ImageFigures {
  /// Standard deviation of what differs from voxel to voxel within soft tissue, in-plane: 1.4826 median |a -
  /// 2b + c| / sqrt(6) over neighbours a, b, c, which is the deviation itself for white Gaussian noise.
  double noise_hu;
  /// Median |difference| of neighbours over that of the voxels two apart, in-plane within soft tissue: 1 for
  /// white noise, lower the smoother the kernel.
  double texture;
  /// The same median across slices over that of neighbours in-plane: lower the thicker the slices are for
  /// their distance.
  double across_slices;
  double bone_hu;  ///< median HU of what is denser than 300 HU
};

/// `soft_tissue_hu`: the level of soft tissue (Levels); what lies within 80 HU of it counts as such.
ImageFigures image_figures(const CtView& ct, double soft_tissue_hu);

}  // namespace anatomynet::quality
