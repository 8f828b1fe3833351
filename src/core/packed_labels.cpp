#include "core/packed_labels.h"

#include <algorithm>
#include <cstring>

#include "core/large_volume.h"

namespace anatomynet::core {

void PackedLabels::add(const std::uint8_t* labels, std::int64_t slices) {
  const std::int64_t width = grid_.size[0];
  Part part;
  for (const std::int64_t end = rows_ + slices * grid_.size[1]; rows_ < end; ++rows_, labels += width) {
    // A row against itself, one further: as fast as memory.
    if (labels[0] == background_ && std::memcmp(labels, labels + 1, static_cast<std::size_t>(width - 1)) == 0)
      continue;
    std::int64_t first = 0, last = width - 1;
    while (labels[first] == background_) ++first;
    while (labels[last] == background_) --last;
    part.rows.push_back(
        {rows_, static_cast<std::int32_t>(first), static_cast<std::int32_t>(last - first + 1)});
    part.labels.insert(part.labels.end(), labels + first, labels + last + 1);
  }
  part.rows.shrink_to_fit();
  part.labels.shrink_to_fit();
  if (!part.rows.empty()) parts_.push_back(std::move(part));
}

std::int64_t PackedLabels::bytes() const {
  std::int64_t sum = 0;
  for (const Part& part : parts_)
    sum += std::ssize(part.rows) * std::int64_t{sizeof(Row)} + std::ssize(part.labels);
  return sum;
}

LabelVolume PackedLabels::volume() const {
  LabelVolume out = large_volume(grid_, background_);
  for (const Part& part : parts_) {
    const std::uint8_t* from = part.labels.data();
    for (const Row& row : part.rows) {
      std::copy_n(from, row.count, out.voxels.data() + row.row * grid_.size[0] + row.first);
      from += row.count;
    }
  }
  return out;
}

}  // namespace anatomynet::core
