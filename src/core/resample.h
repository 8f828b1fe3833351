#pragma once
#include "core/names.h"
#include "core/uneven_slices.h"
#include "core/volume_view.h"

namespace anatomynet::core {

/// Voxels rearranged so that the axes run nearest to L, P, S; no interpolation, exact both ways.
template <class T>
Volume<T> reorient(const Volume<T>& in, const Orientation& orientation);
CtVolume reorient(const CtView& in, const Orientation& orientation);

/// Undoes `reorient`: the result lies on `original`, which `orientation` was computed from.
template <class T>
Volume<T> reorient_back(const Volume<T>& in, const Grid& original, const Orientation& orientation);

/// The grid with the same axes and the same outer box, at another spacing (mm): sizes rounded to the nearest
/// voxel count (at least 1), spacing exact, centred on the same box centre.
Grid with_spacing(const Grid& grid, const Vec3& spacing);

/// Linear interpolation on a grid with the same axes (positions outside clamp to the border). Where the
/// target is coarser, an antialiasing triangle as wide as the target's voxel is applied along that axis.
/// `uneven`: where the samples of `in` lie along one axis; there the triangle weighs each with the length
/// that it stands for, and gaps wider than the target's voxels are interpolated across.
Volume<float> resample_linear(const CtView& in, const Grid& target, const AxisPositions* uneven = nullptr);

/// Each label's mask interpolated linearly (no antialiasing), the largest share wins, the lower label on a
/// tie: smoother than nearest neighbour where the target is finer. Same axes required.
LabelVolume resample_labels(const LabelVolume& in, const Grid& target);

/// Nearest neighbour on a grid with the same axes; outside is 0.
LabelVolume resample_nearest(const LabelVolume& in, const Grid& target);

}  // namespace anatomynet::core
