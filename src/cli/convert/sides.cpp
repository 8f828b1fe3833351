#include "cli/convert/sides.h"

#include <cstring>

namespace anatomynet::cli {

double middle_of_body(const CtVolume& ct) {
  double sum = 0, count = 0;
  for (std::int64_t z = 0; z < ct.grid.size[2]; z += 4)
    for (std::int64_t y = 0; y < ct.grid.size[1]; y += 4)
      for (std::int64_t x = 0; x < ct.grid.size[0]; x += 4) {
        if (ct.at(x, y, z) < -300) continue;
        sum += ct.grid.to_world({double(x), double(y), double(z)})[0];
        ++count;
      }
  return count > 0 ? sum / count : 0;
}

Extent extent_of(const LabelVolume& mask) {
  Extent out;
  Vec3 sum{0, 0, 0};
  const auto* const begin = mask.voxels.data();
  const auto* const end = begin + mask.voxels.size();
  // memchr: nearly all of it is empty
  for (const auto* at = begin; at < end; ++at) {
    at = static_cast<const std::uint8_t*>(std::memchr(at, 1, static_cast<std::size_t>(end - at)));
    if (!at) break;
    const std::int64_t offset = at - begin, row = offset / mask.grid.size[0], slice = row / mask.grid.size[1];
    ++out.voxels;
    sum[0] += double(offset % mask.grid.size[0]);
    sum[1] += double(row % mask.grid.size[1]);
    sum[2] += double(slice);
  }
  if (out.voxels == 0) return out;
  for (double& s : sum) s /= double(out.voxels);
  out.x = mask.grid.to_world(sum)[0];
  return out;
}

Laterality side_of(const Extent& extent, double middle) {
  constexpr double clear_mm = 5;
  if (extent.voxels == 0) return Laterality::none;
  if (extent.x > middle + clear_mm) return Laterality::left;
  return extent.x < middle - clear_mm ? Laterality::right : Laterality::none;
}

std::string side_against_place(const Organ& organ, const Extent& extent, double middle) {
  const Laterality lies = side_of(extent, middle);
  if (organ.laterality == Laterality::none || lies == Laterality::none || lies == organ.laterality) return {};
  const bool right = lies == Laterality::right;
  return std::string("named ") + (right ? "left" : "right") + " but lies on the patient's " +
         (right ? "right" : "left");
}

}  // namespace anatomynet::cli
