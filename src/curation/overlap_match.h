#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "curation/overlap.h"

namespace anatomynet::curation {

/// A descriptor made ready for many comparisons. Refers to the descriptor, which must live as long.
class MatchableScan {
 public:
  /// Throws Error(input) where the descriptor is damaged.
  explicit MatchableScan(const ScanDescriptor& descriptor);

  /// A place that the same scan shows again whatever was done to it, and its surroundings (unit length).
  struct Landmark {
    std::array<std::int16_t, 3> at;
    std::array<std::int16_t, 32> around;
  };
  const std::vector<Landmark>& landmarks() const { return landmarks_; }
  std::int64_t slices() const { return slices_; }
  std::int64_t voxels() const { return voxels_; }  ///< those the scan reaches
  const float* slice(std::int64_t z) const;
  const ScanDescriptor& descriptor() const { return *descriptor_; }

 private:
  void find_landmarks();

  const ScanDescriptor* descriptor_;
  std::int64_t slices_ = 0, voxels_ = 0;
  std::vector<Landmark> landmarks_;
};

/// As similarity() of the descriptors.
double similarity(const MatchableScan& a, const MatchableScan& b);

}  // namespace anatomynet::curation
