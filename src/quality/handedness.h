#pragma once
#include "core/volume_view.h"

namespace anatomynet::quality {

/// Whether a body has its left on the left: above 0 for most CTs, below for their mirror images
/// (docs/commissioning.md says how often). One case tells little, twenty tell a scanner that mirrors.
///
/// Left less right of HU (windowed to 0 at -200 and 1 at 300 HU) at 10 x 25 x 41 nodes 8 mm apart on either
/// side of the body's plane of symmetry, from 200 mm below to 120 mm above the parotid glands; the plane,
/// near `centre`, is the one across which the body resembles itself most. The figure is the sum of the nodes'
/// differences, each times its weight, over the root of the sum of their squares; the weights
/// (data/handedness.json, compiled in) are the mean over the variance in training cases. NaN where fewer than
/// a fifth of the nodes lie in the volume.
///
/// `centre`: the middle between the two parotid glands, LPS mm.
double handedness(const CtView& ct, const Vec3& centre);

}  // namespace anatomynet::quality
