#pragma once
#include <cstddef>
#include <string>

#include "core/organs.h"
#include "core/volume.h"

namespace anatomynet::cli {

/// LPS x of the middle of what is not air, which tells the patient's left from right.
double middle_of_body(const CtVolume& ct);

struct Extent {
  std::size_t voxels = 0;
  double x = 0;  ///< mean, LPS mm
};
Extent extent_of(const LabelVolume& mask);

/// On which side of the middle a structure lies, with 5 mm to spare; none where it is empty or lies there.
Laterality side_of(const Extent& extent, double middle);

/// What is to be said where an organ lies on the other side than its name tells; else empty.
std::string side_against_place(const Organ& organ, const Extent& extent, double middle);

}  // namespace anatomynet::cli
