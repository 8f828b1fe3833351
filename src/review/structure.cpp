#include "review/structure.h"

#include <algorithm>
#include <utility>

namespace anatomynet::review {

const Structure* find_structure(const Structures& structures, int id) {
  const auto found = std::find_if(structures.begin(), structures.end(),
                                  [id](const Structure& structure) { return structure.organ.id == id; });
  return found == structures.end() ? nullptr : &*found;
}

Structure* find_structure(Structures& structures, int id) {
  return const_cast<Structure*>(find_structure(std::as_const(structures), id));
}

std::string generation_after_review(const Structure& reviewed, const Structure* original) {
  if (!original) return manual;
  if (same_voxels(*reviewed.mask, *original->mask)) return original->generation;
  return original->generation == manual ? manual : semiautomatic;
}

bool same_voxels(const evaluation::BoxedMask& a, const evaluation::BoxedMask& b) {
  return a.count == b.count && a.low == b.low && a.size == b.size && a.voxels == b.voxels;
}

}  // namespace anatomynet::review
