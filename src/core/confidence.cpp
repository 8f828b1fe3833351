#include "core/confidence.h"

#include <algorithm>
#include <cmath>

namespace anatomynet::core {

ConfidenceSums::ConfidenceSums(const Grid& grid, const AxisPositions* uneven)
    : size_(grid.size), undecided_(grid, uneven) {}

void ConfidenceSums::take(const std::uint8_t* labels, const std::uint8_t* levels, const std::uint8_t* rivals,
                          std::int64_t slices) {
  const std::int64_t area = size_[0] * size_[1];
  for (std::int64_t z = 0; z < slices; ++z) {
    if (taken_ > 0) count_middle(labels + z * area);
    std::swap(before_, middle_);
    middle_.labels.assign(labels + z * area, labels + (z + 1) * area);
    middle_.levels.assign(levels + z * area, levels + (z + 1) * area);
    middle_.rivals.assign(rivals + z * area, rivals + (z + 1) * area);
    ++taken_;
  }
}

// The slice taken last, whose successor is known now.
void ConfidenceSums::count_middle(const std::uint8_t* after) {
  const auto [width, height, depth] = size_;
  const std::int64_t z = taken_ - 1;
  const std::vector<std::uint8_t>& here = middle_.labels;
  const std::uint8_t* before = before_.labels.empty() ? nullptr : before_.labels.data();
  const auto is_background = [this](std::int64_t row) {  // nor anything close; most rows are
    std::uint8_t any = 0;
    for (std::int64_t i = row; i < row + size_[0]; ++i)
      any = static_cast<std::uint8_t>(any | middle_.labels[i] | middle_.rivals[i]);
    return any == 0;
  };
  for (std::int64_t y = 0, i = 0; y < height; ++y) {
    if (is_background(i)) {
      i += width;
      continue;
    }
    for (std::int64_t x = 0; x < width; ++x, ++i) {
      const std::uint8_t id = here[i], rival = middle_.rivals[i];
      if (rival != id) {
        if (rival != 0) undecided_.count_close(rival, x, y, z);
        if (id != 0) undecided_.count_close(id, x, y, z);
      }
      if (id == 0) continue;
      const bool boundary = (x > 0 && here[i - 1] != id) || (x + 1 < width && here[i + 1] != id) ||
                            (y > 0 && here[i - width] != id) || (y + 1 < height && here[i + width] != id) ||
                            (before && before[i] != id) || (after && after[i] != id);
      ++all_[id][middle_.levels[i]];
      if (!boundary) continue;
      ++boundary_[id][middle_.levels[i]];
      undecided_.count_boundary(id, middle_.levels[i], x, y, z);
    }
  }
}

Confidence ConfidenceSums::finish() {
  if (taken_ > 0) count_middle(nullptr);
  taken_ = 0;
  Confidence confidence;
  for (int id = 1; id < 256; ++id) {
    const Levels &all = all_[id], &boundary = boundary_[id];
    OrganConfidence c{id};
    double sum = 0;
    for (int level = 0; level < 256; ++level) {
      c.voxels += all[level];
      c.boundary_voxels += boundary[level];
      sum += double(all[level]) * level;
    }
    if (c.voxels == 0) continue;
    c.mean = sum / 255 / double(c.voxels);
    std::int64_t below = 0;
    for (int level = 0; level < 256 && c.boundary_voxels > 0; ++level) {
      below += boundary[level];
      if (20 * below < c.boundary_voxels) continue;
      c.boundary_low = level / 255.0;
      break;
    }
    c.unsure = undecided_.places(id);
    confidence.push_back(std::move(c));
  }
  return confidence;
}

}  // namespace anatomynet::core
