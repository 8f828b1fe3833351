#pragma once
#include <optional>

#include "core/volume.h"

namespace anatomynet::acceptance {

/// The height (LPS mm, between two slices) at which neighbouring slices of a CT fit each other far worse than
/// anywhere else, as where slices of two patients were put together; none where there is no such place. Axes
/// nearest to L, P, S.
std::optional<double> slice_jump(const CtVolume& ct);

}  // namespace anatomynet::acceptance
