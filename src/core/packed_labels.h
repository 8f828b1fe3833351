#pragma once
#include <cstdint>
#include <vector>

#include "core/names.h"
#include "core/volume.h"

namespace anatomynet::core {

/// A label map that is made slice by slice and kept without the background at either end of its rows: a few
/// MB where the voxels take fifty, since most rows of a scan hold no organ.
class PackedLabels {
 public:
  PackedLabels(const Grid& grid, std::uint8_t background) : grid_(grid), background_(background) {}

  /// Further slices, in order of z; y x x labels each.
  void add(const std::uint8_t* labels, std::int64_t slices);
  std::int64_t bytes() const;
  /// All of them; what was not added is background.
  LabelVolume volume() const;

 private:
  struct Row {
    std::int64_t row;  // of the volume
    std::int32_t first, count;
  };
  struct Part {
    std::vector<Row> rows;
    std::vector<std::uint8_t> labels;
  };
  Grid grid_;
  std::uint8_t background_;
  std::int64_t rows_ = 0;  // that were added
  std::vector<Part> parts_;
};

}  // namespace anatomynet::core
